"""What the candidates of a search score, over what they cost."""

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd.inspection._writing.numbers import (
    format_seconds,
    format_size,
    format_tick,
)
from sklearn_kd.inspection.displays._candidates import read_candidates
from sklearn_kd.inspection.displays._drawing import (
    axes_for,
    check_matplotlib,
    palette,
    styled,
    text_color,
    wants_log,
)

#: How costs are written.
_WRITE = {
    "bytes": lambda value: format_size(round(value)),
    "seconds": format_seconds,
    None: "{:.4g}".format,
}

#: Up to so many candidates all have error bars.
_BARS = 40


class TradeOffDisplay:
    """Scores of the candidates of a search over their costs, such as their sizes.

    Make one with :meth:`from_estimator`. All parameters are stored as attributes.

    Parameters
    ----------
    score, cost : array-like of shape (n_candidates,)
        Of each candidate: a score, of which greater is better, and a cost, of which
        less is. A candidate that failed has NaN, and is left out.
    score_std, cost_std : array-like of shape (n_candidates,), default=None
        Their standard deviations over folds.
    best_index : int, default=None
        The candidate that was chosen.
    score_name, cost_name : str, default="score" and "cost"
        What the axes are called.
    cost_unit : {"bytes", "seconds"}, default=None
        What the cost is measured in.

    Attributes
    ----------
    candidates_ : matplotlib PathCollection
        All candidates that did not fail.
    front_ : matplotlib Line2D
        The Pareto front: the candidates that no other beats in score and cost.
    best_ : matplotlib PathCollection or None
        The chosen one.
    errorbars_ : list of matplotlib ErrorbarContainer
        Standard deviations: of up to 40 candidates all, else those of the front and of
        the chosen one.
    ax_ : matplotlib Axes
        The axes that were drawn in.
    figure_ : matplotlib Figure
        The figure that they are in.

    See Also
    --------
    size_scorer : Has a search keep the size of each candidate.
    latency_scorer : Has it keep the time that a prediction takes.

    Notes
    -----
    .. versionadded:: 0.1

    The axis of costs is logarithmic where the largest is 20 times the smallest or more.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from sklearn_kd.inspection import TradeOffDisplay, size_scorer
    >>> search = GridSearchCV(
    ...     DecisionTreeClassifier(random_state=0),
    ...     {"max_depth": [1, 2, 3, 4]},
    ...     scoring={"accuracy": "accuracy", "size": size_scorer()},
    ...     refit="accuracy",
    ... ).fit(*load_iris(return_X_y=True))
    >>> display = TradeOffDisplay.from_estimator(search)
    >>> display.ax_.get_xlabel(), display.ax_.get_ylabel()
    ('pickled size', 'accuracy')
    """

    def __init__(
        self,
        score,
        cost,
        *,
        score_std=None,
        cost_std=None,
        best_index=None,
        score_name="score",
        cost_name="cost",
        cost_unit=None,
    ):
        self.score = score
        self.cost = cost
        self.score_std = score_std
        self.cost_std = cost_std
        self.best_index = best_index
        self.score_name = score_name
        self.cost_name = cost_name
        self.cost_unit = cost_unit

    @classmethod
    def from_estimator(cls, search, *, score=None, cost=None, **kwargs):
        """Plot the candidates of a fitted search.

        Parameters
        ----------
        search : estimator
            Fitted, with ``cv_results_``, such as a
            :class:`~sklearn.model_selection.GridSearchCV`.
        score : str, default=None
            A name in ``scoring`` of the search; ``"score"`` where it has no names.
            None is the one that ``refit`` names, or the only one.
        cost : str, default=None
            Likewise, or ``"fit_time"`` or ``"score_time"``. None is the first scorer by
            :func:`size_scorer` or :func:`latency_scorer`, and without one
            ``"score_time"``: seconds in which a fold is scored. A cost of a scorer is
            negative in ``cv_results_``, and drawn as a positive number.
        **kwargs : dict
            Passed on to :meth:`plot`.

        Returns
        -------
        TradeOffDisplay
            With the picture. Of successive halving it has the candidates of the last
            iteration; the others were scored on fewer rows.

        Raises
        ------
        ImportError
            Without matplotlib.
        TypeError
            For what is no fitted search.
        ValueError
            For a measure that the search lacks, where it has several scores and
            ``refit`` names none, and where all candidates failed.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        found = read_candidates(search, score, cost)
        return cls(
            found.score.mean,
            found.cost.mean,
            score_std=found.score.std,
            cost_std=found.cost.std,
            best_index=found.best_index,
            score_name=found.score.name.replace("_", " "),
            cost_name=found.cost.name,
            cost_unit=found.cost.unit,
        ).plot(**kwargs)

    def plot(self, *, ax=None, **kwargs):
        """Draw the candidates.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None is a new figure.
        **kwargs : dict
            Keywords for :meth:`matplotlib.axes.Axes.scatter` of the candidates.

        Returns
        -------
        TradeOffDisplay
            The same object.

        Raises
        ------
        ImportError
            Without matplotlib.
        ValueError
            For arrays of different shapes, a `best_index` or a `cost_unit` that there
            is not, and where all candidates failed.
        """
        score, cost, stds, valid = self._check()
        ax = axes_for(ax, f"{type(self).__name__}.plot")
        from matplotlib.collections import PathCollection

        self.ax_, self.figure_, colors = ax, ax.figure, palette(ax)
        if wants_log(cost[valid]):
            ax.set_xscale("log")
        n_valid, n_failed = valid.sum(), (~valid).sum()
        label = f"{n_valid} candidates" if n_valid != 1 else "1 candidate"
        if n_failed:
            label += f" ({n_failed} failed)"
        look = {
            "color": colors["student"],
            "alpha": 0.8 if n_valid <= _BARS else 0.4,
            "s": 25,
            "label": label,
        }
        if "c" in kwargs:
            del look["color"]
        self.candidates_ = ax.scatter(
            cost[valid], score[valid], **styled(look, kwargs, PathCollection)
        )
        front = _front(score, cost, valid)
        (self.front_,) = ax.plot(
            cost[front],
            score[front],
            color=colors["other"],
            drawstyle="steps-post",
            marker="o",
            markersize=5,
            label="Pareto front",
        )
        self._mark_best(score, cost)
        with_bars = valid.copy()
        if n_valid > _BARS:
            with_bars[:] = False
            with_bars[front] = True
            if self.best_ is not None:
                with_bars[self.best_index] = True
        self._draw_bars(score, cost, stds, with_bars)
        self._set_axes()
        ax.legend(loc="best")
        return self

    def _check(self):
        """Give scores, costs, their deviations, and which candidates did not fail."""
        score, cost = (np.asarray(one, dtype=float) for one in (self.score, self.cost))
        stds = {
            name: np.asarray(getattr(self, name), dtype=float)
            for name in ("score_std", "cost_std")
            if getattr(self, name) is not None
        }
        for name, values in {"cost": cost, **stds}.items():
            if score.ndim != 1 or values.shape != score.shape:
                raise ValueError(
                    f"score has shape {score.shape} and {name} {values.shape}, "
                    "expected one number a candidate in both."
                )
        if self.cost_unit not in _WRITE:
            raise ValueError(
                f'cost_unit must be "bytes", "seconds" or None, got '
                f"{show(self.cost_unit)}."
            )
        if self.best_index is not None and not 0 <= self.best_index < len(score):
            raise ValueError(
                f"best_index must be from 0 to {len(score) - 1}, got "
                f"{show(self.best_index)}."
            )
        valid = np.isfinite(score) & np.isfinite(cost)
        if not valid.any():
            raise ValueError(
                f"All of the {len(score)} candidates failed: there is none with a "
                'score and a cost. error_score="raise" of a search shows why.'
            )
        return score, cost, stds, valid

    def _mark_best(self, score, cost):
        """Draw the chosen candidate over all others, with its numbers in the legend."""
        self.best_, at = None, self.best_index
        if at is None or not np.isfinite([score[at], cost[at]]).all():
            return
        numbers = f"{score[at]:.4g}, {_WRITE[self.cost_unit](cost[at])}"
        self.best_ = self.ax_.scatter(
            cost[at],
            score[at],
            s=240,
            marker="*",
            color=palette(self.ax_)["teacher"],
            edgecolors=text_color(),
            zorder=4,
            label=f"chosen: {numbers}",
        )

    def _draw_bars(self, score, cost, stds, which):
        """Draw standard deviations over folds, paler than the points."""
        self.errorbars_ = []
        if not stds:
            return
        sides = {}
        if "score_std" in stds:
            sides["yerr"] = stds["score_std"][which]
        if "cost_std" in stds:  # a logarithmic axis ends above 0
            below = np.minimum(stds["cost_std"], 0.9 * np.abs(cost))[which]
            sides["xerr"] = [below, stds["cost_std"][which]]
        look = {"fmt": "none", "elinewidth": 0.8, "zorder": 1}
        look |= {"ecolor": text_color(), "alpha": 0.35}
        self.errorbars_.append(
            self.ax_.errorbar(cost[which], score[which], **sides, **look)
        )

    def _set_axes(self):
        """Name the axes, and write the ticks of costs with their unit."""
        from matplotlib.ticker import (
            FuncFormatter,
            LogLocator,
            MaxNLocator,
            NullFormatter,
        )

        ax, write = self.ax_, _WRITE[self.cost_unit]
        suffix = " (log scale)" if ax.get_xscale() == "log" else ""
        ax.set(xlabel=f"{self.cost_name}{suffix}", ylabel=self.score_name)
        low, high = ax.get_xlim()
        if not suffix:
            ax.xaxis.set_major_locator(MaxNLocator(6))
        elif high < 1e3 * low:
            ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.xaxis.set_minor_formatter(NullFormatter())
        if self.cost_unit is not None:
            ax.xaxis.set_major_formatter(
                FuncFormatter(lambda value, _: format_tick(write(value)))
            )


def _front(score, cost, valid):
    """Give the places of candidates that no other beats, by increasing cost."""
    front, best = [], -np.inf
    for at in np.lexsort((-score, cost)):
        if valid[at] and score[at] > best:
            front.append(at)
            best = score[at]
    return np.array(front)
