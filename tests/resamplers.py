"""Stand-ins for imbalanced-learn: steps that resample rows, and a pipeline of them."""

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline


class Oversampler(BaseEstimator):
    """Repeats rows until all classes have as many; no ``transform``."""

    def fit(self, X, y):
        return self

    def fit_resample(self, X, y):
        self.sampling_strategy_ = {}
        counts = np.bincount(y)
        rows = [
            np.resize(np.flatnonzero(y == code), counts.max())
            for code in range(len(counts))
        ]
        rows = np.concatenate(rows)
        return X[rows], y[rows]


class Reverser(Oversampler):
    """Keeps the number of rows, in another order."""

    def fit_resample(self, X, y):
        self.sampling_strategy_ = {}
        return X[::-1], y[::-1]


class ResamplingPipeline(Pipeline):
    """Resamples in ``fit``; everything else passes such steps by."""

    def _iter(self, with_final=True, filter_passthrough=True):
        steps = super()._iter(with_final, filter_passthrough)
        return (one for one in steps if not hasattr(one[-1], "fit_resample"))

    def fit(self, X, y, **params):
        steps, inner = [], {}
        for key, value in params.items():
            name, _, parameter = key.partition("__")
            assert name == self.steps[-1][0]
            inner[parameter] = value
        for name, step in self.steps[:-1]:
            if step is not None and step != "passthrough":
                step = clone(step)
                if hasattr(step, "fit_resample"):
                    X, y = step.fit_resample(X, y)
                else:
                    X = step.fit_transform(X, y)
            steps.append((name, step))
        name, last = self.steps[-1]
        self.steps = [*steps, (name, clone(last).fit(X, y, **inner))]
        return self


class BalancedForest(RandomForestClassifier):
    """Each tree has rows of its own, without a record."""

    def __init__(self, n_estimators=10, *, sampling_strategy="auto", random_state=None):
        super().__init__(n_estimators, random_state=random_state)
        self.sampling_strategy = sampling_strategy

    def fit(self, X, y, sample_weight=None):
        return super().fit(X[::-1], y[::-1], sample_weight)


def resampling(step, last, *before):
    """Make a pipeline that resamples in front of its last step."""
    steps = [(f"before{number}", one) for number, one in enumerate(before)]
    return ResamplingPipeline([*steps, ("resampler", step), ("last", last)])
