"""What the whole teacher stage shares: cache, number of jobs, progress."""

import os
from dataclasses import dataclass, field

from sklearn.utils.validation import check_memory

from sklearn_kd._deadline import Deadline


@dataclass(frozen=True)
class Context:
    """Cache, number of jobs and progress of one ``fit``.

    Parameters
    ----------
    memory : str, path-like, joblib.Memory or None
        Where finished fits and labels are kept.
    n_jobs : int or None
        For folds and chunks of rows.
    verbose : int
        Above 0, a line for each piece of work that is finished.
    seed : int or None
        Where teachers without ``random_state`` start to draw; None is anywhere, and
        then no part of what the cache knows a fit by.
    deadline : Deadline
        Stands still while a teacher is fitted.
    """

    memory: object = None
    n_jobs: int | None = None
    verbose: int = 0
    seed: int | None = None
    deadline: Deadline = field(default_factory=Deadline)

    @property
    def caches(self):
        """Whether anything is kept."""
        return self.memory is not None

    def cache(self, function, ignore=()):
        """Give a function that remembers its results, where there is a memory."""
        if self.memory is None:
            return function
        memory = self.memory
        if isinstance(memory, os.PathLike):
            memory = os.fspath(memory)
        return check_memory(memory).cache(function, ignore=list(ignore))

    def report(self, message):
        """Print a line of progress."""
        if self.verbose:
            print(f"[DistilledClassifier] {message}", flush=True)
