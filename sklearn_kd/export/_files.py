"""Files that exports write."""

import os
import secrets
import shutil
from contextlib import contextmanager
from pathlib import Path

from sklearn_kd._messages import show


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
        For a folder, an empty path, and a file in a folder that does not exist.
    """
    if path is None:
        return
    if not isinstance(path, str | os.PathLike):
        raise TypeError(
            f"path must be a str or an os.PathLike, got {show(path)}. Pass, for "
            'example, path="student.onnx".'
        )
    if not os.fspath(path):
        raise ValueError("path is empty. Pass the name of the file to write.")
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"path={show(str(path))} is a folder. Name a file in it.")
    if not path.parent.is_dir():
        raise ValueError(
            f"path={show(str(path))} is in the folder {show(str(path.parent))}, which "
            "does not exist. Make it first."
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
    return os.path.join(
        os.path.dirname(real), f".sklearn_kd-{secrets.token_hex(4)}{suffix}"
    )


def write(path, content):
    """Write text in UTF-8, or bytes, whole or not at all; no file for None."""
    if path is not None:
        content = content.encode("utf-8") if isinstance(content, str) else content
        with replacing(path) as part:
            Path(part).write_bytes(content)
