"""The models of the demo in scikit-learn: a large ensemble, and a small booster."""

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from sklearn_kd._demo.tasks import TASKS


def make_ensemble(task, kinds, seed):
    """Build the teacher: an encoder, and the mean of three ensembles of trees.

    Parameters
    ----------
    task : {"classification", "regression"}
        What it is for.
    kinds : list of {"numeric", "nominal"}
        What each column is.
    seed : int
        For all random parts.

    Returns
    -------
    Pipeline
        Not fitted. It takes missing values, strings and categories.
    """
    models = TASKS[task].models
    trees = {"min_samples_leaf": 2, "n_jobs": -1, "random_state": seed}
    mean = models.mean(
        [
            ("forest", models.forest(300, **trees)),
            ("extra trees", models.extra_trees(100, **trees)),
            ("boosting", _booster(models, seed)),
        ]
    )
    return make_pipeline(_encoder(kinds), mean)


def make_booster(task, kinds, seed):
    """Build the rival without a teacher: boosting, 100 rounds of 31 leaves."""
    return make_pipeline(_encoder(kinds), _booster(TASKS[task].models, seed))


def _booster(models, seed):
    """Make a booster that splits off no rows, which fails with two rows of a class."""
    return models.boosting(
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
