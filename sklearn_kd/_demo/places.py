"""Files that the demo writes, checked before the work."""

import os

from sklearn_kd._demo.error import DemoError
from sklearn_kd._run.files import part_of


def check_place(option, path, data):
    """Find out before the long work whether a file can be written after it.

    Parameters
    ----------
    option : str
        The option that names the file, for the message.
    path : str
        The file. What is there stays as it is.
    data : str or None
        The table that is read, which is not to be written over.

    Raises
    ------
    DemoError
        Where it cannot be written.
    """
    if not path:
        raise DemoError(f"{option} needs the name of a file, and got an empty one.")
    start = f"{option} {path} cannot be written"
    real = os.path.realpath(path)
    folder = os.path.dirname(real)
    if data is not None and _same(real, data):
        raise DemoError(f"{start}: it is the table to learn from. Name another file.")
    if os.path.isdir(real) or path.endswith(("/", os.sep)):
        raise DemoError(f"{start}: it is a folder. Name a file in it.")
    if not os.path.isdir(folder):
        raise DemoError(
            f"{start}: there is no folder {os.path.dirname(path) or folder}. Make it "
            "first, or name a file elsewhere."
        )
    if os.path.exists(real) and not os.path.isfile(real):
        raise DemoError(f"{start}: it is no regular file. Name another.")
    try:
        if os.path.lexists(real):
            with open(real, "ab"):
                pass
        else:
            _try_name(real)
        part = part_of(real)
        with open(part, "xb"):
            pass
        os.remove(part)
    except OSError as error:
        raise DemoError(f"{start}: {error.strerror}. Name a file elsewhere.") from error


def check_apart(option, path, other_option, other):
    """Refuse one file for two options."""
    if _same(os.path.realpath(path), other):
        raise DemoError(
            f"{option} and {other_option} are the same file, {other}. Name two files."
        )


def _try_name(real):
    """Raise OSError for a name that no file can have."""
    with open(real, "xb"):
        pass
    os.remove(real)


def _same(real, other):
    """Return whether two paths lead to one file, which need not exist."""
    if os.path.exists(real) and os.path.exists(other):
        return os.path.samefile(real, other)
    return real == os.path.realpath(other)
