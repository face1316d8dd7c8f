"""How often teacher and student are right, by how sure they are."""

import numpy as np

from sklearn_kd._compat import num_samples
from sklearn_kd._messages import show
from sklearn_kd._tables.containers import as_values
from sklearn_kd._task.proba import as_array, check_proba
from sklearn_kd.inspection._measures.classification import read_labels
from sklearn_kd.inspection.displays._bins import (
    bins_of_both,
    known_labels,
    shown_label,
)
from sklearn_kd.inspection.displays._drawing import (
    axes_for,
    check_matplotlib,
    palette,
    plain,
    short,
    styled,
    text_color,
)
from sklearn_kd.inspection.displays._two_classifiers import predict_both
from sklearn_kd.metrics._arguments import check_lengths
from sklearn_kd.metrics._bounds import clopper_pearson_lower, clopper_pearson_upper
from sklearn_kd.metrics._calibration_error import N_BINS
from sklearn_kd.metrics._models import in_one_order, predicted_proba

#: How often a bar holds the share that it is drawn for.
_CONFIDENCE = 0.95

#: How points and lines of both are told apart without colours.
_MARKS = {
    "teacher": {"marker": "s", "linestyle": "--"},
    "student": {"marker": "o", "linestyle": "-"},
}

#: Of a new figure, with room for the legend beside a square.
_INCHES = 7.4, 4.8

#: Most characters of the label that an axis names.
_LABEL = 28

#: The part of [0, 1] from which on all of it is drawn.
_WIDE = 0.5


class ReliabilityDisplay:
    """Reliability of a teacher and of its student: what they predict, and what is so.

    Make one with :meth:`from_estimator` or :meth:`from_predictions`. All parameters are
    stored as attributes.

    Parameters
    ----------
    prob_pred, prob_true : list of ndarray of shape (n_bins,)
        For teacher and student, in each bin of rows: the mean predicted probability,
        and the share of rows for which it came true.
    n_effective : list of ndarray of shape (n_bins,)
        The number of rows of each bin; of weighted rows, that of rows of equal weight
        that say as much.
    calibration_errors : list of float
        The expected calibration error of both, for the legend.
    pos_label : object, default=None
        The class whose probability it is. None is the most probable label.
    names : tuple of str, default=("teacher", "student")
        What both are called in the legend.

    Attributes
    ----------
    errorbars_ : list of matplotlib ErrorbarContainer
        The points of both with their intervals.
    line_ : matplotlib Line2D
        Where predictions and shares are equal.
    ax_ : matplotlib Axes
        The axes that were drawn in.
    figure_ : matplotlib Figure
        The figure that they are in.

    See Also
    --------
    sklearn.calibration.CalibrationDisplay : Of one classifier with two classes.

    Notes
    -----
    .. versionadded:: 0.1

    A bar is the Clopper-Pearson interval of the share at 95 %: it is long where a bin
    has few rows. A model whose bars reach the dotted line may well be calibrated.

    The expected calibration error is that of the most probable label, for two classes
    as for many: the mean over bins of equal weight of the absolute difference between
    confidence and accuracy, whatever the curve shows and the bins it has are. With few
    rows in a bin it is above 0 for a calibrated model, too.

    References
    ----------
    Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using
    Bayesian Binning", 2015. :doi:`10.1609/aaai.v29i1.9602`

    Nixon et al., "Measuring Calibration in Deep Learning", 2019. :arxiv:`1904.01685`

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn_kd.inspection import ReliabilityDisplay
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> teacher = GaussianNB().fit(X[::2], y[::2])
    >>> student = LogisticRegression(max_iter=5000).fit(X[::2], y[::2])
    >>> display = ReliabilityDisplay.from_predictions(
    ...     y[1::2], teacher.predict_proba(X[1::2]), student.predict_proba(X[1::2])
    ... )
    >>> display.ax_.get_legend_handles_labels()[1]
    ['perfectly calibrated', 'teacher (ECE 0.0...)', 'student (ECE 0.0...)']
    """

    def __init__(
        self,
        prob_pred,
        prob_true,
        n_effective,
        calibration_errors,
        *,
        pos_label=None,
        names=("teacher", "student"),
    ):
        self.prob_pred = prob_pred
        self.prob_true = prob_true
        self.n_effective = n_effective
        self.calibration_errors = calibration_errors
        self.pos_label = pos_label
        self.names = names

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        pos_label=None,
        n_bins=N_BINS,
        strategy="quantile",
        sample_weight=None,
        **kwargs,
    ):
        """Predict with the teacher and the student of an estimator, and plot.

        Parameters
        ----------
        estimator : DistilledClassifier
            Fitted, or a pipeline or a search around one. Both have ``predict_proba``.
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows that neither was fitted on.
        y : array-like of shape (n_samples,)
            Their labels.
        pos_label : object, default=None
            As for :meth:`from_predictions`, like those below.
        n_bins : int, default=10
            Bins that rows are put into by their probability.
        strategy : {"quantile", "uniform"}, default="quantile"
            Bins of equally many rows, or of the same width.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights.
        **kwargs : dict
            Passed on to :meth:`plot`.

        Returns
        -------
        ReliabilityDisplay
            With the picture.

        Raises
        ------
        ImportError
            Without matplotlib.
        TypeError
            For a regressor, and for what has no teacher.
        ValueError
            As by :meth:`from_predictions`.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        probas = predict_both(
            predicted_proba,
            estimator,
            X,
            ", and ReliabilityDisplay shows the probabilities of classes.",
        )
        y = read_labels(y, num_samples(probas[0][0]))
        probas, labels = in_one_order(probas, y)
        return cls._of_both(
            y, probas, labels, pos_label, n_bins, strategy, sample_weight
        ).plot(**kwargs)

    @classmethod
    def from_predictions(
        cls,
        y,
        p_teacher,
        p_student,
        *,
        labels=None,
        pos_label=None,
        n_bins=N_BINS,
        strategy="quantile",
        sample_weight=None,
        **kwargs,
    ):
        """Plot class probabilities that were predicted.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            True labels.
        p_teacher, p_student : array-like of shape (n_samples, n_classes)
            Predicted probabilities of the same rows, columns in the same class order.
        labels : array-like of shape (n_classes,), default=None
            The label of each column. None is those in `y`, sorted.
        pos_label : object, default=None
            The class whose probability is compared with its share of rows. None is the
            second of two classes, and of more than two the most probable label of each
            row: then confidence is compared with accuracy.
        n_bins : int, default=10
            Bins that rows are put into by their probability.
        strategy : {"quantile", "uniform"}, default="quantile"
            Bins of equally many rows, or of the same width. Rows with the same
            probability are in one bin, so that there may be fewer.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights.
        **kwargs : dict
            Passed on to :meth:`plot`.

        Returns
        -------
        ReliabilityDisplay
            With the picture.

        Raises
        ------
        ImportError
            Without matplotlib.
        TypeError
            For a number of bins that is none.
        ValueError
            For different numbers of rows, rows that are no probabilities, labels
            that no column is for, and unknown strategies.
        """
        check_matplotlib(f"{cls.__name__}.from_predictions")
        y = read_labels(y, num_samples(p_teacher))
        labels = known_labels(y, labels)
        given = {"p_teacher": p_teacher, "p_student": p_student}
        probas = [
            check_proba(as_array(as_values(one, name), name), len(labels), name=name)
            for name, one in given.items()
        ]
        check_lengths(**dict(zip(given, probas, strict=True)))
        return cls._of_both(
            y, probas, labels, pos_label, n_bins, strategy, sample_weight
        ).plot(**kwargs)

    @classmethod
    def _of_both(cls, y, probas, labels, pos_label, n_bins, strategy, sample_weight):
        """Put the rows of both into bins."""
        pos_label = shown_label(pos_label, labels)
        binned = bins_of_both(
            y, probas, labels, pos_label, n_bins, strategy, sample_weight
        )
        return cls(
            [bins.predicted for bins, _ in binned],
            [bins.observed for bins, _ in binned],
            [bins.n_effective for bins, _ in binned],
            [error for _, error in binned],
            pos_label=pos_label,
        )

    def plot(self, *, ref_line=True, ax=None, **kwargs):
        """Draw the points of both, with their intervals.

        Parameters
        ----------
        ref_line : bool, default=True
            Whether a dotted line shows where predictions and shares are equal.
        ax : matplotlib Axes, default=None
            Where to draw; None is a new figure.
        **kwargs : dict
            Keywords for :meth:`matplotlib.axes.Axes.errorbar`, for both.

        Returns
        -------
        ReliabilityDisplay
            The same object.

        Raises
        ------
        ImportError
            Without matplotlib.
        """
        # beside a square of our own there is room, and bars fill all of it
        legend = {"loc": "best"}
        if ax is None:
            legend = {"loc": "upper left", "bbox_to_anchor": (1.02, 1)}
        ax = axes_for(ax, f"{type(self).__name__}.plot", _INCHES)
        from matplotlib.lines import Line2D

        self.ax_, self.figure_ = ax, ax.figure
        self.line_, self.errorbars_ = None, []
        if ref_line:
            line = {"linestyle": ":", "label": "perfectly calibrated"}
            self.line_ = ax.axline((0, 0), slope=1, color=text_color(), **line)
        values = []
        curves = zip(
            self.names,
            _MARKS.items(),
            self.prob_pred,
            self.prob_true,
            self.n_effective,
            self.calibration_errors,
            strict=True,
        )
        for name, (model, mark), predicted, true, n_rows, error in curves:
            low, high = _interval(true, n_rows)
            values += [predicted, low, high]
            shown = mark | {
                "color": palette(ax)[model],
                "label": f"{name} (ECE {error:.4f})",
                "capsize": 3,
                "elinewidth": 1,
                "markersize": 5,
            }
            bars = np.clip([true - low, high - true], 0, None)
            self.errorbars_.append(
                ax.errorbar(predicted, true, bars, **styled(shown, kwargs, Line2D))
            )
        limits = _limits(np.concatenate(values))
        ax.set(xlim=limits, ylim=limits)
        ax.set_aspect("equal", adjustable="box")
        self._name_axes()
        ax.legend(**legend)
        return self

    def _name_axes(self):
        """Write what the two axes are."""
        if self.pos_label is None:
            self.ax_.set_xlabel("mean confidence in the predicted label")
            self.ax_.set_ylabel("share of rows where it is right")
        else:
            label = short(show(self.pos_label), _LABEL)
            self.ax_.set_xlabel(f"mean predicted probability of {label}")
            self.ax_.set_ylabel(f"share of rows with label {label}")
        plain([self.ax_.xaxis.label, self.ax_.yaxis.label])


def _interval(share, n_rows):
    """Give the ends of the two-sided interval of a share."""
    one_sided = (1 + _CONFIDENCE) / 2
    return (
        clopper_pearson_lower(share * n_rows, n_rows, one_sided),
        clopper_pearson_upper(share * n_rows, n_rows, one_sided),
    )


def _limits(values):
    """Give the part of [0, 1] that has all values in it, with room around them."""
    low, high = values.min(), values.max()
    if high - low > _WIDE:
        low, high = 0, 1
    room = 0.04 * max(high - low, 0.02)
    return low - room, high + room
