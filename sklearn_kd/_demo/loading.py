"""Loading what is saved: a student to be written, or a teacher to be asked."""

import os
from pathlib import Path

from sklearn_kd import export
from sklearn_kd._demo.error import DemoError, first_line

#: What may be loaded; the first two run code.
_SAVED = (".joblib", ".pkl", ".skops")


def load(option, path, trust=None):
    """Load a model by what the ending of its file says.

    Parameters
    ----------
    option : str
        By which the file was named.
    path : str
        The file.
    trust : list of str or None, default=None
        Types in a file of skops that the user knows, beside those of this package; None
        where there is no option to name any.

    Returns
    -------
    object
        The model.

    Raises
    ------
    DemoError
        For another ending, a file that is not there or is damaged, and one of skops
        with types that are not trusted.
    """
    ending = Path(path).suffix.lower()
    if ending not in _SAVED:
        raise DemoError(
            f"{option} {path}: expected a file that ends in {', '.join(_SAVED)}."
        )
    if not os.path.isfile(path):
        raise DemoError(f"{option} {path} does not exist, or is no file.")
    try:
        if ending == ".skops":
            return _load_skops(option, path, trust)
        return _load_pickle(path)
    except DemoError:
        raise
    except Exception as error:  # a damaged file raises anything
        raise DemoError(
            f"{option} {path} could not be loaded: {type(error).__name__}: "
            f"{first_line(error)}"
        ) from error


def _load_pickle(path):
    import joblib

    return joblib.load(path)


def _load_skops(option, path, trust):
    """Load a file of skops that names no types but known ones."""
    try:
        import skops.io
    except ImportError as error:
        raise DemoError(
            f"{option} {path} needs skops, which is not installed: pip install skops"
        ) from error
    trusted = [*export.trusted_types(), *(trust or ())]
    others = sorted(set(skops.io.get_untrusted_types(file=path)) - set(trusted))
    if others and trust is None:
        raise DemoError(
            f"{option} {path} names the types {', '.join(others)}, which are "
            "not those of a student. Load it yourself if you know them, and call "
            "sklearn_kd.export."
        )
    if others:
        raise DemoError(
            f"{option} {path} names types that are not trusted. If you know them all, "
            f"and where the file is from: --trust {','.join(others)}"
        )
    return skops.io.load(path, trusted=trusted)
