"""What ``memory=`` keeps: results of calls, behind a checksum.

Every argument of a call is part of its key: there is no way to leave one out.
"""

import hashlib
import os
import pickle
import tempfile

import joblib
from sklearn.utils.validation import check_memory as open_memory

from sklearn_kd._messages import printable, show, warn
from sklearn_kd.teachers.cache._key import Keyed, key_of_call
from sklearn_kd.teachers.cache._turn import turn_for


def check_memory(memory):
    """Refuse a folder that cannot be one.

    Parameters
    ----------
    memory : str, path-like, joblib.Memory or None
        As the user passed it.

    Raises
    ------
    TypeError
        For a class in place of an instance.
    ValueError
        For an empty name, which would be a folder ``joblib`` in the current one, for a
        name that no folder can have, for the name of a file, and for a folder below
        one.
    """
    if isinstance(memory, type):
        raise TypeError(
            f"memory is the class {memory.__name__}: pass an instance, such as "
            'joblib.Memory("folder"), or the name of a folder.'
        )
    location = memory
    if isinstance(memory, joblib.Memory) and memory.backend == "local":
        location = memory.location
    if not isinstance(location, (str, os.PathLike)):
        return
    folder = os.path.expanduser(os.fsdecode(location))
    name = f"memory={_name(memory)}"
    instead = "to keep results in, or None to keep nothing."
    if not folder.strip():
        raise ValueError(
            f'{name} names no folder: pass "." for the current folder, or the name of '
            f"another {instead}"
        )
    try:
        os.stat(folder)
    except OSError:  # it may still be made
        pass
    except ValueError as error:  # a NUL byte, or half of a character
        raise ValueError(
            f"{name} can be no folder ({printable(error)}): pass the name of one "
            f"{instead}"
        ) from error
    existing = os.path.abspath(folder)
    while not os.path.lexists(existing):
        existing = os.path.dirname(existing)
    if os.path.exists(existing) and not os.path.isdir(existing):
        where = (
            "" if os.path.exists(folder) else f"is below {printable(existing)}, which "
        )
        raise ValueError(
            f"{name} {where}is a file: pass the name of a folder {instead}"
        )


def usable_memory(memory):
    """Give a memory up whose folder cannot be created or written.

    Parameters
    ----------
    memory : str, path-like, joblib.Memory or None
        One that :func:`check_memory` lets pass.

    Returns
    -------
    str, path-like, joblib.Memory or None
        The same object, or None.

    Warns
    -----
    UserWarning
        Once, where nothing can be kept.
    """
    if not isinstance(memory, (str, os.PathLike, joblib.Memory)):
        return memory
    try:
        opened = _opened(memory)
        if opened.backend == "local" and opened.location is not None:
            with tempfile.TemporaryFile(dir=opened.store_backend.location):
                pass
    except OSError as error:
        warn(
            f"Nothing is kept in memory={_name(memory)}, and every result is computed "
            f"each time: the folder cannot be created or written ({_describe(error)}). "
            "Pass a folder that you may write to, or None to keep nothing.",
        )
        return None
    return memory


def _opened(memory):
    """Make an object with ``cache`` of the name of a folder."""
    if isinstance(memory, os.PathLike):
        memory = os.fsdecode(memory)
    return open_memory(memory)


class Call:
    """A call whose result is kept, where there is a memory.

    Parameters
    ----------
    memory : str, path-like, joblib.Memory or None
        Keeps it; None keeps nothing.
    function : callable
        At the top of a module, without side effects.
    arguments : tuple
        Of the function; from a :class:`Keyed` it gets the value.

    Attributes
    ----------
    key : str or None
        Key of the call; None where nothing is kept.
    result_key : str or None
        After :meth:`result`, the key of the result itself: two fits of one teacher
        that draws at random have different ones. None where it is not kept.
    """

    def __init__(self, memory, function, arguments):
        self.memory = memory
        self.function = function
        self.values = [a.value if isinstance(a, Keyed) else a for a in arguments]
        self.key = self.result_key = self.value = None
        self.failed = self.done = False
        keyed = [a.key for a in arguments if isinstance(a, Keyed)]
        if memory is None or None in keyed:
            return
        try:
            self.key = key_of_call(function, arguments)
        except Exception as error:
            warn_not_kept(memory, error)

    def result(self):
        """Look the result up, or compute it and keep it.

        Warns
        -----
        UserWarning
            Where a result cannot be kept, and where a kept one is damaged, which is
            then computed again.
        """
        if self.key is None:
            return self._compute()
        cached = shelf = None
        try:
            cached = _opened(self.memory).cache(self._sealed())
            with turn_for(cached, self.key):
                shelf = _call(cached, self.key)
            return self.value if self.done else self._open(shelf)
        except Exception as error:
            if self.failed:
                raise
            reason = error
        if self.done:
            warn_not_kept(self.memory, reason)
            return self.value
        if cached is None or (shelf is None and isinstance(reason, OSError)):
            warn_not_kept(self.memory, reason)  # nothing was read that could be damaged
            return self._compute()
        warn(
            f"A result in memory={_name(self.memory)} is damaged or cannot be read "
            f"({_describe(reason)}): it is computed again, and kept again. Delete the "
            "folder if that comes back.",
        )
        try:
            _clear(cached, shelf, reason)
            _call(cached, self.key)
        except Exception:
            if self.failed:
                raise
        return self.value if self.done else self._compute()

    def _compute(self):
        try:
            self.value = self.function(*self.values)
        except BaseException:
            self.failed = True
            raise
        self.done = True
        return self.value

    def _sealed(self):
        """Give the function that a memory is to cache: from a key to bytes.

        It is another one for each call, since joblib writes the code of a function to
        one folder a process only, and computes anew what it finds without.
        """

        def kept(key):
            content = pickle.dumps(self._compute(), protocol=pickle.HIGHEST_PROTOCOL)
            checksum = _checksum(key, content)
            self.result_key = checksum.hex()
            return checksum, content

        return kept

    def _open(self, shelf):
        """Read what was kept; nothing is unpickled before its checksum is right."""
        checksum, content = shelf.get() if hasattr(shelf, "get") else shelf
        if checksum != _checksum(self.key, content):
            raise ValueError("its checksum is another")
        value = pickle.loads(content)
        self.result_key = checksum.hex()
        return value


def _call(cached, key):
    """Have a memory look a key up; joblib's gives what can be opened, and cleared."""
    return getattr(cached, "call_and_shelve", cached)(key)


def _clear(cached, shelf, reason):
    """Make place for a result that is computed again."""
    if hasattr(shelf, "clear"):
        shelf.clear()
    elif hasattr(cached, "clear") and not isinstance(reason, OSError):
        # joblib does so itself where it can read its own notes, and finds other ones
        cached.clear(warn=False)


def _checksum(key, content):
    checksum = hashlib.sha256(key.encode())  # so that files cannot change places
    checksum.update(content)
    return checksum.digest()


def keeps(memory):
    """Return whether a memory keeps anything."""
    nowhere = isinstance(memory, joblib.Memory) and memory.location is None
    return memory is not None and not nowhere


def warn_not_kept(memory, reason):
    """Warn that something is computed each time."""
    fix = (
        "Define classes and functions at the top of a module; a fitted teacher may "
        "have an attribute cache_key instead, a string that names its version."
    )
    if isinstance(reason, OSError):
        fix = "Make room for it, or pass another folder."
    warn(
        f"A result is not kept in memory={_name(memory)}, and computed each time, "
        f"since it or its input cannot be pickled or written ({_describe(reason)}). "
        f"{fix}",
    )


def _name(memory):
    return show(getattr(memory, "location", memory))


def _describe(error):
    return f"{type(error).__name__}: {printable(str(error).strip()[:200])}"
