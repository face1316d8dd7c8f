"""A table of any columns as the numbers that a network learns from."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._columns import (
    column_kinds,
    is_frame,
    nominal_codes,
    numeric_block,
)
from sklearn_kd._compat import (
    Interval,
    RealNotInt,
    StrOptions,
    check_feature_names_in,
    check_sample_weight,
    fit_context,
    safe_indexing,
)
from sklearn_kd._validation import check_rows
from sklearn_kd.students._knots import build_knots


class TabularEncoder(TransformerMixin, BaseEstimator):
    r"""Encode mixed columns as a dense array of small numbers.

    Numeric columns become normal scores (what a value's rank would be on a normal
    curve), with a 0/1 flag beside those that have missing values. Nominal columns
    become one 0/1 column a level, rare and unknown levels sharing one. Columns that are
    constant on the training rows are dropped. Which column is which follows from its
    dtype: strings, categories and the booleans of a frame are nominal, numbers are
    numeric, and so is an object column that holds nothing but numbers.

    Parameters
    ----------
    n_knots : int, default=64
        Most knots a numeric column gets. Between knots the normal score is
        interpolated; a column with no more distinct values than that is exact.
    min_frequency : int, float or None, default=0.001
        Levels lighter than this are grouped in one column: an int is a total weight
        (the number of rows without weights), a float a share of the total weight, None
        groups none for that reason.
    max_categories : int or None, default=128
        Most columns that the levels of a nominal column may get, the one for grouped
        levels among them. The lightest are grouped first. None sets no limit.
    dtype : {"float32", "float64"}, default="float32"
        Dtype of the output. The computation is in float64 either way.

    Attributes
    ----------
    kinds_ : list of {"numeric", "nominal"}
        What each column is.
    score_columns_ : list of int
        The numeric columns that have a normal score: those that are not constant.
    flag_columns_ : list of int
        The numeric columns that have a flag: those with missing values in training.
    knots_ : KnotTable
        The knots of `score_columns_`, and the scores at them.
    levels_ : dict of int to list
        For each nominal column that is not constant, the levels with a column of their
        own, in order. None, the last, stands for missing values.
    grouped_columns_ : list of int
        The nominal columns whose rare levels share one more column. Levels never seen
        go there too; in the other columns they are all zeros.
    n_features_out_ : int
        Number of columns that :meth:`transform` returns: 0 if all are constant.
    n_features_in_ : int
        Number of columns seen during :term:`fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen during :term:`fit`. Defined only when all of them are
        strings.

    See Also
    --------
    MLPStudent : The network that uses this encoder unless told otherwise.
    sklearn.preprocessing.QuantileTransformer : Normal scores without sample weights.
    sklearn.preprocessing.OneHotEncoder : One-hot columns without sample weights.

    Notes
    -----
    Let :math:`F` be the weighted distribution of a column on the training rows where it
    is present. Its knots are the quantiles :math:`\min\{x : F(x) \ge q\}` at
    `n_knots` equally spaced :math:`q` from 0 (the least value) to 1 (the greatest). The
    score at a knot :math:`x` is

    .. math:: s(x) = \Phi^{-1}\left(F(x^-) + \tfrac12 P(X = x)\right),

    where :math:`\Phi` is the normal distribution function: the van der Waerden score
    [1]_ of the middle of the tied rows. It is linear between knots and constant outside
    them. Networks for tables are often given such quantile-normal input [2]_.

    A missing number gets the score 0, which is the middle of the distribution in ranks
    (the score of the weighted median, ties apart) and adds nothing to a linear layer:
    what missingness means is left to the weight of its flag. A value that is missing
    only at prediction is imputed alike, without a flag.

    Weights act as repetitions. A row of weight 3 gives bit for bit what three such rows
    give, and a row of weight 0 what its absence gives.

    The output has the normal scores first, then the flags, then the one-hot columns.

    References
    ----------
    .. [1] Conover, W. J. & Iman, R. L. (1981). "Rank transformations as a bridge
       between parametric and nonparametric statistics". The American Statistician
       35(3). :doi:`10.1080/00031305.1981.10479327`
    .. [2] Gorishniy, Y., Rubachev, I. & Babenko, A. (2022). "On embeddings for
       numerical features in tabular deep learning".
       :doi:`10.48550/arXiv.2203.05556`

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_kd import TabularEncoder
    >>> X = pd.DataFrame(
    ...     {
    ...         "age": [25, 38, None, 52],
    ...         "job": ["clerk", "nurse", "clerk", "cook"],
    ...         "planet": ["Earth"] * 4,
    ...     }
    ... )
    >>> encoder = TabularEncoder().fit(X)
    >>> encoder.get_feature_names_out()
    array(['age', 'age_missing', 'job_clerk', 'job_cook', 'job_nurse'],
          dtype=object)
    >>> encoder.transform(X).round(2)
    array([[-0.97,  0.  ,  1.  ,  0.  ,  0.  ],
           [ 0.  ,  0.  ,  0.  ,  0.  ,  1.  ],
           [ 0.  ,  1.  ,  1.  ,  0.  ,  0.  ],
           [ 0.97,  0.  ,  0.  ,  1.  ,  0.  ]], dtype=float32)

    .. versionadded:: 0.1
    """

    _parameter_constraints: dict = {
        "n_knots": [Interval(Integral, 2, None, closed="left")],
        "min_frequency": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
            None,
        ],
        "max_categories": [Interval(Integral, 1, None, closed="left"), None],
        "dtype": [StrOptions({"float32", "float64"})],
    }

    def __init__(
        self, *, n_knots=64, min_frequency=0.001, max_categories=128, dtype="float32"
    ):
        self.n_knots = n_knots
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.dtype = dtype

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Learn the knots and the levels.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Training rows, of numbers, strings or both. Missing values are welcome.
        y : Ignored
            Not used, present for API consistency.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, none negative. A row of weight 0 is absent.

        Returns
        -------
        self : TabularEncoder
            The fitted encoder.
        """
        X = check_rows(self, X, reset=True)
        if sample_weight is not None:
            sample_weight = check_sample_weight(sample_weight, X)
            present = sample_weight > 0
            if not present.all():
                X = safe_indexing(X, present)
                sample_weight = sample_weight[present]
        self.kinds_ = column_kinds(X)
        self._fit_numeric(X, sample_weight)
        self._fit_nominal(X, sample_weight)
        self.n_features_out_ = (
            len(self.score_columns_)
            + len(self.flag_columns_)
            + sum(map(len, self.levels_.values()))
            + len(self.grouped_columns_)
        )
        return self

    def _fit_numeric(self, X, sample_weight):
        numeric = [j for j, kind in enumerate(self.kinds_) if kind == "numeric"]
        block = self._numbers(X, numeric)
        # False for a column without any value, where both are NaN
        varies = np.fmin.reduce(block) < np.fmax.reduce(block)
        missing = np.isnan(block)
        flagged = missing.any(axis=0) & ~missing.all(axis=0)
        self.score_columns_ = [j for j, yes in zip(numeric, varies, strict=True) if yes]
        self.flag_columns_ = [j for j, yes in zip(numeric, flagged, strict=True) if yes]
        self.knots_ = build_knots(block[:, varies], sample_weight, self.n_knots)

    def _fit_nominal(self, X, sample_weight):
        self.levels_ = {}
        self.grouped_columns_ = []
        for column, kind in enumerate(self.kinds_):
            if kind == "numeric":
                continue
            weights = _level_weights(*nominal_codes(X, column), sample_weight)
            levels, grouped = _kept_levels(
                weights, self.min_frequency, self.max_categories
            )
            if len(levels) + grouped < 2:
                continue
            self.levels_[column] = levels
            if grouped:
                self.grouped_columns_.append(column)

    def transform(self, X):
        """Encode rows.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows with the columns seen in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, `n_features_out_`)
            The encoded rows, C-contiguous, of the dtype asked for. There are no missing
            values in it.
        """
        check_is_fitted(self)
        return self._encode(check_rows(self, X, reset=False))

    def _encode(self, X):
        """Encode rows that `check_rows` has passed, whoever called it."""
        encoded = np.zeros((len(X), self.n_features_out_), dtype=self.dtype)
        start = len(self.score_columns_)
        if start:
            scores = encoded[:, :start]
            self.knots_.normal_scores(self._numbers(X, self.score_columns_), scores)
            np.copyto(scores, 0.0, where=np.isnan(scores))
        stop = start + len(self.flag_columns_)
        if stop > start:
            encoded[:, start:stop] = np.isnan(self._numbers(X, self.flag_columns_))
        for column, levels in self.levels_.items():
            grouped = column in self.grouped_columns_
            start, stop = stop, stop + len(levels) + grouped
            hot = _hot_positions(*nominal_codes(X, column), levels, grouped)
            rows = np.flatnonzero(hot >= 0)
            encoded[rows, start + hot[rows]] = 1
        return encoded

    def _numbers(self, X, columns):
        """Numbers of some columns, none infinite."""
        block = numeric_block(X, columns)
        # an array of floats has been checked whole, frames and objects have not
        if is_frame(X) or X.dtype.kind == "O":
            assert_all_finite(
                block,
                allow_nan=True,
                estimator_name=type(self).__name__,
                input_name="X",
            )
        return block

    def get_feature_names_out(self, input_features=None):
        """Name the columns of the output.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns. None takes `feature_names_in_`, or "x0", "x1",
            ... where there are none.

        Returns
        -------
        ndarray of shape (`n_features_out_`,), object
            The name of the column for a normal score, and that name with "_missing",
            "_other" or the level for the 0/1 columns. Where two would be equal, the
            later gets a number.
        """
        check_is_fitted(self)
        features = check_feature_names_in(self, input_features)
        names = [features[column] for column in self.score_columns_]
        names += [f"{features[column]}_missing" for column in self.flag_columns_]
        for column, levels in self.levels_.items():
            endings = ["missing" if level is None else level for level in levels]
            if column in self.grouped_columns_:
                endings.append("other")
            names += [f"{features[column]}_{ending}" for ending in endings]
        return np.array(_distinct(names), dtype=object)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        # the dtype comes from the parameter, whatever goes in
        tags.transformer_tags.preserves_dtype = []
        return tags


def _level_weights(codes, levels, sample_weight):
    """Total weight of each level that occurs; None is the missing one."""
    totals = np.bincount(codes + 1, weights=sample_weight, minlength=len(levels) + 1)
    weights = {}
    for level, total in zip([None, *levels], totals.tolist(), strict=True):
        if total:
            weights[level] = weights.get(level, 0) + total
    return weights


def _kept_levels(weights, min_frequency, max_categories):
    """Levels with a column of their own, in order, and whether others share one."""
    if min_frequency is None:
        threshold = 0
    elif isinstance(min_frequency, Integral):
        threshold = min_frequency
    else:
        threshold = min_frequency * sum(weights.values())
    present = [level for level in weights if level is not None]
    kept = [level for level in present if weights[level] >= threshold]
    if max_categories is not None:
        n_columns = len(kept) + (len(kept) < len(present))
        if n_columns > max_categories:
            kept.sort(key=lambda level: (-weights[level], _order(level)))
            del kept[max_categories - 1 :]
    grouped = len(kept) < len(present)
    kept.sort(key=_order)
    # missing is a level of its own however rare: it is not one of a group
    return kept + [None] * (None in weights), grouped


def _order(level):
    """Numbers before strings before bytes, as values of different types have none."""
    return (isinstance(level, str) + 2 * isinstance(level, bytes), level)


def _hot_positions(codes, found, levels, grouped):
    """Position of the 1 of each row among the columns of its feature; -1 for none."""
    position = {level: index for index, level in enumerate(levels)}
    unknown = len(levels) if grouped else -1
    # the last entry is what code -1, a missing value, reads
    hot = np.array([position.get(level, unknown) for level in [*found, None]])
    return hot[codes]


def _distinct(names):
    """Number names that have been given away already."""
    taken = set(names)
    seen = set()
    distinct = []
    for name in names:
        new, number = name, 2
        while new in seen or (new != name and new in taken):
            new, number = f"{name}_{number}", number + 1
        seen.add(new)
        distinct.append(new)
    return distinct
