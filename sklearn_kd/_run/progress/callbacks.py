"""scikit-learn's callbacks, whose interface is experimental: all of it is used here.

They came with version 1.9. Before it no estimator has any, and nothing here is called.
"""

from contextlib import contextmanager, nullcontext

from sklearn_kd._compat import own_callbacks, takes_callbacks

try:
    from sklearn.callback import AutoPropagatedCallback, CallbackSupportMixin
except ImportError:  # before scikit-learn 1.9

    class CallbackSupportMixin:
        """Stands for what that version lacks."""


class Task:
    """A task of a fit, as callbacks see it: a node of their tree.

    Parameters
    ----------
    estimator : estimator
        What is being fitted.
    context : sklearn.callback.CallbackContext
        Of the task.
    """

    def __init__(self, estimator, context):
        self.estimator = estimator
        self.context = context
        self.n_steps = 0

    @classmethod
    def of_fit(cls, estimator, n_steps, X, y):
        """Begin the task of a whole fit; None where nobody looks on.

        Parameters
        ----------
        estimator : estimator
            Of a class with :class:`CallbackSupportMixin`. Its ``fit`` has the decorator
            of scikit-learn, which ends callbacks whatever happens.
        n_steps : int or None
            The most steps that it may have; None where that is not known.
        X, y : object
            What it is fitted on.

        Returns
        -------
        Task or None
            Begun.
        """
        if not takes_callbacks(estimator):
            return None
        context = estimator._init_callback_context(max_subtasks=n_steps)
        context.call_on_fit_task_begin(estimator=estimator, X=X, y=y)
        return cls(estimator, context)

    def begin(self, name, n_steps=0):
        """Begin a task that is a part of this one; 0 steps are none."""
        context = self.context.subcontext(task_name=name, max_subtasks=n_steps)
        context.call_on_fit_task_begin(estimator=self.estimator)
        return Task(self.estimator, context)

    def step(self, name):
        """Tell of a step that is done; return whether a callback wants to stop."""
        most = self.context.max_subtasks
        if most is not None and self.n_steps >= most:
            return False
        self.n_steps += 1
        return self.begin(name).end()

    def end(self, **given):
        """End it; return whether a callback wants to stop what it is a step of."""
        return self.context.call_on_fit_task_end(estimator=self.estimator, **given)

    @contextmanager
    def handed_to(self, estimator, name):
        """Let the fit of another estimator be a part: its own tasks are below.

        One that takes no callbacks is left alone, and so is one with callbacks of its
        own that want to be the outermost.
        """
        context = self.context.subcontext(task_name=name)
        alone = not hasattr(estimator, "set_callbacks") or any(
            isinstance(one, AutoPropagatedCallback) for one in own_callbacks(estimator)
        )
        handed = context.propagate_callback_context(estimator)
        with nullcontext() if alone else handed:
            context.call_on_fit_task_begin(estimator=self.estimator)
            yield
        context.call_on_fit_task_end(estimator=self.estimator)
