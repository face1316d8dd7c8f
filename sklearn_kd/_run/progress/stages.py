"""Stages of a fit, each with steps, for whoever looks on: lines and callbacks."""

from contextlib import contextmanager
from dataclasses import dataclass, field

from sklearn_kd._run.progress.callbacks import CallbackSupportMixin, Task
from sklearn_kd._run.progress.screen import Screen


class ProgressMixin(CallbackSupportMixin):
    """Makes an estimator tell how far its ``fit`` is, by :func:`progress_of`.

    From scikit-learn 1.9 on it has ``set_callbacks``.
    """

    #: The screen of the fit that this one is a part of, while it is.
    _reports_to = None


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a fit is: what is handed on to all its parts.

    Parameters
    ----------
    screen : Screen
        Prints lines.
    task : Task or None, default=None
        What callbacks see; None where there are none, and on workers.
    """

    screen: Screen = field(default_factory=Screen)
    task: Task | None = None

    def __reduce__(self):
        return Progress, (self.screen,)

    def note(self, message):
        """Print a fact."""
        self.screen.note(message)

    @contextmanager
    def stage(self, name, total=1, *, unit="rows", step="chunk", n_steps=0):
        """Go through a stage.

        Parameters
        ----------
        name : str
            What it is called.
        total : int, default=1
            How many there are to do.
        unit : str, default="rows"
            What these are.
        step : str, default="chunk"
            What a step is called.
        n_steps : int or None, default=0
            How often :meth:`Stage.advance` will be called, at most; 0 where it is not,
            and None where that is not known. One step alone is none to callbacks.

        Yields
        ------
        Stage
            Begun. It has ended behind it, except for callbacks after an error.
        """
        task = None
        if self.task is not None:
            task = self.task.begin(name, 0 if n_steps == 1 else n_steps)
        shown = self.screen.open(name, total, unit) if n_steps != 0 else None
        stage = Stage(step, shown, task)
        try:
            yield stage
        finally:
            if shown is not None:
                shown.close(stage.done)
        if task is not None:
            task.end()

    @contextmanager
    def steps(self, name, total, *, unit, step):
        """Go through the only stage of a fit: its steps are those of the fit itself.

        Parameters and yields are those of :meth:`stage`.
        """
        shown = self.screen.open(name, total, unit)
        stage = Stage(step, shown, self.task)
        try:
            yield stage
        finally:
            if shown is not None:
                shown.close(stage.done)

    @contextmanager
    def handed_to(self, estimator, name):
        """Let the fit of another estimator be a stage.

        Parameters
        ----------
        estimator : estimator
            To be fitted inside. If its class is a :class:`ProgressMixin`, it prints on
            this screen.
        name : str
            Of the stage.
        """
        prints = isinstance(estimator, ProgressMixin)
        if prints:
            estimator._reports_to = self.screen
        try:
            if self.task is None:
                yield
            else:
                with self.task.handed_to(estimator, name):
                    yield
        finally:
            if prints:
                del estimator._reports_to


class Stage:
    """A stage that has begun.

    Parameters
    ----------
    name : str
        Of a step.
    shown : object or None
        From :meth:`Screen.open`.
    task : Task or None
        What callbacks see.
    """

    def __init__(self, name, shown, task):
        self.name = name
        self.shown = shown
        self.task = task
        self.done = 0

    def advance(self, n=1):
        """Tell of a step with so much that is done; True where a callback stops it."""
        self.done += n
        if self.shown is not None:
            self.shown.update(self.done)
        return self.task is not None and self.task.step(self.name)


@contextmanager
def progress_of(estimator, X, y, *, prints=True, n_steps=None):
    """Tell how far the fit of an estimator is.

    Parameters
    ----------
    estimator : ProgressMixin
        With the parameter ``verbose``.
    X, y : object
        What it is fitted on.
    prints : bool, default=True
        Whether ``verbose`` stands for lines of stages; else it has lines of its own.
    n_steps : int or None, default=None
        Its stages, for callbacks; None where their number is not known.

    Yields
    ------
    Progress
        Where it is a part of another fit, and not verbose itself, lines are those of
        that one.
    """
    screen = estimator._reports_to
    if screen is None or estimator.verbose:
        verbose = estimator.verbose if prints else 0
        screen = Screen(type(estimator).__name__, verbose)
    task = Task.of_fit(estimator, n_steps, X, y)
    yield Progress(screen, task)
    if task is not None:
        # it is fitted: no attribute is left to be set
        task.end(X=X, y=y, reconstruction_attributes=dict)
