"""Samplers as users write them, by the rules."""

import numpy as np

from sklearn_kd import TransferSampler


class Noise(TransferSampler):
    """Rows with noise, by the rules."""

    def __init__(self, scale=0.1, random_state=None):
        self.scale = scale
        self.random_state = random_state

    def fit(self, X, y=None):
        self.X_ = X
        return self

    def sample(self, n_samples=None):
        rng = np.random.default_rng(self.random_state)
        source = np.arange(n_samples or len(self.X_)) % len(self.X_)
        return self.X_[source] + rng.normal(scale=self.scale, size=(1, 4)), source


class Repeat(TransferSampler):
    """Copies of rows of any container, sparse ones and missing values included."""

    def fit(self, X, y=None):
        self.X_ = X
        return self

    def sample(self, n_samples=None):
        return self.X_, np.arange(self.X_.shape[0])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags
