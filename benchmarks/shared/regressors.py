"""The teachers and rivals of regression, pinned: makers as in `teachers.py`.

What predicts a single number is wrapped by :func:`for_targets` where there are more.
"""

import numpy as np
from lightgbm import LGBMRegressor
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    VotingRegressor,
)
from sklearn.linear_model import Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from benchmarks.shared.teachers import lightgbm, numbered, scaled

#: Levels of the quantiles that are distilled.
LEVELS = (0.05, 0.5, 0.95)


def forest(seed, mixed):
    """300 full trees."""
    return numbered(RandomForestRegressor(300, random_state=seed), mixed)


def boosting(seed, mixed):
    """LightGBM with 300 rounds."""
    return numbered(lightgbm(seed, LGBMRegressor, n_estimators=300), mixed)


def network(seed, mixed):
    """scikit-learn's network, as in classification, on standardised targets."""
    model = MLPRegressor(
        hidden_layer_sizes=(100,),
        learning_rate_init=1e-2,
        early_stopping=True,
        n_iter_no_change=20,
        random_state=seed,
    )
    return TransformedTargetRegressor(
        scaled(model, mixed), transformer=StandardScaler()
    )


def vote(seed, mixed):
    """Mean of three families: forest, boosting and network."""
    members = [
        (maker.__name__, maker(seed, mixed)) for maker in (forest, boosting, network)
    ]
    return VotingRegressor(members)


class ByLevel(RegressorMixin, BaseEstimator):
    """One model for each of some quantiles; they may cross.

    Parameters
    ----------
    models : list of estimators
        One for each of ``LEVELS``.
    """

    def __init__(self, models):
        self.models = models

    def fit(self, X, y):
        """Fit each to its level."""
        self.models_ = [clone(model).fit(X, y) for model in self.models]
        return self

    def predict(self, X):
        """Predict the median."""
        return self.models_[LEVELS.index(0.5)].predict(X)

    def predict_quantiles(self, X):
        """Predict quantiles, those of a target side by side."""
        quantiles = np.stack([model.predict(X) for model in self.models_], axis=-1)
        return quantiles.reshape(len(quantiles), -1)


def quantile_boosting(seed, mixed):
    """A LightGBM of 100 rounds for each level."""
    return ByLevel(
        [
            numbered(
                lightgbm(seed, LGBMRegressor, objective="quantile", alpha=a), mixed
            )
            for a in LEVELS
        ]
    )


#: The teachers that the goals are about.
TEACHERS = {"forest": forest, "boosting": boosting, "vote": vote}

#: Teachers of quantiles.
QUANTILE_TEACHERS = {"quantile_boosting": quantile_boosting}

#: Rivals that learn from the targets, whatever the teacher and the package are.
RIVALS = {
    "mlp": network,
    "ridge": lambda seed, mixed: scaled(Ridge(), mixed),
    "tree": lambda seed, mixed: numbered(
        DecisionTreeRegressor(min_samples_leaf=10, random_state=seed), mixed
    ),
    "lightgbm_30": lambda seed, mixed: numbered(
        lightgbm(seed, LGBMRegressor, n_estimators=30, num_leaves=15), mixed
    ),
    "lightgbm_100": lambda seed, mixed: numbered(
        lightgbm(seed, LGBMRegressor, n_estimators=100, num_leaves=31), mixed
    ),
    "hist_gradient_boosting": lambda seed, mixed: numbered(
        HistGradientBoostingRegressor(random_state=seed), mixed
    ),
}

#: What learns several targets by itself; the others are fitted once for each.
_SEVERAL = {"forest", "mlp", "ridge", "tree"}


def for_targets(model, name, n_targets):
    """Wrap a model that predicts one number where there are several targets.

    Parameters
    ----------
    model : estimator
        Of a maker.
    name : str
        Of the maker.
    n_targets : int
        Columns of the targets.

    Returns
    -------
    estimator
        The model, or one that fits it for each target.
    """
    if n_targets == 1 or name in _SEVERAL:
        return model
    if isinstance(model, ByLevel):
        return ByLevel([MultiOutputRegressor(each) for each in model.models])
    return MultiOutputRegressor(model)
