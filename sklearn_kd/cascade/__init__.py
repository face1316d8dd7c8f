"""A student that answers where it is sure, before a teacher that answers the rest."""

from sklearn_kd.cascade.cascade import CascadeClassifier

__all__ = ["CascadeClassifier"]
