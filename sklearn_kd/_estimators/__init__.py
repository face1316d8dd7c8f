"""What can be read off estimators of other packages."""
