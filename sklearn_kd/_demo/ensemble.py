"""The teacher of the demo: a voting classifier of three ensembles of trees."""

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
    """Build an unfitted pipeline: an encoder, and soft voting of three tree ensembles.

    Parameters
    ----------
    kinds : list of {"numeric", "nominal"}
        What each column is.
    seed : int
        For all random parts.

    Returns
    -------
    Pipeline
        Takes missing values, strings and categories.
    """
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
    encode = ColumnTransformer(
        [("numeric", numbers, numeric), ("nominal", levels, nominal)]
    )
    forest = RandomForestClassifier(
        300, min_samples_leaf=2, n_jobs=-1, random_state=seed
    )
    extra_trees = ExtraTreesClassifier(
        100, min_samples_leaf=2, n_jobs=-1, random_state=seed
    )
    # its early stopping would split off rows, which fails with two rows of a class
    boosting = HistGradientBoostingClassifier(early_stopping=False, random_state=seed)
    voting = VotingClassifier(
        [("forest", forest), ("extra trees", extra_trees), ("boosting", boosting)],
        voting="soft",
        verbose=True,
    )
    return make_pipeline(encode, voting)
