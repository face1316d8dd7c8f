"""Files that a program writes: whole, or not at all; and their digests."""

import hashlib
import os
import secrets
import shutil
import stat
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sklearn_kd._messages import show

try:
    import fcntl
except ImportError:  # on Windows nothing is locked
    fcntl = None

#: What names of files that are not whole yet begin with.
PART = ".sklearn_kd-"


def check_path(path):
    """Refuse what is no path of a file that can be made, before any work.

    Parameters
    ----------
    path : str, os.PathLike or None
        None stands for no file.

    Raises
    ------
    TypeError
        For another type.
    ValueError
        For a folder, a device, an empty path or one that no file can have, and a file
        in a folder that does not exist.
    """
    if path is None:
        return
    name = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(name, str):
        raise TypeError(
            f"path must be a str or an os.PathLike of one, got {show(path)}. Pass, for "
            'example, path="student.onnx".'
        )
    if not name:
        raise ValueError("path is empty. Pass the name of the file to write.")
    start = f"path={show(name)}"
    try:
        real, mode = os.path.realpath(name), stat.S_IFREG
        mode = os.stat(real).st_mode
    except (FileNotFoundError, NotADirectoryError):
        pass  # there is none yet
    except (OSError, ValueError) as error:  # too long, a null character, a loop
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"{start} is no path of a file: {reason}.") from error
    folder = os.path.dirname(real)
    if os.path.isdir(real) or name.endswith(("/", os.sep)):
        raise ValueError(f"{start} is a folder. Name a file in it.")
    if not stat.S_ISREG(mode):
        raise ValueError(
            f"{start} is a device or pipe, and no regular file. Name another, or write "
            "what is returned there yourself."
        )
    if not os.path.isdir(folder):
        raise ValueError(
            f"{start} is in the folder {show(folder)}, which does not exist. Make it "
            "first."
        )


@contextmanager
def replacing(path):
    """Give a name to write to; the file takes the place of another when it is whole.

    Parameters
    ----------
    path : str or os.PathLike
        Where the file is to be in the end.

    Yields
    ------
    str
        A new file in the same folder with the same ending.
    """
    real = os.path.realpath(path)
    part = part_of(real)
    try:
        yield part
        if os.path.exists(real):
            shutil.copymode(real, part)
        os.replace(part, real)
    finally:
        if os.path.lexists(part):
            os.remove(part)


def part_of(real):
    """Name a hidden file in the same folder, to be moved into place."""
    suffix = Path(real).suffix
    return os.path.join(os.path.dirname(real), f"{PART}{secrets.token_hex(4)}{suffix}")


def write(path, content):
    """Write text in UTF-8, or bytes, whole or not at all; no file for None."""
    if path is not None:
        content = content.encode("utf-8") if isinstance(content, str) else content
        with replacing(path) as part:
            Path(part).write_bytes(content)


@contextmanager
def only_one(path):
    """Hold the lock of a file that is there, which ends with the process.

    Parameters
    ----------
    path : str
        The file.

    Yields
    ------
    bool
        False where another process, or thread, holds it. True where files cannot be
        locked.
    """
    with ExitStack() as stack:
        is_alone = True
        if fcntl is not None:
            try:
                file = stack.enter_context(open(path, "rb"))
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # for processes that were forked from this one, too
                stack.callback(fcntl.flock, file, fcntl.LOCK_UN)
            except BlockingIOError:
                is_alone = False
            except OSError:  # on a file system without locks
                pass
        yield is_alone


def digest_of_file(path):
    """Compute the SHA-256 digest of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
