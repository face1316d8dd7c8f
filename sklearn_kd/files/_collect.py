"""Arrays that come part by part, whole: in memory, or in files that are mapped."""

import numpy as np


def collected(parts, n_rows, paths=None):
    """Put the parts of several arrays together.

    Parameters
    ----------
    parts : iterable of list of ndarray
        For each part of the rows a piece of each array.
    n_rows : int
        In all.
    paths : list of str or os.PathLike, or None, default=None
        A ``.npy`` file for each array; None keeps them in memory.

    Returns
    -------
    list of ndarray
        The arrays; memory maps where there are files.
    """
    arrays, start = None, 0
    for pieces in parts:
        if arrays is None:
            arrays = [
                _empty((n_rows, *piece.shape[1:]), piece.dtype, paths and paths[place])
                for place, piece in enumerate(pieces)
            ]
        stop = start + len(pieces[0])
        for array, piece in zip(arrays, pieces, strict=True):
            array[start:stop] = piece
        start = stop
    return arrays


def _empty(shape, dtype, path):
    if path is None:
        return np.empty(shape, dtype)
    return np.lib.format.open_memmap(path, "w+", dtype, shape)
