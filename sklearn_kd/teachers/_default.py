"""The ensemble that is fitted when the user brings no teacher."""

import numpy as np
from scipy.sparse import issparse
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

from sklearn_kd._columns import column_kinds, nominal_codes, numeric_block
from sklearn_kd._compat import routing_enabled


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
    """
    trees = ExtraTreesClassifier(bootstrap=True, min_samples_leaf=3)
    if issparse(X):
        teachers = [trees]
    else:
        teachers = [HistGradientBoostingClassifier(), trees]
    if routing_enabled():
        teachers = [teacher.set_fit_request(sample_weight=True) for teacher in teachers]
    if issparse(X):
        return teachers
    kinds = np.array(column_kinds(X))
    if (kinds == "numeric").all():
        return teachers
    # whatever users have set for their own transformers, these hand arrays on
    return [
        make_pipeline(_encoder(kinds), teacher).set_output(transform="default")
        for teacher in teachers
    ]


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
