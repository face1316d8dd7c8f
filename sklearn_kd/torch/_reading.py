"""Reading a data set whole: nested containers whose leaves are tensors or CSR rows."""

import sys
from collections.abc import Mapping
from numbers import Number

import numpy as np
import torch
from scipy.sparse import issparse
from torch.utils.data import Dataset, Subset, TensorDataset

from sklearn_kd._messages import show


class CSRRows:
    """Sparse rows that are made dense where they are taken, like a tensor's rows.

    Parameters
    ----------
    matrix : CSR matrix of shape (n_samples, n_features)
        The rows.
    """

    device = torch.device("cpu")

    def __init__(self, matrix):
        self.matrix = matrix

    def __len__(self):
        return self.matrix.shape[0]

    @property
    def nbytes(self):
        """Bytes that the whole takes on another device: none, it stays here."""
        return 0

    def to(self, device):
        """Stay here: only dense batches move."""
        return self

    def take(self, rows):
        """Choose rows by an index array or a slice, still sparse."""
        return CSRRows(self.matrix[rows])

    def split(self, sizes):
        """Cut into dense batches of a size, or of a list of them, one after another."""
        if isinstance(sizes, list):
            ends = np.cumsum(sizes).tolist()
            return (
                self._dense(slice(end - size, end))
                for end, size in zip(ends, sizes, strict=True)
            )
        starts = range(0, max(len(self), 1), sizes)
        return (self._dense(slice(start, start + sizes)) for start in starts)

    def index_select(self, dim, rows):
        """Take rows in the order of a tensor of positions, dense."""
        return self._dense(rows.numpy())

    def _dense(self, rows):
        """Make a dense tensor of some rows."""
        return torch.from_numpy(self.matrix[rows].toarray())


def read_dataset(dataset):
    """Read a data set whole.

    Parameters
    ----------
    dataset : Dataset or tuple of length 2
        See :class:`sklearn_kd.torch.TensorBatchLoader`.

    Returns
    -------
    X, y : nested dict and list of {Tensor, CSRRows}
        Without copies, where that can be. Where ``y`` is None it is zeros of shape
        (n_samples, 1), float32, as skorch gives them.

    Raises
    ------
    TypeError
        For data sets and values that cannot be read whole.
    ValueError
        For parts of different lengths.
    """
    if isinstance(dataset, tuple) and len(dataset) == 2:
        X, y = dataset
    elif _inherits(dataset, Subset):
        rows = np.asarray(dataset.indices, dtype=np.int64)
        X, y = map_leaves(lambda leaf: _take(leaf, rows), read_dataset(dataset.dataset))
        y = _targets_or(y, dataset)
    elif getattr(dataset, "targets", None) is not None and hasattr(dataset, "X"):
        X, y = dataset.X, dataset.targets
    elif _inherits(dataset, TensorDataset) and len(dataset.tensors) == 2:
        X, y = dataset.tensors
        y = _targets_or(y, dataset)
    elif hasattr(dataset, "X") and hasattr(dataset, "y") and _gives_plain_rows(dataset):
        X, y = dataset.X, dataset.y
    else:
        raise TypeError(
            f"TensorBatchLoader cannot read a {type(dataset).__name__} whole: it "
            "takes (X, y), a skorch Dataset, a TensorDataset of two tensors, a Subset "
            "of these, and objects with the attributes X and targets; none with a "
            "__getitem__ or transform of its own. Use torch.utils.data.DataLoader."
        )
    return _read_pair(X, y)


def _read_pair(X, y):
    """Read X and y, and check that they have the same number of rows."""
    X = _read(X, "X", split_frames=True)
    if not isinstance(X, (torch.Tensor, CSRRows)) and not X:
        raise ValueError("X holds no arrays.")
    n_rows = len(next(leaves(X)))
    if y is None:
        y = torch.zeros(1, 1).expand(n_rows, 1)
    data = X, _read(y, "y", split_frames=False)
    lengths = {len(leaf) for leaf in leaves(data)}
    if len(lengths) > 1:
        raise ValueError(
            f"The parts of X and y have different numbers of rows: {sorted(lengths)}."
        )
    return data


def _inherits(dataset, base):
    """Return whether a data set is of a class and gives its rows as that class does."""
    return isinstance(dataset, base) and (
        type(dataset).__getitem__ is base.__getitem__
        or getattr(dataset, "targets", None) is not None
    )


def _targets_or(y, dataset):
    """Give the targets of a data set, or y where it has none."""
    targets = getattr(dataset, "targets", None)
    return y if targets is None else targets


def _gives_plain_rows(dataset):
    """Return whether the rows of a data set are those of its X and y, unchanged."""
    # skorch's data set can only reach us after skorch has been imported
    plain = getattr(sys.modules.get("skorch.dataset"), "Dataset", Dataset)
    given = type(dataset)
    getters = (None, Dataset.__getitem__, plain.__getitem__)
    transforms = (None, getattr(plain, "transform", None))
    return (
        getattr(given, "__getitem__", None) in getters
        and getattr(given, "transform", None) in transforms
        and "transform" not in vars(dataset)
    )


def _take(leaf, rows):
    """Choose rows; a run of them without a copy."""
    if len(rows) and rows[0] >= 0 and (np.diff(rows) == 1).all():
        run = slice(int(rows[0]), int(rows[-1]) + 1)
        return leaf[run] if isinstance(leaf, torch.Tensor) else leaf.take(run)
    if isinstance(leaf, CSRRows):
        return leaf.take(rows)
    rows = np.where(rows < 0, rows + len(leaf), rows)
    return leaf.index_select(0, torch.from_numpy(rows).to(leaf.device))


def leaves(data):
    """Give the leaves of nested containers, in order.

    Parameters
    ----------
    data : nested dict, list and tuple
        Containers of anything else.

    Yields
    ------
    object
        What is no container.
    """
    if isinstance(data, dict):
        data = data.values()
    elif not isinstance(data, (list, tuple)):
        yield data
        return
    for part in data:
        yield from leaves(part)


def map_leaves(function, data):
    """Apply a function to the leaves of nested containers.

    Parameters
    ----------
    function : callable
        Takes a leaf.
    data : nested dict, list and tuple
        Containers of leaves.

    Returns
    -------
    nested dict, list and tuple
        The same containers of what it gave.
    """
    if isinstance(data, dict):
        return {name: map_leaves(function, part) for name, part in data.items()}
    if isinstance(data, (list, tuple)):
        return type(data)([map_leaves(function, part) for part in data])
    return function(data)


def _read(data, name, *, split_frames):
    """Read nested containers into tensors and CSR rows."""
    if isinstance(data, CSRRows):
        return data
    if isinstance(data, torch.Tensor):
        if data.layout != torch.strided or data.ndim == 0:
            raise TypeError(
                f"{name} holds a tensor of layout {data.layout} and {data.ndim} "
                "dimensions, expected a dense one with rows."
            )
        return data
    if isinstance(data, Mapping):
        return {
            key: _read(part, f"{name}[{show(key)}]", split_frames=split_frames)
            for key, part in data.items()
        }
    if issparse(data):
        return CSRRows(data.tocsr())
    if isinstance(data, (list, tuple)) and not _holds_scalars(data):
        return [
            _read(part, f"{name}[{position}]", split_frames=split_frames)
            for position, part in enumerate(data)
        ]
    if split_frames and hasattr(data, "columns") and hasattr(data, "dtypes"):
        # as skorch does: the columns are the module's arguments
        columns = {str(column): data[column].to_numpy() for column in data.columns}
        return {
            column: _tensor(values.reshape(-1, 1), f"column {show(column)}")
            for column, values in columns.items()
        }
    if hasattr(data, "to_numpy"):
        data = data.to_numpy()
    return _tensor(np.asarray(data), name)


def _holds_scalars(data):
    """Return whether a list holds numbers only."""
    return len(data) > 0 and all(
        isinstance(value, (Number, np.generic)) for value in data
    )


class _Writable:
    """An array's memory under another flag: torch warns of arrays not to be written."""

    def __init__(self, array):
        self.array = array  # keeps the memory alive
        address, _ = array.__array_interface__["data"]
        self.__array_interface__ = {
            **array.__array_interface__,
            "data": (address, False),
        }


def _tensor(array, name):
    """Make a tensor of an array without a copy, where that can be."""
    if array.dtype.kind not in "biuf" or array.ndim == 0:
        raise TypeError(
            f"{name} has dtype {array.dtype} and shape {array.shape}, expected rows of "
            "numbers. Encode other columns first, as by sklearn_kd.TabularEncoder."
        )
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if min(array.strides) < 0:
        array = array.copy()
    if not array.flags.writeable:
        array = np.asarray(_Writable(array)) if array.size else array.copy()
    return torch.from_numpy(array)
