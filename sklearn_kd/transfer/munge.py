"""``MungeSampler``: synthetic rows that lie where the training rows do, by MUNGE."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._compat import RANDOM_STATE, Interval, StrOptions, fit_context
from sklearn_kd._messages import show
from sklearn_kd._parameters import MOST, is_number
from sklearn_kd._run.budget import most_synthetic
from sklearn_kd._run.random import as_seed, stream
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._tables.building import build_table, take_and_replace
from sklearn_kd._tables.checks import check_rows, read_numbers
from sklearn_kd._tables.columns import column_kinds, nominal_codes
from sklearn_kd.transfer._munge_neighbors import nearest_rows
from sklearn_kd.transfer._munge_numbers import NOTHING, draw_numbers
from sklearn_kd.transfer.sampler import TransferSampler

# Purposes of the random streams.
_NEIGHBORS, _SAMPLE = range(2)


def automatic_size(n_samples, n_columns):
    """Return how many synthetic rows are made of so many training rows.

    Parameters
    ----------
    n_samples, n_columns : int
        Number of training rows, and of their columns.

    Returns
    -------
    int
        20 a training row, or more up to 60 000 where there are as many pairs of
        training rows; never more than 300 000. In a wide table, of more than 100
        columns and less than 10 rows a column, no more than have 10 million values, or
        than 10 a training row.
    """
    size = min(max(20 * n_samples, min(n_samples**2, 60_000)), 300_000)
    return min(size, most_synthetic(n_samples, n_columns))


class MungeSampler(VersionedMixin, TransferSampler):
    r"""Make synthetic rows like the training rows by MUNGE.

    A synthetic row is a copy of a training row (its source), in which some values have
    been changed to, or around, those of a partner. The partner is drawn among the
    nearest rows. So synthetic rows keep the dependences between columns, and lie where
    real rows are likely.

    Parameters
    ----------
    n_samples : int or "auto", default="auto"
        Default number of rows that :meth:`sample` makes. "auto" makes 20 rows per
        training row, or up to 60 000 rows in all if there are as many pairs of training
        rows; never more than 300 000. With more than 100 columns and less than 10
        training rows per column, it makes at most 10 million values, but at least 10
        rows per training row.
    n_neighbors : int, default=10
        Number of nearest rows among which a partner is drawn.
    swap_probability : float, default=0.5
        Probability of each value to be changed, from 0 (copies) to 1.
    local_variance : float, default=1.0
        The standard deviation of the noise around the partner's number is the distance
        of the two numbers divided by this. Larger values mean less noise.
    random_state : int, RandomState instance or None, default=None
        With an int, repeated calls of :meth:`sample` give the same rows.

    Attributes
    ----------
    neighbors_ : ndarray of shape (n_samples, k), intp
        Positions of the nearest rows of each training row, nearest first, without
        itself. k is `n_neighbors`, or the number of other rows where there are fewer.
        A single training row is its own neighbour.
    kinds_ : list of {"numeric", "nominal"}
        The kind of each column.
    n_features_in_ : int
        Number of columns seen during :term:`fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen during :term:`fit`. Defined only when all of them are
        strings.

    See Also
    --------
    DistilledClassifier : Trains a student on such rows, labelled by a teacher.
    DistilledRegressor : Trains a student on such rows, for which a regressor predicts.

    Notes
    -----
    For a row :math:`e` and its partner :math:`e'`, each value is changed with
    probability `swap_probability`, independently of the others. A nominal value becomes
    :math:`e'_j`, and a number is drawn from

    .. math:: N(e'_j, \, (|e_j - e'_j| / s)^2)

    with :math:`s` the `local_variance`. This is MUNGE [1]_ with two changes: the
    partner is one of the nearest rows, not always the very nearest, and the source is
    changed alone where the paper changes the partner too.

    How a column of numbers is changed depends on its values:

    - *codes*, which are at most 12 distinct numbers with 5 or more rows to each on
      average: the number of the partner, without noise, as in a nominal column;
    - other whole numbers: the one nearest to the number drawn among those that occur in
      the column;
    - other fractions: the number drawn, clipped to the range of the training rows.

    So no whole number is made that did not occur in its column, whatever the dtype:
    neither an unknown code nor an age that no training row has. A column of more than
    12 codes still changes to codes that are near as numbers. If the codes stand for
    names, give the column the dtype ``category``. Missing values are swapped like any
    other: where either side is missing, the partner's value is taken as it is.

    The squared distance of two rows is the sum of the squared differences of their
    numbers, in standard deviations, and of the number of nominal values that differ. A
    missing number stands at the mean and counts as one more that differs from a present
    one. The levels of a column with more than 32 are encoded by random signs, so that
    two of them are at a distance of about 1. Ties between equally near rows are broken
    by chance or by their order.

    Up to 20 000 rows the search is exact. A larger table is halved at the median along
    random directions until no part has more than 4096 rows, and the search is exact
    within the parts. Memory is then bounded by that of the table and its neighbours.

    The training rows are kept by reference, not copied.

    References
    ----------
    .. [1] Bucilă, C., Caruana, R. & Niculescu-Mizil, A. (2006). "Model compression".
       :doi:`10.1145/1150402.1150464`

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_kd import MungeSampler
    >>> X = pd.DataFrame(
    ...     {
    ...         "age": [25, 38, 41, 52],
    ...         "job": ["clerk", "nurse", "clerk", "cook"],
    ...     }
    ... )
    >>> sampler = MungeSampler(n_neighbors=2, random_state=0).fit(X)
    >>> X_new, source = sampler.sample(6)
    >>> X_new.shape, X_new["age"].between(25, 52).all()
    ((6, 2), np.True_)
    >>> source[:4]
    array([0, 1, 2, 3])

    .. versionadded:: 0.1
    """

    _parameter_constraints: dict = {
        "n_samples": [
            Interval(Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
        ],
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "swap_probability": [Interval(Real, 0, 1, closed="both")],
        "local_variance": [Interval(Real, 0, None, closed="neither")],
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self,
        n_samples="auto",
        *,
        n_neighbors=10,
        swap_probability=0.5,
        local_variance=1.0,
        random_state=None,
    ):
        self.n_samples = n_samples
        self.n_neighbors = n_neighbors
        self.swap_probability = swap_probability
        self.local_variance = local_variance
        self.random_state = random_state

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Find the nearest rows of each training row.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Training rows, of numbers, strings or both. Missing values are allowed.
        y : Ignored
            Not used, present for API consistency.

        Returns
        -------
        self : MungeSampler
            The fitted sampler.

        Raises
        ------
        TypeError
            For sparse rows, and for columns that are neither numeric nor nominal.
        ValueError
            For infinite numbers.
        """
        X = check_rows(self, X, reset=True)
        self.kinds_ = column_kinds(X)
        self._X = X
        self._numbers = self._read_numbers(X)
        self.neighbors_ = nearest_rows(
            self._numbers,
            self._read_codes(X),
            int(self.n_neighbors),
            stream(as_seed(self.random_state), _NEIGHBORS),
        )
        return self

    def _columns(self, kind):
        """List the positions of the columns of one kind."""
        return [column for column, one in enumerate(self.kinds_) if one == kind]

    def _read_numbers(self, X):
        """Numeric columns as float64, none infinite."""
        return read_numbers(X, self._columns("numeric"), type(self).__name__)

    def _read_codes(self, X):
        """Nominal columns as numbers of the levels that occur, missing among them."""
        nominal = self._columns("nominal")
        block = np.empty((len(X), len(nominal)), dtype=np.int32)
        for position, column in enumerate(nominal):
            codes, _ = nominal_codes(X, column)
            occurs = np.bincount(codes + 1) > 0
            block[:, position] = (np.cumsum(occurs) - 1)[codes + 1]
        return block

    def sample(self, n_samples=None):
        """Make synthetic rows.

        Parameters
        ----------
        n_samples : int, "auto" or None, default=None
            Number of rows. None uses the parameter of the sampler.

        Returns
        -------
        X_new : {ndarray, DataFrame} of shape (n_new, n_features)
            The synthetic rows, in the container of the training rows, with their column
            names and dtypes. A pandas DataFrame is indexed from 0.
        source : ndarray of shape (n_new,), intp
            Position of the training row that each row was made from. All training rows
            are used in order, as often as `n_samples` allows. The remaining sources are
            a random subset, also in order.

        Raises
        ------
        ValueError
            For a number of rows that is not positive.
        """
        check_is_fitted(self)
        n_new = self._size(n_samples)
        rng = stream(as_seed(self.random_state), _SAMPLE)
        source = _even_sources(len(self.neighbors_), n_new, rng)
        drawn = rng.integers(self.neighbors_.shape[1], size=n_new)
        partner = self.neighbors_[source, drawn]
        columns = self._changed_columns(source, partner, rng)
        return build_table(self._X, columns, n_new), source

    def automatic_size(self, n_samples, n_columns):
        """Return how many rows `n_samples` = "auto" makes.

        Parameters
        ----------
        n_samples, n_columns : int
            Number of training rows, and of their columns.

        Returns
        -------
        int or None
            None where the user has chosen a number.
        """
        if isinstance(self.n_samples, str):
            return automatic_size(n_samples, n_columns)
        return None

    def _size(self, n_samples):
        """Give the number of rows to make."""
        size = self.n_samples if n_samples is None else n_samples
        if isinstance(size, str) and size == "auto":
            return automatic_size(len(self.neighbors_), len(self.kinds_))
        if not is_number(size, whole=True) or not 1 <= size <= MOST:
            large = " and below 2**31" if isinstance(size, int) and size > 1 else ""
            raise ValueError(
                f'n_samples must be "auto", None or an int of at least 1{large}, got '
                f"{show(size)}."
            )
        return int(size)

    def _changed_columns(self, source, partner, rng):
        """Make the columns of the synthetic rows one by one."""
        position = -1
        for column, kind in enumerate(self.kinds_):
            swapped = rng.random(len(source)) < float(self.swap_probability)
            if kind == "nominal":
                rows, noisy = np.where(swapped, partner, source), NOTHING
            else:
                position += 1  # among the numeric columns
                values = np.ascontiguousarray(self._numbers[:, position])
                rows, noisy = draw_numbers(
                    values, source, partner, swapped, float(self.local_variance), rng
                )
            yield take_and_replace(self._X, column, rows, *noisy)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags


def _even_sources(n_rows, n_new, rng):
    """Every row as often as any other, and once more for a random subset."""
    rounds, rest = divmod(n_new, n_rows)
    subset = np.sort(rng.choice(n_rows, size=rest, replace=False))
    return np.concatenate([np.tile(np.arange(n_rows), rounds), subset])
