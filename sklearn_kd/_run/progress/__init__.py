"""Progress of a fit: lines, bars of tqdm, and scikit-learn's callbacks.

A fit has one :class:`Progress`, which is handed on as a value. It has stages, and these
have steps: the chunks of rows that are labelled, folds, epochs.
"""

from sklearn_kd._run.progress.callbacks import CallbackSupportMixin
from sklearn_kd._run.progress.screen import Pace, Screen
from sklearn_kd._run.progress.stages import Progress, ProgressMixin, progress_of

__all__ = [
    "CallbackSupportMixin",
    "Pace",
    "Progress",
    "ProgressMixin",
    "Screen",
    "progress_of",
]
