"""What can be read off other people's estimators."""
