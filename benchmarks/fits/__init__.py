"""What a default fit costs, against an earlier state of the package."""
