"""The loss of a student by epoch."""

import numpy as np

from sklearn_kd.inspection.displays._curves import kept_curves
from sklearn_kd.inspection.displays._drawing import (
    axes_for,
    check_matplotlib,
    palette,
    styled,
    text_color,
    wants_log,
)

#: Up to so many epochs each has a point.
_POINTS = 30


class TrainingCurveDisplay:
    """Training loss and validation loss of a student by epoch.

    Make one with :meth:`from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    loss : array-like of shape (n_epochs,)
        Training loss of each epoch.
    validation_loss : array-like of shape (n_epochs,), default=None
        Validation loss after each epoch.
    learning_rate : array-like of shape (n_epochs,), default=None
        Learning rate of each epoch, drawn against an axis of its own on the right.
    best_epoch : int, default=None
        The epoch that is marked, from 1 on.

    Attributes
    ----------
    lines_ : list of matplotlib Line2D
        Training loss and, where there is one, validation loss.
    best_line_ : matplotlib Line2D or None
        Marks the best epoch.
    learning_rate_line_ : matplotlib Line2D or None
        The learning rate.
    ax_ : matplotlib Axes
        The axes that were drawn in.
    figure_ : matplotlib Figure
        The figure that they are in.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores by the number of rows.

    Notes
    -----
    .. versionadded:: 0.1

    The axis of losses is logarithmic where the largest is 20 times the smallest or
    more; ``display.ax_.set_yscale`` decides otherwise.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn_kd import MLPStudent
    >>> from sklearn_kd.inspection import TrainingCurveDisplay
    >>> X, y = load_wine(return_X_y=True)
    >>> student = MLPStudent((16,), max_iter=20, random_state=0).fit(X, y)
    >>> display = TrainingCurveDisplay.from_estimator(student)
    >>> [line.get_label() for line in display.lines_]
    ['training loss', 'validation loss']
    """

    def __init__(
        self, loss, *, validation_loss=None, learning_rate=None, best_epoch=None
    ):
        self.loss = loss
        self.validation_loss = validation_loss
        self.learning_rate = learning_rate
        self.best_epoch = best_epoch

    @classmethod
    def from_estimator(cls, estimator, **kwargs):
        """Plot what a fitted student has kept of its training.

        Parameters
        ----------
        estimator : estimator
            Fitted: an :class:`~sklearn_kd.MLPStudent`, a
            :class:`~sklearn_kd.SkorchStudent`, their twins for numbers, a network of
            scikit-learn or a skorch net; a distilled estimator with such a student; or
            a pipeline or a search around one of these.
        **kwargs : dict
            Passed on to :meth:`plot`.

        Returns
        -------
        TrainingCurveDisplay
            With the picture. The marked epoch is that of the lowest validation loss,
            or of the best validation score of a network of scikit-learn. After
            ``partial_fit`` it is a batch that has a loss.

        Raises
        ------
        ImportError
            Without matplotlib.
        NotFittedError
            Before ``fit``.
        TypeError
            For a student that has kept no loss, such as a tree.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        curves = kept_curves(estimator)
        return cls(
            curves.loss,
            validation_loss=curves.validation_loss,
            learning_rate=curves.learning_rate,
            best_epoch=curves.best_epoch,
        ).plot(**kwargs)

    def plot(self, *, ax=None, **kwargs):
        """Draw the losses by epoch.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None is a new figure.
        **kwargs : dict
            Keywords for :meth:`matplotlib.axes.Axes.plot` of the losses.

        Returns
        -------
        TrainingCurveDisplay
            The same object.

        Raises
        ------
        ImportError
            Without matplotlib.
        ValueError
            For a validation loss or learning rate of another number of epochs, and for
            a best epoch that is none of them.
        """
        curves = self._check()
        ax = axes_for(ax, f"{type(self).__name__}.plot")
        from matplotlib.lines import Line2D
        from matplotlib.ticker import MaxNLocator

        self.ax_, self.figure_, self.lines_ = ax, ax.figure, []
        epochs = np.arange(1, len(curves["loss"]) + 1)
        color = palette(ax)
        looks = {
            "loss": {"label": "training loss", "color": color["student"]},
            "validation_loss": {
                "label": "validation loss",
                "color": color["other"],
                "linestyle": "--",
            },
        }
        marker = "." if len(epochs) <= _POINTS else None
        for name, look in looks.items():
            if name in curves:
                look = styled(look | {"marker": marker}, kwargs, Line2D)
                self.lines_ += ax.plot(epochs, curves[name], **look)
        shown = np.concatenate([curves[name] for name in looks if name in curves])
        shown = shown[np.isfinite(shown)]
        if len(shown) and wants_log(shown):
            ax.set_yscale("log")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        ax.set(xlabel="epoch", ylabel="loss")
        handles = [*self.lines_, *self._mark_best(curves)]
        handles += self._draw_learning_rate(epochs, curves)
        ax.legend(handles=handles, loc="best")
        return self

    def _check(self):
        """Give the curves that there are as arrays; refuse what does not fit."""
        curves = {
            name: np.asarray(getattr(self, name), dtype=float)
            for name in ("loss", "validation_loss", "learning_rate")
            if getattr(self, name) is not None
        }
        n_epochs = curves["loss"].shape
        for name, curve in curves.items():
            if curve.ndim != 1 or curve.shape != n_epochs or not len(curve):
                raise ValueError(
                    f"{name} has shape {curve.shape}, expected one number an epoch, as "
                    f"many as loss of shape {n_epochs}."
                )
        if self.best_epoch is not None and not 1 <= self.best_epoch <= n_epochs[0]:
            raise ValueError(
                f"best_epoch must be from 1 to {n_epochs[0]}, got {self.best_epoch}."
            )
        return curves

    def _mark_best(self, curves):
        """Draw a line at the best epoch."""
        self.best_line_ = None
        if self.best_epoch is None:
            return []
        label = f"best epoch: {self.best_epoch}"
        if "validation_loss" in curves:
            label += f" (loss {curves['validation_loss'][self.best_epoch - 1]:.4g})"
        self.best_line_ = self.ax_.axvline(
            self.best_epoch, color=text_color(), linestyle=":", label=label
        )
        return [self.best_line_]

    def _draw_learning_rate(self, epochs, curves):
        """Draw the learning rate against an axis on the right."""
        self.learning_rate_line_ = None
        if "learning_rate" not in curves:
            return []
        rate = curves["learning_rate"]
        right = self.ax_.twinx()
        right.set_ylabel("learning rate")
        if wants_log(rate):
            right.set_yscale("log")
        look = {"color": palette(self.ax_)["teacher"], "linewidth": 1, "alpha": 0.7}
        (self.learning_rate_line_,) = right.plot(
            epochs, rate, "-.", label="learning rate", **look
        )
        return [self.learning_rate_line_]
