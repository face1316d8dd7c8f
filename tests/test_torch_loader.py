"""The tensor loader: what it reads, and what it refuses."""

import sys
import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from numpy.testing import assert_array_equal
from scipy import sparse
from skorch.dataset import Dataset
from torch.utils.data import DataLoader, Subset, TensorDataset
from torch_data import Rows, on_each_device

from sklearn_kd.torch import TensorBatchLoader
from sklearn_kd.torch.loader import fits, free_memory

N = 23
X = np.arange(N * 3, dtype=np.float32).reshape(N, 3)
Y = np.arange(N) % 3
SOFT = {
    "proba": np.random.default_rng(0).dirichlet(np.ones(3), N),
    "labels": Y,
    "row_alpha": np.linspace(0, 1, N),
    "sample_weight": np.ones(N),
}


def joined(loader):
    """All batches of a loader, put together."""
    return _join(list(loader))


def _join(parts):
    if isinstance(parts[0], dict):
        return {key: _join([part[key] for part in parts]) for key in parts[0]}
    if isinstance(parts[0], (list, tuple)):
        return [_join(list(column)) for column in zip(*parts, strict=True)]
    return torch.cat([part.cpu() for part in parts])


def assert_same(ours, theirs):
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs)
        for key in theirs:
            assert_same(ours[key], theirs[key])
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs)
        for our, their in zip(ours, theirs, strict=True):
            assert_same(our, their)
    else:
        assert ours.dtype == theirs.dtype
        assert_array_equal(ours, theirs)


DATASETS = {
    "skorch": Dataset(X, Y),
    "skorch without y": Dataset(X),
    "float64": Dataset(X.astype(np.float64), Y),
    "tensor": Dataset(torch.from_numpy(X), torch.from_numpy(Y)),
    "CSR": Dataset(sparse.csr_matrix(X), Y),
    "dict": Dataset({"a": X, "b": X[:, 0]}, Y),
    "list": Dataset([X, X[:, :1]], Y),
    "tuple": Dataset((X, X[:, :1]), Y),
    "two targets": Dataset(X, X[:, :2]),
    "tensors": TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)),
    "subset": Subset(Dataset(X, Y), [5, 2, 2, -1, 0, 7, 8]),
    "run": Subset(Dataset(X, Y), range(4, 19)),
    "subset of CSR": Subset(Dataset(sparse.csr_matrix(X), Y), [5, 2, 9]),
    "run of CSR": Subset(Dataset(sparse.csr_matrix(X), Y), np.arange(3, 12)),
    "nested": Subset(Subset(Dataset(X, Y), np.arange(20)[::2]), [1, 4, 3]),
    "nested in tensors": Subset(
        Subset(TensorDataset(torch.from_numpy(X), torch.from_numpy(Y)), [3, 9, 1]),
        [2, 0],
    ),
    "soft": Rows(X, SOFT),
    "soft subset": Subset(Rows(X, SOFT), [8, 1, 4, 3, 0, 21]),
}


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("batch_size", [9, 23, 100])
def test_batches_are_those_of_the_stock_loader(name, batch_size):
    dataset = DATASETS[name]
    ours = list(TensorBatchLoader(dataset, batch_size))
    theirs = list(DataLoader(dataset, batch_size))
    assert len(ours) == len(theirs) == len(TensorBatchLoader(dataset, batch_size))
    for our, their in zip(ours, theirs, strict=True):
        assert_same(our, their)


@on_each_device
@pytest.mark.parametrize("name", DATASETS)
def test_shuffled_batches_have_every_row_once(name, device):
    dataset = DATASETS[name]
    generator = torch.Generator().manual_seed(3)
    loader = TensorBatchLoader(
        dataset, 4, shuffle=True, device=device, generator=generator
    )
    plain = joined(TensorBatchLoader(dataset, 4, device=device))
    first, second = joined(loader), joined(loader)
    n_rows = len(dataset)
    generator.manual_seed(3)
    for shuffled in (first, second):
        order = torch.randperm(n_rows, generator=generator)
        assert_same(shuffled, _rows(plain, order))


def _rows(data, order):
    if isinstance(data, dict):
        return {key: _rows(part, order) for key, part in data.items()}
    if isinstance(data, list):
        return [_rows(part, order) for part in data]
    return data[order]


@pytest.mark.parametrize("shuffle", [False, True])
def test_drop_last(shuffle):
    for n_rows, n_batches in [(N, 5), (20, 5), (3, 0), (0, 0)]:
        loader = TensorBatchLoader((X[:n_rows], Y[:n_rows]), 4, shuffle, drop_last=True)
        assert len(loader) == n_batches
        assert [len(rows) for rows, _ in loader] == [4] * n_batches
    assert [len(rows) for rows, _ in TensorBatchLoader((X[:0], Y[:0]), 4)] == []


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("device", [None, "meta"])
@pytest.mark.parametrize("rows", [X, sparse.csr_matrix(X)], ids=["dense", "sparse"])
def test_a_last_batch_of_one_row_is_joined_to_the_one_before(rows, device, shuffle):
    def sizes(n_rows, batch_size, **options):
        data = rows[:n_rows], Y[:n_rows]
        loader = TensorBatchLoader(data, batch_size, shuffle, device=device, **options)
        found = [len(part) for part, _ in loader]
        assert len(loader) == len(found)
        return found

    assert sizes(21, 10) == [10, 11]
    assert sizes(21, 20) == [21]
    assert sizes(22, 10) == [10, 10, 2]
    assert sizes(21, 10, drop_last=True) == [10, 10]
    assert sizes(1, 10) == [1]
    assert sizes(3, 1) == [1, 1, 1]


def test_global_generator_is_used_for_shuffling_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    joined(TensorBatchLoader((X, Y), 4))
    assert torch.equal(torch.get_rng_state(), before)
    first = joined(TensorBatchLoader((X, Y), 4, shuffle=True))
    torch.manual_seed(0)
    assert_same(joined(TensorBatchLoader((X, Y), 4, shuffle=True)), first)


def test_no_copy_and_no_warning_for_arrays_that_may_not_be_written():
    frozen = X.copy()
    frozen.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (batch, _), *_ = TensorBatchLoader((frozen, Y), 4)
    assert batch.data_ptr() == frozen.ctypes.data
    address = frozen.ctypes.data
    del frozen
    assert_array_equal(batch, X[:4])  # the tensor keeps the memory
    assert batch.data_ptr() == address


@pytest.mark.parametrize(
    "rows",
    [
        X[::-1],
        X[:, ::-1],
        np.asfortranarray(X),
        X.astype(">f4"),
        X[:, :0],
        X > 3,
        X.astype(np.int16),
        X.astype(np.float16),
    ],
)
def test_arrays_of_all_kinds(rows):
    batches = joined(TensorBatchLoader((rows, Y), 4))
    assert_array_equal(batches[0], rows)
    assert batches[0].shape == rows.shape


def test_columns_of_a_frame_are_a_dict_as_in_skorch():
    """The stock loader would warn of pandas' arrays, which may not be written."""
    frame = pd.DataFrame(X, columns=list("abc"))
    columns = Dataset({name: X[:, [j]] for j, name in enumerate("abc")}, Y)
    for ours, theirs in zip(
        TensorBatchLoader(Dataset(frame, Y), 4), DataLoader(columns, 4), strict=True
    ):
        assert_same(ours, theirs)


def test_bare_pairs():
    frame = pl.DataFrame({"a": X[:, 0], "b": X[:, 1]})
    rows, labels = joined(TensorBatchLoader((frame, pd.Series(Y)), 5))
    assert_same(rows, {"a": torch.tensor(X[:, :1]), "b": torch.tensor(X[:, 1:2])})
    assert_array_equal(labels, Y)
    _, zeros = joined(TensorBatchLoader((X, None), 5))
    assert_same(zeros, torch.zeros(N, 1))
    _, labels = joined(TensorBatchLoader((X, Y.tolist()), 5))
    assert_array_equal(labels, Y)
    rows, _ = joined(TensorBatchLoader(SimpleNamespace(X=X, y=Y), 5))
    assert_array_equal(rows, X)


@pytest.mark.parametrize(
    "make", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array]
)
def test_sparse_rows_of_all_kinds(make):
    """Dense a batch at a time; skorch's own data set takes CSR matrices alone."""
    rows, _ = joined(TensorBatchLoader((make(X), Y), 5))
    assert_same(rows, torch.from_numpy(X))
    rows, _ = joined(TensorBatchLoader(Subset((make(X), Y), [4, 0, 9]), 2))
    assert_same(rows, torch.from_numpy(X[[4, 0, 9]]))


def test_targets_take_the_place_of_y():
    dataset = Dataset(X, Y)
    dataset.targets = SOFT
    _, soft = joined(TensorBatchLoader(dataset, 4))
    assert_same(soft, {name: torch.tensor(values) for name, values in SOFT.items()})
    dataset.targets = None
    assert_array_equal(joined(TensorBatchLoader(dataset, 4))[1], Y)
    tensors = TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    tensors.targets = SOFT["proba"]
    assert_array_equal(joined(TensorBatchLoader(tensors, 4))[1], SOFT["proba"])
    subset = Subset(Dataset(X, Y), [3, 1])
    subset.targets = torch.tensor([10, 20])
    assert_array_equal(joined(TensorBatchLoader(subset, 4))[1], [10, 20])


class Doubled(Dataset):
    def transform(self, X, y):
        return 2 * X, y


class Own(Dataset):
    def __getitem__(self, i):
        return super().__getitem__(i)


class OwnSubset(Subset):
    def __getitem__(self, i):
        return super().__getitem__(i)

    def __getitems__(self, indices):
        return [self[i] for i in indices]


class OwnTensors(TensorDataset):
    def __getitem__(self, i):
        return super().__getitem__(i)


class Elsewhere:
    X, y = X, Y

    def __getitem__(self, i):
        return self.X[i] + 1, self.y[i]


@pytest.mark.parametrize(
    "dataset",
    [
        Doubled(X, Y),
        Own(X, Y),
        Subset(Doubled(X, Y), [0, 1]),
        OwnSubset(Dataset(X, Y), [0, 1]),
        OwnTensors(torch.zeros(4, 2), torch.zeros(4)),
        TensorDataset(torch.zeros(4, 2)),
        Elsewhere(),
        X,
        (X, Y, Y),
    ],
)
def test_what_makes_its_own_rows_is_left_to_the_stock_loader(dataset):
    with pytest.raises(TypeError, match=r"Use torch\.utils\.data\.DataLoader"):
        TensorBatchLoader(dataset)


def test_own_rows_with_targets_are_read():
    dataset = Own(X, Y)
    dataset.targets = Y + 1
    assert_array_equal(joined(TensorBatchLoader(dataset))[1], Y + 1)


def test_errors():
    with pytest.raises(TypeError, match=r"X has dtype object .*TabularEncoder"):
        TensorBatchLoader((X.astype(object), Y))
    with pytest.raises(TypeError, match="column 'a' has dtype"):
        TensorBatchLoader((pd.DataFrame({"a": ["x"] * N}), Y))
    with pytest.raises(TypeError, match=r"y\['b'\] has dtype <U"):
        TensorBatchLoader((X, {"a": Y, "b": Y.astype(str)}))
    with pytest.raises(TypeError, match=r"layout torch\.sparse_coo"):
        TensorBatchLoader((torch.from_numpy(X).to_sparse(), Y))
    with pytest.raises(ValueError, match=r"numbers of rows: \[4, 23\]"):
        TensorBatchLoader((X, Y[:4]))
    with pytest.raises(ValueError, match="X holds no arrays"):
        TensorBatchLoader(({}, Y))
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        TensorBatchLoader((X, Y), 0)
    with pytest.raises(TypeError, match=r"an integer of at least 1.*, got 2\.5"):
        TensorBatchLoader((X, Y), 2.5)


@pytest.mark.parametrize(
    ("n_bytes", "free_bytes", "expected"),
    [(0, 0, True), (5, 10, True), (6, 10, False), (10**12, None, True)],
)
def test_what_fits_is_moved_once(n_bytes, free_bytes, expected):
    assert fits(n_bytes, free_bytes) is expected


@on_each_device
def test_free_memory(device):
    free = free_memory(torch.device(device))
    assert free is None if device == "cpu" else free > 0


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("free", [None, 0])
@pytest.mark.parametrize("target", [Y, SOFT])
def test_batches_come_on_the_device(monkeypatch, shuffle, free, target):
    """The meta device is another device, and every machine has it."""
    monkeypatch.setattr("sklearn_kd.torch.loader.free_memory", lambda device: free)
    loader = TensorBatchLoader((X, target), 4, shuffle, device="meta")
    moved = loader._data[0].device.type
    assert moved == ("meta" if free is None else "cpu")
    for rows, y in loader:
        assert rows.device.type == "meta"
        for part in y.values() if isinstance(y, dict) else [y]:
            assert part.device.type == "meta"


@on_each_device
@pytest.mark.parametrize("free", [None, 0])
def test_moved_batches_hold_the_same(monkeypatch, device, free):
    monkeypatch.setattr("sklearn_kd.torch.loader.free_memory", lambda device: free)
    for rows in (X, sparse.csr_matrix(X)):
        loader = TensorBatchLoader((rows, SOFT), 4, device=device)
        assert all(part.device.type == device for part, _ in loader)
        assert_same(joined(loader), joined(TensorBatchLoader((X, SOFT), 4)))


def test_skorch_is_not_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, "skorch", None)  # an import would fail
    monkeypatch.delitem(sys.modules, "skorch.dataset")
    tensors = TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    for data in [(X, Y), tensors, SimpleNamespace(X=X, y=Y), Rows(X, SOFT)]:
        assert len(list(TensorBatchLoader(data, 4, shuffle=True))) == 6
    with pytest.raises(TypeError, match="cannot read a Elsewhere whole"):
        TensorBatchLoader(Elsewhere())
