"""Batches from data in memory, a whole batch at a time."""

from itertools import islice

import torch
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    SequentialSampler,
)

from sklearn_kd._messages import printable, show
from sklearn_kd._parameters import MOST, check_boolean, check_number
from sklearn_kd.torch._reading import leaves, map_leaves, read_dataset


class TensorBatchLoader:
    """Batches of a data set in memory, for skorch nets and plain torch loops.

    ``torch.utils.data.DataLoader`` reads one row at a time and stacks them again, which
    for small networks takes most of an epoch. This loader slices batches from tensors
    that are made once.

    Parameters
    ----------
    dataset : Dataset or tuple of length 2
        A skorch ``Dataset``, a ``TensorDataset`` of two tensors, a ``Subset`` of these,
        ``(X, y)``, or an object with the attributes ``X`` and ``targets``. X and y are
        arrays, tensors, CSR matrices, DataFrames (a dict of columns, as in skorch) or
        dicts and lists of them; y may be None. An attribute ``targets``, of the same
        kinds, is used instead of y: soft targets are a dict of "proba", "labels",
        "row_alpha" and "sample_weight".
    batch_size : int, default=128
        Rows of a batch. A last batch of a single row is joined to the batch before:
        ``BatchNorm`` cannot be trained on one row.
    shuffle : bool, default=False
        Whether each iteration takes the rows in a new order.
    drop_last : bool, default=False
        Whether to leave out a last batch that is not full.
    device : str or torch.device, default=None
        Where batches are wanted. The data is moved there once if it takes at most half
        of the free memory, and otherwise batch by batch. None leaves it where it is.
    generator : torch.Generator, default=None
        Draws the order; None stands for torch's global one.

    Attributes
    ----------
    dataset : Dataset or tuple
        As it was given.

    Raises
    ------
    TypeError
        For a data set that computes its rows on access, which only a ``DataLoader`` can
        read, and for values that are no numbers.
    ValueError
        For parts of different lengths and a batch size below 1.

    See Also
    --------
    DistillationLoss : Takes the dict of soft targets.

    Notes
    -----
    .. versionadded:: 0.1

    With a skorch net it is set as ``iterator_train=TensorBatchLoader,
    iterator_valid=TensorBatchLoader``, shuffling as ``iterator_train__shuffle=True``.

    Dtypes stay as they are, float64 too. Rows of a CSR matrix are made dense a batch at
    a time. Without ``shuffle`` a batch shares its memory with the data: a module that
    writes into its input must copy it first.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_kd.torch import TensorBatchLoader
    >>> X, y = np.arange(10.0).reshape(5, 2), np.array([0, 1, 0, 1, 1])
    >>> loader = TensorBatchLoader((X, y), batch_size=3)
    >>> [(len(rows), labels.tolist()) for rows, labels in loader]
    [(3, [0, 1, 0]), (2, [1, 1])]
    """

    def __init__(
        self,
        dataset,
        batch_size=128,
        shuffle=False,
        drop_last=False,
        device=None,
        generator=None,
    ):
        self.dataset = dataset
        self.batch_size = check_number(
            "batch_size", batch_size, least=1, most=MOST, whole=True
        )
        self.shuffle = check_boolean("shuffle", shuffle)
        self.drop_last = check_boolean("drop_last", drop_last)
        self.device = _check_device(device)
        if generator is not None and not isinstance(generator, torch.Generator):
            raise TypeError(
                f"generator must be a torch.Generator or None, got {show(generator)}."
            )
        self.generator = generator
        self._data = read_dataset(dataset)
        self._n_rows = len(next(leaves(self._data)))
        self._moves_batches = self.device is not None and not self._move_all()

    def __len__(self):
        full, rest = divmod(self._n_rows, self.batch_size)
        return full + (rest > 0 and not self.drop_last and not self._joins_last)

    @property
    def _joins_last(self):
        """Whether the last batch would be of one row, and the others are of more."""
        full, rest = divmod(self._n_rows, self.batch_size)
        return rest == 1 and full > 0 and not self.drop_last

    def __iter__(self):
        order = None
        if self.shuffle:
            device = None if self.generator is None else self.generator.device
            order = torch.randperm(
                self._n_rows, generator=self.generator, device=device
            )
        sizes = self.batch_size
        if self._joins_last:
            sizes = [self.batch_size] * len(self)
            sizes[-1] += 1
        parts = [_batches(leaf, order, sizes) for leaf in leaves(self._data)]
        batches = islice(zip(*parts, strict=True), len(self))
        if self._moves_batches:
            batches = (self._moved(batch) for batch in batches)
        X, y = self._data
        if isinstance(X, torch.Tensor) and isinstance(y, torch.Tensor):
            return batches
        return (_rebuild(self._data, batch) for batch in batches)

    def _move_all(self):
        """Move all data to the device if it fits there; return whether it did."""
        n_bytes = sum(leaf.nbytes for leaf in leaves(self._data))
        if not fits(n_bytes, free_memory(self.device)):
            return False
        self._data = map_leaves(lambda leaf: leaf.to(self.device), self._data)
        # a sparse matrix is made dense on the host
        return all(isinstance(leaf, torch.Tensor) for leaf in leaves(self._data))

    def _moved(self, batch):
        """Move all parts of a batch to the device."""
        pins = self.device.type == "cuda"
        return tuple(_move(part, self.device, pins) for part in batch)


def fits(n_bytes, free_bytes):
    """Decide whether data is moved to a device once, or a batch at a time.

    Parameters
    ----------
    n_bytes : int
        Size of the data.
    free_bytes : int or None
        Free memory of the device; None where it is unknown.

    Returns
    -------
    bool
        Whether half of what is free holds it: the network needs room too.
    """
    return free_bytes is None or 2 * n_bytes <= free_bytes


def free_memory(device):
    """Look up how much memory a device has free.

    Parameters
    ----------
    device : torch.device
        The device.

    Returns
    -------
    int or None
        Bytes; None for devices other than CUDA's, which share the host's memory or
        do not report it.
    """
    if device.type != "cuda":
        return None
    return torch.cuda.mem_get_info(device)[0]


def _move(part, device, pins):
    """Move a tensor to the device, through pinned memory where that helps."""
    if part.device == device:
        return part
    if pins and part.device.type == "cpu":
        part = part.pin_memory()
    return part.to(device, non_blocking=pins)


def _batches(leaf, order, sizes):
    """Cut one array into batches of a size, or of several; at once where views."""
    if order is None:
        return leaf.split(sizes)
    # the batches' row numbers move to the device in one go
    rows = order.to(leaf.device).split(sizes)
    return (leaf.index_select(0, part) for part in rows)


def _rebuild(data, batch):
    """Put the arrays of a batch where those of the data stand."""
    parts = iter(batch)
    return map_leaves(lambda leaf: next(parts), data)


def _check_device(device):
    """Read the name of a device."""
    if device is None:
        return None
    try:
        return torch.device(device)
    except (TypeError, RuntimeError) as error:
        raise ValueError(
            f"device must be the name of a device of torch, such as 'cpu', got "
            f"{show(device)}: {printable(error)}"
        ) from error


#: Options of torch's loader that batches of one's own stand in the place of.
_OF_BATCHES = {"sampler", "shuffle", "drop_last"}


class JoiningDataLoader(DataLoader):
    """torch's loader, in which a last batch of one row is joined to the one before.

    Parameters
    ----------
    dataset : Dataset
        With a length.
    batch_size : int, default=1
        Rows of a batch.
    **options : dict
        Of torch's loader. A ``batch_sampler`` stays as it is.
    """

    def __init__(self, dataset, batch_size=1, **options):
        sampler, size = options.get("sampler"), batch_size or 0
        rows = dataset if sampler is None else sampler
        n_rows = len(rows) if hasattr(rows, "__len__") else 0
        own = options.get("batch_sampler") is not None or options.get("drop_last")
        if n_rows > size > 1 and n_rows % size == 1 and not own:
            if sampler is None and options.get("shuffle"):
                sampler = RandomSampler(dataset, generator=options.get("generator"))
            elif sampler is None:
                sampler = SequentialSampler(dataset)
            options = {k: v for k, v in options.items() if k not in _OF_BATCHES}
            options["batch_sampler"] = _JoinedBatches(sampler, size, drop_last=False)
            batch_size = 1  # torch needs it beside batches
        super().__init__(dataset, batch_size=batch_size, **options)


class _JoinedBatches(BatchSampler):
    """Batches of positions, of which the last has one more than the others."""

    def __iter__(self):
        before = None
        for batch in super().__iter__():
            if len(batch) == 1:
                batch = before + batch
            elif before is not None:
                yield before
            before = batch
        yield before

    def __len__(self):
        return super().__len__() - 1
