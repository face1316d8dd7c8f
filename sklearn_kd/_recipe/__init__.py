"""The steps of ``fit`` of the estimators that distil."""
