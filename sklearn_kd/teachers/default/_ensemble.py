"""The models that the package brings: the default ensemble and the small booster."""

from functools import partial

import numpy as np
from scipy.sparse import issparse
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

from sklearn_kd._compat import num_samples, routing_enabled
from sklearn_kd._messages import with_message
from sklearn_kd._run.budget import (
    MANY_BOOSTED,
    MANY_CLASSES,
    affordable_trees,
    is_wide,
)
from sklearn_kd._tables.columns import column_kinds, nominal_codes, numeric_block
from sklearn_kd._tables.texts import is_text
from sklearn_kd._tables.unreadable import find_unreadable

#: Directions that the linear model of a wide table reads: all up to so many rows or
#: columns, where it is the one on all columns, and the leading ones of more.
_FEW, _DIRECTIONS = 1000, 256

#: Standard deviations from the mean at which its columns are cut off: a word that
#: stands in one text of a hundred is ten from it.
_FURTHEST = 3

#: Rounds of the small booster, and the fewest extra trees that are worth having.
_SIZE, _LEAST = 60, 10


def default_teachers(X, n_classes=2):
    """Make the default ensemble: histogram gradient boosting and extra trees.

    Extra trees draw bootstrap samples and keep three rows a leaf: without, they
    repeat the labels of the rows they are fitted on. Categories are numbered, missing
    values stay missing, and sparse rows get extra trees alone.

    Where a table has more than 100 columns and less than 10 rows a column, a logistic
    regression has the place of the booster, which takes seconds for thousands of
    columns, and finds no split where rows are few. Boosting also costs a tree a class
    and round: above 30 classes extra trees are alone.

    Parameters
    ----------
    X : {ndarray, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The rows it is to be fitted on.
    n_classes : int, default=2
        Number of their classes.

    Returns
    -------
    list of estimator
        Unfitted, without a seed.

    Raises
    ------
    ValueError
        For texts: how words are counted and weighed is the user's choice.
    """
    if is_text(X):
        raise ValueError(
            "There is no default teacher for texts. Pass teacher=a pipeline such as "
            "make_pipeline(TfidfVectorizer(), LogisticRegression()), or a soft vote of "
            "several; or pass teacher_proba to fit."
        )
    unreadable = find_unreadable(X)
    if unreadable is not None:
        raise with_message(
            unreadable,
            f"The default teacher cannot read these rows: {unreadable} Or pass a "
            "teacher whose pipeline reads the column.",
        ) from unreadable
    n_rows = num_samples(X)
    n_trees = max(affordable_trees(n_rows, n_classes, 100), _LEAST)
    trees = _extra_trees(n_trees)
    if issparse(X):
        return [trees]
    trees = _with_encoder(trees, X)
    if is_wide(n_rows, X.shape[1]):
        return [_linear_model(X), trees]
    if n_classes > MANY_CLASSES:
        return [trees]
    return [_with_encoder(_routed(HistGradientBoostingClassifier()), X), trees]


def small_booster(X, n_classes=2):
    """Make the model that is fitted on the labels to be pooled with a teacher.

    Parameters
    ----------
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        The rows it is to be fitted on.
    n_classes : int, default=2
        Number of their classes.

    Returns
    -------
    estimator or None
        Unfitted, without a seed: 60 trees a class of 15 leaves; for a wide table the
        logistic regression of the default ensemble. None above 10 classes, where no
        column has a value or one is neither numeric nor nominal, for texts, and for
        sparse rows.
    """
    few = n_classes <= MANY_BOOSTED
    if not few or is_text(X) or issparse(X) or find_unreadable(X) is not None:
        return None
    if _empty_columns(X, np.array(column_kinds(X))).all():
        return None
    if is_wide(num_samples(X), X.shape[1]):
        return _linear_model(X)
    booster = HistGradientBoostingClassifier(
        max_iter=_SIZE, max_leaf_nodes=15, early_stopping=False
    )
    return _with_encoder(_routed(booster), X)


def _extra_trees(n_trees):
    model = ExtraTreesClassifier(n_trees, bootstrap=True, min_samples_leaf=3)
    return _routed(model)


def _routed(model):
    if routing_enabled():
        model.set_fit_request(sample_weight=True)
    return model


def _linear_model(X):
    """Logistic regression on the leading directions of columns of a common scale."""
    kinds = np.array(column_kinds(X))
    kinds = np.where(_empty_columns(X, kinds), "empty", kinds)
    if (kinds == "empty").all():
        kinds[:] = "numeric"
    numeric = make_pipeline(
        FunctionTransformer(_as_float),
        SimpleImputer(keep_empty_features=True),
        StandardScaler(),
        FunctionTransformer(partial(np.clip, a_min=-_FURTHEST, a_max=_FURTHEST)),
    )
    nominal = make_pipeline(
        FunctionTransformer(_as_text),
        OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    )
    few = min(num_samples(X), len(kinds)) <= _FEW
    model = make_pipeline(
        _by_kind(kinds, numeric, nominal),
        PCA(svd_solver="full") if few else PCA(_DIRECTIONS, svd_solver="randomized"),
        _routed(LogisticRegression(C=0.1, max_iter=1000, tol=1e-3)),
    )
    return model.set_output(transform="default")


def _with_encoder(teacher, X):
    """Put an encoder before a teacher that needs one for these columns."""
    kinds = np.array(column_kinds(X))
    empty = _empty_columns(X, kinds)
    if (kinds == "numeric").all() and not (empty.any() and not empty.all()):
        return teacher
    # whatever users have set for their own transformers, these hand arrays on
    pipeline = make_pipeline(_encoder(np.where(empty, "empty", kinds)), teacher)
    return pipeline.set_output(transform="default")


def _empty_columns(X, kinds):
    """Columns without any value, which histogram gradient boosting cannot bin."""
    numeric = np.flatnonzero(kinds == "numeric")
    empty = np.zeros(len(kinds), dtype=bool)
    empty[numeric] = np.isnan(numeric_block(X, numeric.tolist())).all(axis=0)
    for column in np.flatnonzero(kinds == "nominal").tolist():
        codes, _ = nominal_codes(X, column)
        empty[column] = (codes < 0).all()
    return empty


def _encoder(kinds):
    nominal = make_pipeline(
        FunctionTransformer(_as_text),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    )
    return _by_kind(kinds, FunctionTransformer(_as_float), nominal)


def _by_kind(kinds, numeric, nominal):
    return ColumnTransformer(
        [
            ("numeric", numeric, np.flatnonzero(kinds == "numeric")),
            ("nominal", nominal, np.flatnonzero(kinds == "nominal")),
        ]
    )


def _as_float(X):
    return numeric_block(X, range(X.shape[1]))


def _as_text(X):
    """Write every level as a string: levels of mixed types cannot be sorted."""
    columns = np.empty(X.shape, dtype=object)
    for column in range(X.shape[1]):
        codes, levels = nominal_codes(X, column)
        # one more, for the code -1 of a missing value
        texts = np.array([*map(str, levels), None], dtype=object)
        columns[:, column] = texts[codes]
    return columns
