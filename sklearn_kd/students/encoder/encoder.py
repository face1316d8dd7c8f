"""TabularEncoder: columns of any kind as numbers that a network learns from."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._compat import (
    Interval,
    RealNotInt,
    StrOptions,
    check_feature_names_in,
    fit_context,
    num_samples,
    safe_indexing,
)
from sklearn_kd._parameters import plain_number
from sklearn_kd._run.deadline import Deadline
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._tables.checks import check_rows, read_numbers
from sklearn_kd._tables.columns import column_kinds
from sklearn_kd._tables.doubtful_levels import check_levels
from sklearn_kd._tables.level_types import TypeWatch
from sklearn_kd._tables.weights import check_weight, in_rows
from sklearn_kd.students.encoder._layout import Layout, ReadoutsMixin
from sklearn_kd.students.encoder._nominal import NominalColumn
from sklearn_kd.students.encoder._numeric import NumericColumns
from sklearn_kd.students.encoder._ranges import Ranges, pack_ranges, unpack_ranges
from sklearn_kd.students.encoder._targets import check_targets, target_scores


class TabularEncoder(ReadoutsMixin, VersionedMixin, TransformerMixin, BaseEstimator):
    r"""Encode mixed columns as a dense array of small numbers.

    Numeric columns become normal scores (what a value's rank would be on a normal
    curve), with a 0/1 flag beside those that have missing values. Nominal columns
    become one 0/1 column per level; rare and unknown levels share one. Columns that are
    constant on the training rows are dropped. The kind of a column follows from its
    dtype: strings, categories and the booleans of a frame are nominal, numbers are
    numeric, and so is an object column that holds nothing but numbers. A column of
    numbers as text in which most values are different is refused, unless its dtype is
    category.

    If ``fit`` has targets (labels, numbers, or a teacher's soft targets), the encoding
    is supervised: a numeric column also gets piecewise-linear components between the
    values where the targets change most, and a nominal column the mean targets of its
    levels.

    Parameters
    ----------
    n_knots : int, default=64
        Largest number of knots of a numeric column. Between knots the normal score is
        interpolated; a column with no more distinct values than that is exact.
    n_bins : int, "auto" or None, default="auto"
        Largest number of piecewise-linear components of a numeric column if ``fit`` has
        targets. "auto" is 512 divided by the number of numeric columns, but 8 to 32;
        and None where more than 256 columns vary, or more than 100 with less than 192
        rows a column. With None there are no components.
    min_frequency : int, float or None, default=0.001
        Levels lighter than this are grouped in one column: an int is a number of rows
        (with weights, as in Notes), a float a share of the total weight. With None no
        level is grouped for being rare.
    max_categories : int or None, default=128
        Largest number of columns for the levels of a nominal column, including the one
        for grouped levels. The lightest are grouped first. None sets no limit.
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
    knots_ : Curves
        The knots of `score_columns_`, and the scores at them.
    components_ : Ramps or None
        The piecewise-linear components of `score_columns_`; None without targets.
    levels_ : dict of int to list
        For each nominal column that is not constant, the levels with a column of their
        own, in order. None, the last, stands for missing values.
    grouped_columns_ : list of int
        The nominal columns whose rare levels share one more column. Levels that did not
        occur in ``fit`` are encoded there too; in nominal columns without grouped
        levels they are all zeros.
    level_scores_ : dict of int to (list, ndarray of shape (n_levels, n_targets))
        For each nominal column that is not constant all its levels and their smoothed
        mean targets; empty without targets.
    layout_ : Layout
        What fills the output. ``layout_.inputs`` lists for each column of the output
        the column of the input that it is read off, and ``layout_.blocks`` the kinds of
        read-out, each with `name`, `columns` (of the input) and `slice` (of the
        output). The attributes above are read off it.
    n_features_out_ : int
        Number of columns that :meth:`transform` returns: 0 if all are constant.
    n_features_in_ : int
        Number of columns seen during :term:`fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen during :term:`fit`. Defined only when all of them are
        strings.

    See Also
    --------
    MLPStudent, MLPStudentRegressor : The networks that use this encoder by default.
    sklearn_kd.inspection.coverage : Which values of other rows none of fit's rows had.
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
    (the score of the weighted median, ties apart) and adds nothing to a linear layer;
    the effect of missingness is learned by the weight of the flag. If a column has
    missing values at prediction only, they are imputed in the same way, without a flag.

    The targets of :math:`K` classes are the logarithms of their probabilities, none
    below .001, centred over the classes. (One column is enough for two.) Those of a
    regression (:class:`SoftPredictions`, or a `y` with fractions) are its numbers, each
    output standardised. A regression tree on one numeric column and all targets at
    once, with a leaf a component and 5 rows a leaf or more, finds the edges
    :math:`e_0 < \ldots < e_B` of its components

    .. math:: c_b(x) = \min(\max((x - e_{b-1}) / (e_b - e_{b-1}), 0), 1).

    That is the piecewise-linear encoding of [2]_ with edges where the targets change
    most. A missing number is 0 in all of them. The mean targets of a level are smoothed
    by 20 rows with the mean of all.

    Weights count by their ratios. Whole multiples of the lightest, or of a half or a
    third of it, act as repetitions, to rounding: a row of weight 3 gives what three
    rows of the lightest, of weight 1, give. Any other weights, and those of more than
    100 rows on average, are divided by their mean, so that a row counts as one row on
    average; that matters where rows are counted (`min_frequency`, 5 rows a leaf, 20
    rows of smoothing). A row of weight 0 counts as absent.

    The output has the normal scores first, then the components, the flags, the one-hot
    columns and the mean targets of levels.

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
        "n_bins": [
            StrOptions({"auto"}),
            Interval(Integral, 2, None, closed="left"),
            None,
        ],
        "min_frequency": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="neither"),
            None,
        ],
        "max_categories": [Interval(Integral, 1, None, closed="left"), None],
        "dtype": [StrOptions({"float32", "float64"})],
    }

    def __init__(
        self,
        *,
        n_knots=64,
        n_bins="auto",
        min_frequency=0.001,
        max_categories=128,
        dtype="float32",
    ):
        self.n_knots = n_knots
        self.n_bins = n_bins
        self.min_frequency = min_frequency
        self.max_categories = max_categories
        self.dtype = dtype

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None, soft_targets=None):
        """Learn the knots and the levels, and from targets the components.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Training rows, of numbers, strings or both. Missing values are accepted.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Labels, or the numbers of a regression, if some are fractions. They are the
            targets if there are no soft targets. Several outputs are ignored.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, none negative. A row of weight 0 counts as absent. Only
            the ratios of weights matter, see Notes.
        soft_targets : SoftTargets or SoftPredictions of length n_samples, default=None
            The teacher's ``proba``, or its ``pred``. Nothing else in them is used.

        Returns
        -------
        self : TabularEncoder
            The fitted encoder.

        Raises
        ------
        TypeError
            For columns of dates, durations, complex numbers and other objects.
        ValueError
            For infinity, and for a column, not of dtype category, of numbers as text
            but for a few words, of which more than 100, and more than half, are
            different (more than 20 and a twentieth where some have a fraction).

        Warns
        -----
        UserWarning
            For a nominal column with more than 20 different values in which more than
            half of the values are different, as dates and keys are.
        """
        X = check_rows(self, X, reset=True)
        targets = check_targets(y, soft_targets, num_samples(X))
        return self._learn(X, targets, sample_weight, Deadline())

    def _learn(self, X, targets, sample_weight, deadline):
        """Fit to checked rows; "auto" makes no components that there is no time for.

        `targets` are as `check_targets` gives them, or scores of shape (n_samples,
        n_targets) that the encoder is fitted to.
        """
        if sample_weight is not None:
            sample_weight = check_weight(sample_weight, X)
            present = sample_weight > 0
            if not present.all():
                X = safe_indexing(X, present)
                targets = None if targets is None else targets[present]
                sample_weight = sample_weight[present]
            sample_weight = in_rows(sample_weight)
        # only now: a class of absent rows is absent
        learned = {
            "targets": target_scores(targets, sample_weight),
            "sample_weight": sample_weight,
        }
        self.kinds_ = column_kinds(X)
        check_levels(X, self.kinds_)
        numeric = [j for j, kind in enumerate(self.kinds_) if kind == "numeric"]
        ranges = Ranges.of_no_rows(len(self.kinds_))
        train = NumericColumns.of(
            numeric,
            read_numbers(X, numeric, type(self).__name__),
            ranges,
            n_knots=self.n_knots,
            n_bins=self.n_bins,
            deadline=deadline,
            **learned,
        )
        nominal = NominalColumn.each_of(
            X,
            sorted(set(range(len(self.kinds_))) - set(numeric)),
            ranges,
            min_frequency=plain_number(self.min_frequency),
            max_categories=plain_number(self.max_categories),
            **learned,
        )
        self.layout_ = Layout.fit(train, nominal)
        self._ranges = ranges
        return self

    def transform(self, X):
        """Encode rows.

        Parameters
        ----------
        X : {array-like, DataFrame} of shape (n_samples, n_features)
            Rows with the columns seen in :meth:`fit`.

        Returns
        -------
        ndarray of shape (n_samples, `n_features_out_`)
            The encoded rows, C-contiguous, of the chosen dtype. There are no missing
            values in it.
        """
        check_is_fitted(self)
        X = check_rows(self, X, reset=False)
        return self._encode(X, self.dtype, watched=True)

    def _encode(self, X, dtype, *, watched=False):
        """Encode rows that `check_rows` has passed; warn of other types if watched."""
        watch = TypeWatch()
        encoded = self.layout_.encode(X, dtype, watch if watched else None)
        watch.warn(X)
        return encoded

    def get_feature_names_out(self, input_features=None):
        """Name the columns of the output.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Names of the input columns. With None they are `feature_names_in_`, or "x0",
            "x1", ... where there are none.

        Returns
        -------
        ndarray of shape (`n_features_out_`,), object
            The name of the column for a normal score; that name with "_from_" and the
            edge below for a component; with "_missing", "_other" or the level for the
            0/1 columns; with "_score_" and a number for the mean targets of levels.
            Where two would be equal, the later gets a number.
        """
        check_is_fitted(self)
        features = check_feature_names_in(self, input_features)
        return np.array(self.layout_.names(features), dtype=object)

    def _pack(self, state):
        if "layout_" in state:  # a pickle names no class but this one
            state["layout_"] = state["layout_"].state()
        return pack_ranges(state)

    def _unpack(self):
        if "layout_" in vars(self):
            self.layout_ = Layout.from_state(self.layout_)
        unpack_ranges(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        # the dtype comes from the parameter, whatever goes in
        tags.transformer_tags.preserves_dtype = []
        return tags
