"""The steps of ``DistilledClassifier.fit``."""
