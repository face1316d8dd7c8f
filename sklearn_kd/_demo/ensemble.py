"""The models of the demo in scikit-learn: a large ensemble, and a small booster."""

from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder


def make_ensemble(kinds, seed):
    """Build the teacher: an encoder, and soft voting of three ensembles of trees.

    Parameters
    ----------
    kinds : list of {"numeric", "nominal"}
        What each column is.
    seed : int
        For all random parts.

    Returns
    -------
    Pipeline
        Not fitted. It takes missing values, strings and categories.
    """
    forest = RandomForestClassifier(
        300, min_samples_leaf=2, n_jobs=-1, random_state=seed
    )
    extra_trees = ExtraTreesClassifier(
        100, min_samples_leaf=2, n_jobs=-1, random_state=seed
    )
    boosting = _booster(seed)
    voting = VotingClassifier(
        [("forest", forest), ("extra trees", extra_trees), ("boosting", boosting)],
        voting="soft",
    )
    return make_pipeline(_encoder(kinds), voting)


def make_booster(kinds, seed):
    """Build the rival on the labels: boosting, 100 rounds of 31 leaves."""
    return make_pipeline(_encoder(kinds), _booster(seed))


def _booster(seed):
    """Make a booster that splits off no rows, which fails with two rows of a class."""
    return HistGradientBoostingClassifier(
        max_iter=100, max_leaf_nodes=31, early_stopping=False, random_state=seed
    )


def _encoder(kinds):
    """Make an encoder that fills in missing numbers and numbers the levels."""
    numbers = SimpleImputer(
        strategy="median", add_indicator=True, keep_empty_features=True
    )
    levels = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=-2, encoded_missing_value=-1
    )
    numeric, nominal = (
        [column for column, kind in enumerate(kinds) if kind == wanted]
        for wanted in ("numeric", "nominal")
    )
    return ColumnTransformer(
        [("numeric", numbers, numeric), ("nominal", levels, nominal)]
    )
