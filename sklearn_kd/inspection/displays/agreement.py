"""Which labels of the teacher become which of the student."""

import numpy as np

from sklearn_kd._messages import printable, show
from sklearn_kd._tables.containers import as_column
from sklearn_kd._tables.weights import check_weight
from sklearn_kd.inspection.displays._cells import (
    CHARACTER,
    LINE,
    SMALLEST,
    cell_size,
    color_scale,
    contrast,
    default_cmap,
    set_ticks,
    write_count,
    write_share,
)
from sklearn_kd.inspection.displays._drawing import (
    axes_for,
    check_matplotlib,
    styled,
    text_color,
)
from sklearn_kd.inspection.displays._two_classifiers import predict_both
from sklearn_kd.metrics._agreement import read_predicted, share_equal
from sklearn_kd.metrics._bounds import clopper_pearson_lower, effective_rows
from sklearn_kd.metrics._models import predicted_labels

#: How sure the lower bound in the title is.
_CONFIDENCE = 0.95

#: Inches that a class takes in a new figure where there are many, and most of them all.
_INCHES, _MOST_INCHES = 0.26, 12


class AgreementDisplay:
    """Matrix of the labels of a teacher against those of its student.

    Make one with :meth:`from_estimator` or :meth:`from_predictions`. All parameters are
    stored as attributes.

    Parameters
    ----------
    matrix : ndarray of shape (n_classes, n_classes)
        How many rows, or which weight of rows, have which label of the teacher (rows)
        and of the student (columns).
    display_labels : array-like of shape (n_classes,), default=None
        What the classes are called. None is 0 to ``n_classes - 1``.
    n_effective : float, default=None
        The number of rows of equal weight that say as much as the weighted rows do, for
        the lower bound. None is the sum of `matrix`.

    Attributes
    ----------
    im_ : matplotlib AxesImage
        The labels that differ, in colour. The scale is logarithmic where it has to be.
    diagonal_ : matplotlib AxesImage
        The labels that agree, in grey, so that they leave the colours to the others.
    text_ : ndarray of shape (n_classes, n_classes), dtype=object, or None
        The numbers in the cells, None for each that is 0. None where they do not fit.
    ax_ : matplotlib Axes
        The axes that were drawn in.
    figure_ : matplotlib Figure
        The figure that they are in.

    See Also
    --------
    sklearn_kd.metrics.agreement_score : The share on the diagonal.
    sklearn.metrics.ConfusionMatrixDisplay : Compares with the true labels.

    Notes
    -----
    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_kd.inspection import AgreementDisplay
    >>> display = AgreementDisplay(
    ...     np.array([[90, 2], [1, 7]]), display_labels=["a", "b"]
    ... )
    >>> display.plot().ax_.get_title()
    'agreement 0.9700, at least 0.9244 (95 % confidence)'
    """

    def __init__(self, matrix, *, display_labels=None, n_effective=None):
        self.matrix = matrix
        self.display_labels = display_labels
        self.n_effective = n_effective

    @classmethod
    def from_estimator(cls, estimator, X, *, sample_weight=None, **kwargs):
        """Predict labels with the teacher and the student of an estimator, and plot.

        Parameters
        ----------
        estimator : DistilledClassifier
            Fitted, or a pipeline or a search around one.
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows that neither was fitted on.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights.
        **kwargs : dict
            Passed on to :meth:`from_predictions`.

        Returns
        -------
        AgreementDisplay
            With the picture.

        Raises
        ------
        ImportError
            Without matplotlib.
        TypeError
            For a regressor, and for what has no teacher.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        sides = predict_both(
            predicted_labels,
            estimator,
            X,
            ", and AgreementDisplay compares labels. Take sklearn.metrics."
            "PredictionErrorDisplay.from_predictions(teacher.predict(X), "
            "y_pred=student.predict(X)).",
        )
        return cls.from_predictions(*sides, sample_weight=sample_weight, **kwargs)

    @classmethod
    def from_predictions(
        cls, y_teacher, y_student, *, display_labels=None, sample_weight=None, **kwargs
    ):
        """Plot labels that were predicted.

        Parameters
        ----------
        y_teacher, y_student : array-like of shape (n_samples,)
            Predicted labels of the same rows.
        display_labels : array-like of shape (n_classes,), default=None
            What the labels that occur are called, in their sorted order. None is the
            labels themselves.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights.
        **kwargs : dict
            Passed on to :meth:`plot`.

        Returns
        -------
        AgreementDisplay
            With the picture.

        Raises
        ------
        ImportError
            Without matplotlib.
        TypeError, ValueError
            As by :func:`~sklearn_kd.metrics.agreement_score`, and for labels that
            cannot be sorted.

        Examples
        --------
        >>> from sklearn_kd.inspection import AgreementDisplay
        >>> display = AgreementDisplay.from_predictions(
        ...     ["cat", "cat", "dog", "dog"], ["cat", "dog", "dog", "dog"]
        ... )
        >>> display.matrix
        array([[1, 1],
               [0, 2]])
        """
        check_matplotlib(f"{cls.__name__}.from_predictions")
        share_equal(sample_weight, y_teacher=y_teacher, y_student=y_student)
        codes, labels = _encode(
            read_predicted("y_teacher", y_teacher),
            read_predicted("y_student", y_student),
        )
        weights = None
        if sample_weight is not None:
            weights = check_weight(as_column(sample_weight, "sample_weight"), codes[0])
        cells = codes[0] * len(labels) + codes[1]
        matrix = np.bincount(cells, weights, minlength=len(labels) ** 2)
        return cls(
            matrix.reshape(len(labels), -1),
            display_labels=labels if display_labels is None else display_labels,
            n_effective=None if weights is None else effective_rows(weights),
        ).plot(**kwargs)

    def plot(
        self,
        *,
        normalize=None,
        include_values=None,
        values_format=None,
        xticks_rotation=None,
        cmap=None,
        colorbar=True,
        im_kw=None,
        text_kw=None,
        ax=None,
    ):
        """Draw the matrix.

        Parameters
        ----------
        normalize : {"teacher", None}, default=None
            "teacher" divides by the rows to which the teacher gives the label, so that
            a rare class is seen as well as a common one. None draws the counts.
        include_values : bool, default=None
            Whether the numbers are written into the cells. None writes them where they
            fit. A cell of 0 is left empty.
        values_format : str, default=None
            How numbers are written, as for :func:`format`.
        xticks_rotation : {"horizontal", "vertical"} or float, default=None
            Of the labels below. None turns them where they do not fit.
        cmap : str or matplotlib Colormap, default=None
            Of the labels that differ. None is a shade of orange that stands out more
            the larger the number, on a light background as on a dark one.
        colorbar : bool, default=True
            Whether a bar explains the colours.
        im_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.imshow` of the labels that differ.
        text_kw : dict, default=None
            Keywords for :meth:`matplotlib.axes.Axes.text` of the numbers.
        ax : matplotlib Axes, default=None
            Where to draw; None is a new figure.

        Returns
        -------
        AgreementDisplay
            The same object.

        Raises
        ------
        ImportError
            Without matplotlib.
        ValueError
            For a matrix that is not square, another number of labels, and an unknown
            `normalize`.
        """
        matrix, labels = self._check(normalize)
        n_classes = len(labels)
        inches = min(1.3 + _INCHES * n_classes, _MOST_INCHES)
        figsize = (inches + 1.4, inches) if inches > 4.8 else None
        ax = axes_for(ax, f"{type(self).__name__}.plot", figsize)
        values = matrix
        if normalize is not None:
            values = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1e-300)
        self.ax_, self.figure_ = ax, ax.figure
        self._draw_cells(values, cmap, im_kw or {})
        if colorbar and self.im_.get_array().count():
            title = "rows" if normalize is None else "share of the teacher's label"
            self.figure_.colorbar(
                self.im_, ax=ax, label=f"{title}, where labels differ"
            )
        ax.set(xlabel="label of the student", ylabel="label of the teacher")
        ax.set_title(self._title(matrix))
        cell = cell_size(ax, n_classes)
        set_ticks(ax, labels, cell, xticks_rotation)
        write = write_count if normalize is None else write_share
        if values_format is not None:
            write = f"{{:{values_format}}}".format
        self._write_cells(values, write, include_values, cell, text_kw or {})
        return self

    def _check(self, normalize):
        """Give the matrix and the labels; refuse what does not fit together."""
        if normalize not in ("teacher", None):
            raise ValueError(
                f'normalize must be "teacher" or None, got {show(normalize)}.'
            )
        matrix = np.asarray(self.matrix)
        if matrix.ndim != 2 or len(matrix) != matrix.shape[1] or not len(matrix):
            raise ValueError(
                "matrix must have a row and a column for each class, got shape "
                f"{matrix.shape}."
            )
        labels = self.display_labels
        labels = range(len(matrix)) if labels is None else list(labels)
        if len(labels) != len(matrix):
            raise ValueError(
                f"display_labels has {len(labels)} labels, expected one for each of "
                f"the {len(matrix)} classes of matrix."
            )
        return matrix, labels

    def _title(self, matrix):
        """Write the agreement and its lower bound."""
        total = matrix.sum()
        n_rows = total if self.n_effective is None else self.n_effective
        share = np.trace(matrix) / total if total else np.nan
        lower = clopper_pearson_lower(share * n_rows, n_rows, _CONFIDENCE)
        return (
            f"agreement {share:.4f}, at least {lower:.4f} "
            f"({_CONFIDENCE:.0%} confidence)".replace("%", " %")
        )

    def _draw_cells(self, values, cmap, im_kw):
        """Draw the labels that differ in colour, and those that agree in grey."""
        from matplotlib import colors, image

        diagonal = np.eye(len(values), dtype=bool)
        differ = np.ma.masked_where(diagonal | (values == 0), values)
        shown = {
            "cmap": default_cmap(self.ax_) if cmap is None else cmap,
            "norm": color_scale(differ),
            "interpolation": "nearest",
        }
        if im_kw.keys() & {"vmin", "vmax"}:
            del shown["norm"]
        self.im_ = self.ax_.imshow(differ, **styled(shown, im_kw, image.AxesImage))
        self.diagonal_ = self.ax_.imshow(
            np.ma.masked_where(~diagonal, values),
            cmap=colors.ListedColormap(["gray"]),
            alpha=0.3,
            interpolation="nearest",
        )
        self.ax_.set_ylim(len(values) - 0.5, -0.5)

    def _explain_colors(self, normalize):
        """Add a bar with the colours and the numbers that they stand for."""
        from matplotlib.ticker import MaxNLocator

        label, ticks = "share that differs", None
        if normalize is None:
            label = "rows that differ"
            if self.im_.norm.vmin == 0:
                ticks = MaxNLocator(6, integer=True, min_n_ticks=1)
        self.figure_.colorbar(self.im_, ax=self.ax_, label=label, ticks=ticks)

    def _write_cells(self, values, write, include_values, cell, text_kw):
        """Write numbers into the cells, as large as fits."""
        from matplotlib import text

        self.text_ = None
        texts = {at: write(values[at]) for at in zip(*np.nonzero(values), strict=True)}
        widest = max(map(len, texts.values()), default=1)
        size = min(cell / (widest * CHARACTER + 0.4), cell / LINE)
        if include_values is None:
            include_values = size >= SMALLEST
        if not include_values:
            return
        self.text_ = np.full(values.shape, None, dtype=object)
        normal = self.ax_.xaxis.label.get_fontsize()
        for (row, column), written in texts.items():
            color = text_color()
            if row != column:
                color = contrast(self.im_.cmap(self.im_.norm(values[row, column])))
            defaults = {
                "horizontalalignment": "center",
                "verticalalignment": "center",
                "color": color,
                "fontsize": min(normal, max(size, SMALLEST)),
            }
            keywords = styled(defaults, text_kw, text.Text)
            self.text_[row, column] = self.ax_.text(column, row, written, **keywords)


def _encode(*sides):
    """Give the codes of each side, and the labels that occur on any, sorted."""
    union = np.concatenate(sides)
    if union.dtype != object:
        labels, codes = np.unique(union, return_inverse=True)
        return np.split(codes, [len(sides[0])]), labels
    try:
        labels = sorted(set(union.tolist()))
    except TypeError as error:
        raise ValueError(
            f"The labels have types that do not compare, such as {show(union[0])}: "
            f"{printable(error)}."
        ) from error
    places = {label: code for code, label in enumerate(labels)}
    return [np.array([places[one] for one in side.tolist()]) for side in sides], labels
