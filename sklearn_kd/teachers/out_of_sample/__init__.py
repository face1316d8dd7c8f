"""Out-of-sample soft targets: folds, out-of-bag members, and what they are for."""
