"""Files that the demo writes: checked before the work, and written in one piece."""

import os
import secrets
import shutil
from contextlib import contextmanager
from pathlib import Path

from sklearn_kd._demo.error import DemoError


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
        part = _part(real)
        with open(part, "xb"):
            pass
        os.remove(part)
    except OSError as error:
        raise DemoError(f"{start}: {error.strerror}. Name a file elsewhere.") from error


def check_apart(picture, out):
    """Refuse one file for both the picture and the student."""
    if _same(os.path.realpath(picture), out):
        raise DemoError(
            f"--picture and --out are the same file, {out}. Name two files."
        )


@contextmanager
def replacing(path):
    """Give a name to write to; the file takes the place of another when it is whole.

    Parameters
    ----------
    path : str
        Where the file is to be in the end.

    Yields
    ------
    str
        A new file in the same folder with the same ending.
    """
    real = os.path.realpath(path)
    part = _part(real)
    try:
        yield part
        if os.path.exists(real):
            shutil.copymode(real, part)
        os.replace(part, real)
    finally:
        if os.path.lexists(part):
            os.remove(part)


def _part(real):
    """Name a hidden file in the same folder, to be moved into place."""
    suffix = Path(real).suffix
    return os.path.join(
        os.path.dirname(real), f".sklearn_kd-{secrets.token_hex(4)}{suffix}"
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
