"""From rows of any kind to the array or CSR matrix that the network reads."""

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.preprocessing import MaxAbsScaler
from sklearn.utils.validation import has_fit_parameter

from sklearn_kd.students._encoder import TabularEncoder


def fit_encoder(encoder, train, dtype):
    """Fit an encoder on the training rows.

    Parameters
    ----------
    encoder : "auto", transformer or None
        What the user asked for.
    train : TransferSet
        The rows.
    dtype : str
        Of the network.

    Returns
    -------
    transformer or None
        The fitted encoder; None for rows that are taken as they are.
    """
    if encoder is None:
        return None
    if encoder != "auto":
        encoder = clone(encoder)
    elif issparse(train.X):
        encoder = MaxAbsScaler().set_output(transform="default")
    else:
        encoder = TabularEncoder(dtype=dtype).set_output(transform="default")
    weights = {}
    # ones say nothing, and a weighted quantile costs twice a plain one
    weighted = (train.weight != 1).any()
    if weighted and has_fit_parameter(encoder, "sample_weight"):
        weights["sample_weight"] = train.weight
    return encoder.fit(train.X, train.y, **weights)


def encode(encoder, X, dtype):
    """Encode rows that have been checked.

    Parameters
    ----------
    encoder : transformer or None
        Fitted.
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        Rows.
    dtype : str
        Of the network.

    Returns
    -------
    {ndarray, CSR matrix} of shape (n_samples, n_inputs), dtype
        The encoded rows, an array C-contiguous.
    """
    if isinstance(encoder, TabularEncoder):
        X = encoder._encode(X)  # the rows have passed the same checks
    elif encoder is not None:
        X = encoder.transform(X)
    if issparse(X):
        return X.tocsr().astype(dtype, copy=False)
    return np.ascontiguousarray(X, dtype=dtype)
