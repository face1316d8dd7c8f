"""The ensemble that is fitted when the user brings no teacher."""

import numpy as np
from scipy.sparse import issparse
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

from sklearn_kd._columns import column_kinds, nominal_codes, numeric_block
from sklearn_kd._compat import routing_enabled
from sklearn_kd._texts import is_text


def default_teachers(X):
    """Make the default ensemble: histogram gradient boosting and extra trees.

    Extra trees draw bootstrap samples and keep three rows a leaf: without, they
    repeat the labels of the rows they are fitted on. Categories are numbered, missing
    values stay missing, and sparse rows get extra trees alone.

    Parameters
    ----------
    X : {ndarray, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The rows it is to be fitted on.

    Returns
    -------
    list of estimator
        Unfitted, without a seed.

    Raises
    ------
    ValueError
        For texts: which words count, and what they weigh, is the user's to say.
    """
    if is_text(X):
        raise ValueError(
            "There is no default teacher for texts. Pass teacher=a pipeline such as "
            "make_pipeline(TfidfVectorizer(), LogisticRegression()), or a soft vote of "
            "several; or pass teacher_proba to fit."
        )
    trees = ExtraTreesClassifier(bootstrap=True, min_samples_leaf=3)
    if issparse(X):
        teachers = [trees]
    else:
        teachers = [HistGradientBoostingClassifier(), trees]
    if routing_enabled():
        teachers = [teacher.set_fit_request(sample_weight=True) for teacher in teachers]
    if issparse(X):
        return teachers
    return [_with_encoder(teacher, X) for teacher in teachers]


def small_booster(X):
    """Make the booster that is fitted on the labels to smooth a teacher's answers.

    Parameters
    ----------
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        The rows it is to be fitted on.

    Returns
    -------
    estimator or None
        Unfitted, without a seed: 60 trees a class of 15 leaves. None where no column
        has a value, for texts and for sparse rows.
    """
    if is_text(X) or issparse(X):
        return None
    if _empty_columns(X, np.array(column_kinds(X))).all():
        return None
    booster = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=15, early_stopping=False
    )
    if routing_enabled():
        booster.set_fit_request(sample_weight=True)
    return _with_encoder(booster, X)


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
    return ColumnTransformer(
        [
            (
                "numeric",
                FunctionTransformer(_as_float),
                np.flatnonzero(kinds == "numeric"),
            ),
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
