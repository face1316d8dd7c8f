"""Fitting an encoder on a sample of many rows, and how many there is time to encode."""

import numpy as np
from scipy.sparse import issparse
from sklearn.frozen import FrozenEstimator

from sklearn_kd._compat import safe_indexing
from sklearn_kd._estimators.parts import thawed
from sklearn_kd._messages import warn
from sklearn_kd._run.budget import affordable_rows
from sklearn_kd._run.parts import is_part
from sklearn_kd._run.random import stream
from sklearn_kd._tables.checks import check_rows
from sklearn_kd._tables.taking import read_rows
from sklearn_kd.students.encoder._encoding import check_types, encode, fit_encoder
from sklearn_kd.students.encoder.encoder import TabularEncoder

#: An encoder is fitted on a random sample of dense rows where there are more.
ENCODER_ROWS = 400_000

#: Stream of a student's seed, beside those of ``_run.random``.
_SAMPLE = 3

#: Share of what is left of a time limit that encoding the rows may take, and rows
#: that are timed.
ENCODING_SHARE, TIMED_ROWS = 0.2, 256


def fit_encoder_on_sample(encoder, train, dtype, seed, deadline):
    """Fit an encoder on the training rows, or on a random sample of very many.

    Parameters
    ----------
    encoder : "auto", transformer or None
        As the user passed it.
    train : TransferSet
        The rows.
    dtype : str
        Of the network.
    seed : int
        Decides which rows.
    deadline : Deadline
        Of less time it takes fewer rows.

    Returns
    -------
    transformer or None
        The fitted encoder.
    """
    if encoder is None:
        return None
    most = ENCODER_ROWS
    if deadline.limited and not issparse(train.X):
        most = min(most, affordable_rows(train.X.shape[1], deadline.seconds))
    if not issparse(train.X):
        train = _sample(train, most, seed)
    train = train.with_rows(read_rows(train.X))
    fitted = bare_encoder(fit_encoder(encoder, train, dtype, deadline), train.X)
    if isinstance(encoder, FrozenEstimator):
        check_types(fitted, train.X)
    return fitted


def _sample(transfer_set, most, seed):
    """Draw so many rows, in their order, where there are more."""
    n_rows = len(transfer_set)
    if n_rows <= most:
        return transfer_set
    rows = stream(seed, _SAMPLE).choice(n_rows, most, replace=False, shuffle=False)
    return transfer_set.at(np.sort(rows))


def encodable_rows(encoder, transfer_set, dtype, seed, deadline):
    """Draw as many rows as there is time to encode, and warn where it is not all."""
    n_rows, X = len(transfer_set), transfer_set.X
    if not deadline.limited or issparse(X) or n_rows <= TIMED_ROWS:
        return transfer_set
    began = deadline.elapsed()
    encode(encoder, read_rows(safe_indexing(X, slice(TIMED_ROWS))), dtype)
    each = (deadline.elapsed() - began) / TIMED_ROWS
    left = ENCODING_SHARE * max(deadline.left(), 0)
    if each * n_rows <= left:
        return transfer_set
    most = max(int(left / each), TIMED_ROWS)
    if is_part():
        return _sample(transfer_set, most, seed)
    warn(
        f"There is time to encode {most} of {n_rows} rows within the "
        f"{deadline.seconds:.3g} seconds that time_limit left for the student, and it "
        "learns from these. Raise the limit, or pass fewer rows.",
    )
    return _sample(transfer_set, most, seed)


def bare_encoder(encoder, X):
    """Give a fitted encoder without frozen shells: it reads rows faster so."""
    encoder = thawed(encoder)
    if type(encoder) is TabularEncoder:  # `encode` leaves out its checks
        check_rows(encoder, safe_indexing(X, slice(1)), reset=False)
    return encoder
