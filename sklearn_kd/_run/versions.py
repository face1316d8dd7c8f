"""What objects write into files: their version, and for skops nothing but data.

skops takes the state of an object and keeps it as data; pickles and copies ask for a
state by ``__reduce_ex__``, which skops never calls. That tells which of the two reads.
"""

import warnings
from contextvars import ContextVar

from sklearn.exceptions import InconsistentVersionWarning

from sklearn_kd import __version__
from sklearn_kd._messages import printable, with_message
from sklearn_kd._tables.frames import is_frame, is_series

_KEY = "_sklearn_kd_version"

#: Whether a pickle or a copy asks for a state, in this thread.
_reduced = ContextVar("_reduced", default=False)

#: Earlier versions whose files this one loads, with the same predictions, and those
#: whose files it refuses, with the reason. `tests/kept` has files of all of them.
LOADED = ()
REFUSED = {}


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
        return self.telling(
            f", and is loaded by sklearn_kd {__version__}: its results may be wrong, "
            "or it may fail."
        )

    def telling(self, what):
        """Say who saved the object, what is the matter with it, and what to do."""
        by, fix = "an older sklearn_kd, which kept no version in it", ""
        if self.original is not None:
            by = f"sklearn_kd {self.original}"
            fix = f", or load it with sklearn-kd=={self.original}"
        return f"This {self.estimator_name} was saved by {by}{what} Fit it again{fix}."

    def error(self, error):
        """Make the error of a state that this version cannot read."""
        if isinstance(error, KeyError):
            error = ValueError(f"it has no {error}")
        reason = printable(error).rstrip(".")
        why = f", and sklearn_kd {__version__} cannot load it: {reason}."
        return with_message(error, self.telling(why))


class VersionedMixin:
    """Write the version into the state of an object, and compare it when it is loaded.

    It stands first among the bases, so that the warning comes before any error that a
    state of another version makes. A class that has to change its state overrides
    ``_pack``, ``_as_data`` where skops could not keep what is in it, and ``_unpack``.
    """

    def __reduce_ex__(self, protocol):
        before = _reduced.set(True)
        try:
            return super().__reduce_ex__(protocol)
        finally:
            _reduced.reset(before)

    def __getstate__(self):
        state = self._pack(dict(super().__getstate__() or {}))
        if not _reduced.get():
            state = self._as_data(state)
            refuse_tables(self, state)
        return state | {_KEY: __version__}

    def _pack(self, state):
        """Leave out of a state what is made again, and what is private."""
        return state

    def _as_data(self, state):
        """Exchange what skops cannot keep, or would keep as a pickle."""
        return state

    def __setstate__(self, state):
        state = dict(state)
        original = state.pop(_KEY, None)
        # a subclass of the user's may make a state of its own, without the version
        own = type(self).__module__.startswith("sklearn_kd.")
        if original == __version__ or not (own or original is not None):
            return self._load(state)
        other = _OtherVersion(type(self).__name__, original)
        if original in REFUSED:
            raise other.error(ValueError(REFUSED[original]))
        if original not in LOADED:
            warnings.warn(other, stacklevel=2)
        try:
            self._load(state)
        except Exception as error:
            raise other.error(error) from error

    def _load(self, state):
        """Take a state over, and make of it what was packed."""
        if hasattr(super(), "__setstate__"):
            super().__setstate__(state)
        else:
            vars(self).update(state)
        self._unpack()

    def _unpack(self):
        """Undo ``_pack`` and ``_as_data``."""


def refuse_tables(owner, state):
    """Refuse a state with a frame in it, which skops fails to keep.

    Parameters
    ----------
    owner : object
        Whose state it is.
    state : object
        Looked through as far as it consists of dicts, lists and tuples.

    Raises
    ------
    TypeError
        With what to do instead.
    """
    pending = [state]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, (list, tuple)):
            pending.extend(value)
        elif is_frame(value) or is_series(value):
            raise TypeError(
                f"This {type(owner).__name__} holds rows as a {type(value).__name__} "
                f"of {type(value).__module__.partition('.')[0]}, which skops does not "
                "keep. Write it by joblib.dump, or fit it on an array."
            )
