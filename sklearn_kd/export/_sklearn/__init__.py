"""A program as estimators of scikit-learn alone."""
