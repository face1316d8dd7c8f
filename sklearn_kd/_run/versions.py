"""The version of the package in its pickles, and a warning where that is another."""

import warnings

from sklearn.exceptions import InconsistentVersionWarning

from sklearn_kd import __version__

_KEY = "_sklearn_kd_version"


class _OtherVersion(InconsistentVersionWarning):
    """scikit-learn's warning, in the words and with the versions of this package."""

    def __init__(self, name, original):
        super().__init__(
            estimator_name=name,
            current_sklearn_version=__version__,
            original_sklearn_version=original or "unknown",
        )
        self.original = original

    def __str__(self):
        by, fix = "an older sklearn_kd, which kept no version in it", ""
        if self.original is not None:
            by = f"sklearn_kd {self.original}"
            fix = f", or load it with sklearn-kd=={self.original}"
        return (
            f"This {self.estimator_name} was pickled by {by}, and is loaded by "
            f"sklearn_kd {__version__}: its results may be wrong, or it may fail. Fit "
            f"it again{fix}."
        )


class VersionedMixin:
    """Write the version into the state of an object, and compare it when it is loaded.

    It stands first among the bases, so that the warning comes before any error that a
    state of another version makes.
    """

    def __getstate__(self):
        return {**(super().__getstate__() or {}), _KEY: __version__}

    def __setstate__(self, state):
        state = dict(state)
        original = state.pop(_KEY, None)
        # a subclass of the user's may make a state of its own, without the version
        own = type(self).__module__.startswith("sklearn_kd.")
        if original != __version__ and (own or original is not None):
            warnings.warn(_OtherVersion(type(self).__name__, original), stacklevel=2)
        if hasattr(super(), "__setstate__"):
            super().__setstate__(state)
        else:
            vars(self).update(state)
