"""Rows of arrays: a ``.npy`` file, which is mapped into memory, or an array."""

import hashlib
import os

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._run.files import digest_of_file
from sklearn_kd._tables.containers import as_rows
from sklearn_kd.teachers.cache._key import hash_of

#: Rows that are hashed at a time.
_HASHED = 100_000


class ArrayRows:
    """An array of rows, read a part at a time.

    Parameters
    ----------
    data : str or ndarray of shape (n_rows, n_features)
        The name of a ``.npy`` file, or an array, which may be a memory map.

    Attributes
    ----------
    names : None
        Columns have none.
    n_rows, width : int
        Of the table.
    n_parts : None
        It is cut where one likes.
    """

    names = n_parts = None

    def __init__(self, data):
        self.data = data
        array = self._opened()
        if array.ndim != 2:
            raise ValueError(
                f"data={show(self.place)} has shape {array.shape}, expected (n_rows, "
                "n_features)."
            )
        as_rows(array, "data")  # which refuses masked entries
        self.n_rows, self.width = array.shape

    @property
    def path(self):
        """The file; None for an array in memory."""
        return self.data if isinstance(self.data, str) else None

    @property
    def place(self):
        """What messages call it."""
        return self.path or "an array"

    def _opened(self):
        """Open the file anew each time, so that what was read can be forgotten."""
        if not isinstance(self.data, str):
            return self.data
        try:
            return np.load(self.data, mmap_mode="r", allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise ValueError(
                f"data={show(self.data)} is no array that can be mapped into memory: "
                f"{str(error).rstrip('.')}. Write numbers by numpy.save."
            ) from error

    def identity(self):
        """Describe the contents: equal for equal arrays alone."""
        array = self._opened()
        if isinstance(self.data, str):
            digest = digest_of_file(self.data)
        else:
            found = hashlib.sha256()
            for start in range(0, self.n_rows, _HASHED):
                found.update(_bytes_of(array[start : start + _HASHED]))
            digest = found.hexdigest()
        return {"shape": list(array.shape), "dtype": array.dtype.str, "sha256": digest}

    def holds(self, folder):
        """Return whether files in a folder would be rows."""
        return False

    def where(self, rows):
        """Say for a message which rows these are."""
        return f"rows {rows.start} to {rows.stop - 1} of {self.place}"

    def read(self, parts, columns):
        """Give the rows of each slice, as copies."""
        for rows in parts:
            part = self._opened()[rows]
            yield np.array(part if columns is None else part[:, columns])


def _bytes_of(rows):
    """Give bytes that are equal for equal rows: of objects they are no addresses."""
    if rows.dtype.hasobject:
        return hash_of(rows).encode()
    rows = np.ascontiguousarray(rows)
    return rows.data.cast("B") if rows.size else b""


def is_array_file(path):
    """Return whether the name of a file is that of an array of NumPy."""
    return os.path.isfile(path) and path.lower().endswith(".npy")
