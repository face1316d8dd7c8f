"""The command that labels a table on disk by a saved teacher."""

import os

from sklearn.exceptions import NotFittedError

from sklearn_kd._demo.error import DemoError, first_line
from sklearn_kd._demo.loading import load
from sklearn_kd._demo.reading.names import split_names
from sklearn_kd._messages import printable
from sklearn_kd._run.files import digest_of_file
from sklearn_kd.files._label import label_by_key


def label(teacher, data, out, columns, chunk, jobs, trust, quiet):
    """Label a table.

    Parameters
    ----------
    teacher : str
        The file of a fitted teacher, which is recognised by its digest.
    data : str
        Parquet, a folder of it, or a ``.npy`` file.
    out : str
        The folder of the labels.
    columns : list of str
        Those that the teacher reads, as the user wrote them; none leaves it to it.
    chunk : int or None
        Rows of a part.
    jobs : int or None
        Parts that are labelled at the same time.
    trust : list of str
        Types in a file of skops, separated by commas.
    quiet : bool
        Whether no progress is printed.

    Raises
    ------
    DemoError
        For what the user can fix.
    """
    types = [name for text in trust for name in text.split(",") if name]
    model = load("--teacher", teacher, types)
    names = [name for text in columns for name in split_names(text)] or None
    if names and data.lower().endswith(".npy"):
        names = _positions(names)
    try:
        labelled = label_by_key(
            model,
            digest_of_file(teacher),
            data,
            out,
            columns=names,
            classes=None,
            chunk_size=chunk,
            n_jobs=jobs,
            verbose=0 if quiet else 1,
        )
    except OSError as error:
        reason = error.strerror or first_line(error)
        raise DemoError(f"cannot go on: {reason}") from error
    except (ImportError, NotFittedError, TypeError, ValueError) as error:
        raise DemoError(first_line(error)) from error
    except Exception as error:  # a teacher raises anything
        raise DemoError(f"{type(error).__name__}: {first_line(error)}") from error
    if labelled.classes is None:
        n_numbers = labelled.n_outputs
        what = "a number each" if n_numbers == 1 else f"{n_numbers} numbers each"
    else:
        what = f"probabilities of {labelled.n_outputs} classes"
    place = printable(os.path.normpath(out))
    print(f"{place}: {labelled.n_rows:,} rows, {what}", flush=True)


def _positions(names):
    """Read the columns of an array."""
    try:
        return [int(name) for name in names]
    except ValueError as error:
        raise DemoError(
            f"--columns {','.join(names)}: an array has no names, so pass positions, "
            "such as 0,1,4."
        ) from error
