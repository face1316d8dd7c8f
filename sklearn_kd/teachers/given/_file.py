"""The file of a fitted teacher: written whole, and loaded once a process."""

import os
import stat
import threading
import warnings
from dataclasses import dataclass

import joblib
from sklearn.exceptions import NotFittedError

from sklearn_kd._messages import printable, show
from sklearn_kd._run.files import check_path, digest_of_file, replacing
from sklearn_kd.teachers.given._fitted import looks_fitted

#: Teachers that a process keeps loaded; a further one takes the place of the oldest.
KEPT = 8

_lock = threading.RLock()
_loaded = {}


@dataclass(frozen=True, eq=False)
class _Loaded:
    """A teacher that was loaded, of which digest, and what the file was like then."""

    teacher: object
    digest: str
    signature: tuple


def check_source(path):
    """Give the absolute path of a file to be read, which need not be there yet."""
    name = os.fspath(path) if isinstance(path, (str, os.PathLike)) else None
    fix = "Pass the name of a file that StoredTeacher.save or joblib.dump has written."
    if not isinstance(name, str):
        raise TypeError(
            f"path must be a str or an os.PathLike of one, got {show(path)}. {fix}"
        )
    if not name:
        raise ValueError(f"path is empty. {fix}")
    try:
        mode = os.stat(name).st_mode
    except OSError:  # reading it says why
        mode = stat.S_IFREG
    except ValueError as error:  # a null character
        raise ValueError(f"path={show(name)} is no path: {error}. {fix}") from error
    if not stat.S_ISREG(mode):
        kind = "folder" if stat.S_ISDIR(mode) else "device or pipe"
        raise ValueError(f"path={show(name)} is a {kind}. {fix}")
    return os.path.abspath(name)


def check_name(path):
    """Give the absolute path of a file to be written, or refuse it."""
    if path is None:
        raise TypeError("path must be a str or an os.PathLike of one, got None.")
    check_path(path)
    return os.path.abspath(os.fspath(path))


def check_digest(digest):
    """Refuse what is no SHA-256 digest in hexadecimal digits."""
    is_text = isinstance(digest, str)
    if not is_text or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise (ValueError if is_text else TypeError)(
            f"digest must be the 64 hexadecimal digits of a SHA-256, got "
            f"{show(digest)}. Leave it out to take that of the file as it is."
        )
    return digest


def digest_of(path):
    """Compute the SHA-256 digest of a file, in hexadecimal digits."""
    try:
        return digest_of_file(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def write(teacher, path):
    """Write a fitted teacher into a file, which then takes the place of another."""
    if isinstance(teacher, type) or not any(
        hasattr(teacher, method) for method in ("predict", "predict_proba")
    ):
        raise TypeError(
            f"teacher must be a fitted model with predict_proba or predict, got "
            f"{show(teacher)}."
        )
    if not looks_fitted(teacher):
        raise NotFittedError(
            f"The teacher {type(teacher).__name__} is not fitted: fit it before it is "
            "stored. An unfitted one needs no file, and is small in a pickle."
        )
    with replacing(path) as part:
        try:
            joblib.dump(teacher, part)
        except OSError:
            raise
        except Exception as error:
            raise TypeError(
                f"The teacher {type(teacher).__name__} cannot be pickled "
                f"({type(error).__name__}: {printable(error)}). Define classes and "
                "functions that it holds at the top of a module, and close its files "
                "and connections."
            ) from error


def load(path, digest):
    """Give the teacher in a file, which a process reads once.

    Parameters
    ----------
    path : str
        Absolute.
    digest : str
        What the file has to have.

    Returns
    -------
    object
        The same one for every call. It is shared: do not change it.

    Raises
    ------
    ValueError
        Where there is no such file, where it has another digest, also where it was
        changed after it was loaded, and where nothing can be loaded from it.
    """
    with _lock:
        signature = _signature(path)
        known = _loaded.get(path)
        if known is None or (known.digest, known.signature) != (digest, signature):
            _check_digest(path, digest)
            if known is None or known.digest != digest:
                known = _Loaded(_read(path), digest, signature)
            # the file may have been replaced while it was read
            if _signature(path) != signature:
                _check_digest(path, digest)
            _loaded[path] = _Loaded(known.teacher, digest, signature)
            while len(_loaded) > KEPT:
                del _loaded[next(iter(_loaded))]
        return _loaded[path].teacher


def _signature(path):
    """What is another where a file was replaced or written to."""
    try:
        found = os.stat(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    return found.st_ino, found.st_size, found.st_mtime_ns


def _check_digest(path, digest):
    found = digest_of(path)
    if found != digest:
        raise ValueError(
            f"The teacher's file {show(path)} has the digest {found[:12]}..., and the "
            f"StoredTeacher was made of one with {digest[:12]}...: it was changed or "
            "cut off. Put the file back, or make a new StoredTeacher(path) of this one."
        )


def _read(path):
    """Load the teacher; arrays are pages of the file until something writes to them."""
    try:
        with warnings.catch_warnings():
            # that a compressed file cannot be mapped
            warnings.filterwarnings("ignore", ".*mmap_mode")
            return joblib.load(path, mmap_mode="c")
    except Exception as error:
        raise ValueError(
            f"Nothing can be loaded from the teacher's file {show(path)} "
            f"({type(error).__name__}: {printable(error)}). It has to be written by "
            "StoredTeacher.save or joblib.dump, and everything in it has to be "
            "installed here."
        ) from error


def _unreadable(path, error):
    """Make the error of a file that is not there, or that may not be read."""
    reason = error.strerror or type(error).__name__
    return ValueError(
        f"The teacher's file {show(path)} cannot be read: {reason}. A StoredTeacher "
        "keeps only the path and the digest of its file, which has to be at the same "
        "path in every process. Write it again with StoredTeacher.save(teacher, path), "
        "or pass its new path and the same digest: StoredTeacher(path, digest)."
    )
