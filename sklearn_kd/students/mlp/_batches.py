"""Batches of encoded rows for training: encoded once, or part by part if too large."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse

from sklearn_kd._compat import num_samples, safe_indexing
from sklearn_kd._tables.taking import read_rows
from sklearn_kd.losses._registry import LOSSES, check_form
from sklearn_kd.students.encoder._encoding import encode
from sklearn_kd.students.mlp.steps._cell_rows import CellRows
from sklearn_kd.students.mlp.steps._cells import CellPlan
from sklearn_kd.students.mlp.steps._runs import Run, bounds_of

#: Encoded rows that would take more bytes are encoded again in every epoch.
MOST_BYTES = 2**30

#: Rows that lie next to each other and are read together; how many such chunks are
#: shuffled together; about how many rows are encoded at once; and from how many
#: the length of an encoded row is estimated.
CHUNK_ROWS, CHUNKS, ENCODED_ROWS, NORM_ROWS = 1024, 64, 4096, 20_000

#: Least squared length of an input row, in columns, for the first weights. Where most
#: columns are 0 in most rows, as words are, their weights are seldom trained, and what
#: they start with stays in the predictions as noise: with 1, the length of a TF-IDF
#: row, students of a text set had three times the divergence. Encoded tables are above
#: it.
LEAST_NORM = 1 / 8


def loss_of(transfer_set):
    """Make the loss that the soft targets of rows are for, of a network's outputs."""
    soft, factor = transfer_set.soft, transfer_set.task.factor
    check_form(soft.loss, "NumPy")
    loss = LOSSES[soft.loss].for_soft(soft)
    return loss if factor is None else OfMultiples(loss, factor)


class OfMultiples:
    """A loss of outputs that are multiplied by a factor first.

    It is divided by the mean square of the factors: so where targets vary little it is
    about as large, and its gradient too, as where they vary much.

    Parameters
    ----------
    loss : RegressionLoss
        The loss.
    factor : ndarray of shape (n_outputs,), float64
        For each output.
    """

    def __init__(self, loss, factor):
        self.loss, self.factor = loss, factor
        self.unit = float(np.mean(factor**2))

    def prepare(self, hard, soft_targets, dtype):
        """Prepare targets as the loss does."""
        targets, constant = self.loss.prepare(hard, soft_targets, dtype)
        return targets, constant / self.unit

    def value_and_gradient(self, outputs, targets, weight, gradient):
        """Evaluate a batch as the loss does; the outputs are overwritten."""
        outputs *= self.factor
        value = self.loss.value_and_gradient(outputs, targets, weight, gradient)
        gradient *= self.factor / self.unit
        return value / self.unit


def prepare_batches(encoder, transfer_set, loss, dtype, *, by_parts=False):
    """Make training or validation rows, in the way that fits into memory.

    Parameters
    ----------
    encoder : transformer, CellPlan or None
        Fitted, or its cells, which rows are kept as.
    transfer_set : TransferSet
        The rows with their targets.
    loss : object
        As in :mod:`sklearn_kd.losses`.
    dtype : str
        Of the network.
    by_parts : bool, default=False
        Whether other rows of the run do not fit, so that these should not try.

    Returns
    -------
    Batches or BatchesByParts
        The rows.
    """
    n_rows, X = len(transfer_set), transfer_set.X
    if not issparse(X):
        probe = _encode(encoder, safe_indexing(X, slice(1)), dtype)
        dense = not issparse(probe)
        if dense and (by_parts or n_rows * probe.nbytes > MOST_BYTES):
            return BatchesByParts(encoder, transfer_set, loss, dtype)
    targets = transfer_set.task.for_network(transfer_set.hard, transfer_set.soft)
    encoded = _encode(encoder, read_rows(X), dtype)
    return Batches.prepare(encoded, *targets, transfer_set.weight, loss, dtype)


def _encode(encoder, X, dtype):
    """Encode rows, or find their cells."""
    if isinstance(encoder, CellPlan):
        return encoder.encode(X)
    return encode(encoder, X, dtype)


@dataclass(frozen=True)
class Batches:
    """Encoded rows with prepared targets.

    Parameters
    ----------
    X : {ndarray, CSR matrix} of shape (n_samples, n_inputs)
        Encoded rows.
    targets : ndarray of shape (n_samples, n_columns)
        What a loss's ``prepare`` returned.
    weight : ndarray of shape (n_samples,) or None
        Row weights with mean 1; None stands for ones.
    constant : float
        Weighted mean of what has to be added to the loss.
    """

    X: object
    targets: np.ndarray
    weight: np.ndarray | None
    constant: float

    @classmethod
    def prepare(cls, X, hard, soft_targets, sample_weight, loss, dtype):
        """Prepare the targets of rows for a loss, and bring their weights to mean 1."""
        targets, constant = loss.prepare(hard, soft_targets, dtype)
        weight = sample_weight / sample_weight.mean()
        mean_constant = float(constant @ weight) / len(constant)
        uniform = bool((weight == 1).all())
        weight = None if uniform else weight.astype(dtype)
        return cls(X, targets, weight, mean_constant)

    def __len__(self):
        return self.targets.shape[0]

    @property
    def n_inputs(self):
        """Number of encoded columns."""
        return self.X.shape[1]

    @property
    def plan(self):
        """The cells that rows are kept as, or None."""
        return self.X.plan if isinstance(self.X, CellRows) else None

    def input_norm(self):
        """Weighted mean squared length of the encoded rows, bounded from below."""
        return _mean_norm(self.X, self.weight)

    def n_batches(self, batch_size):
        """Number of batches that an epoch has."""
        return -(-len(self) // batch_size)

    def runs(self, batch_size, generator):
        """Give runs over all rows once, in random order and in equally large batches.

        No batch is larger than `batch_size`; the generator shuffles the rows.
        """
        n_batches = self.n_batches(batch_size)
        order = generator.permutation(len(self)) if n_batches > 1 else None
        bounds = bounds_of(len(self), n_batches)
        yield Run(self.X, self.targets, self.weight, order, bounds)

    def blocks(self, size):
        """Give runs over all rows in their order, in blocks of a size."""
        bounds = np.append(np.arange(0, len(self), size), len(self))
        yield Run(self.X, self.targets, self.weight, None, bounds)


class BatchesByParts:
    """Rows that are encoded batch by batch during training, and not kept.

    They are read in chunks of neighbouring rows, which a file on disk gives quickly,
    and many chunks from all over the table are shuffled together, so that rows in an
    order of their own still make mixed batches.

    Parameters
    ----------
    encoder : transformer, CellPlan or None
        As for :func:`prepare_batches`.
    transfer_set : TransferSet
        The rows with their targets.
    loss : object
        As in :mod:`sklearn_kd.losses`.
    dtype : str
        Of the network.

    Attributes
    ----------
    constant : float
        Weighted mean of what has to be added to the loss, over the rows that were
        given since :meth:`runs` or :meth:`blocks` began.
    """

    def __init__(self, encoder, transfer_set, loss, dtype):
        self.encoder = encoder
        self.transfer_set = transfer_set
        self.loss = loss
        self.dtype = dtype
        self.mean_weight = transfer_set.weight.mean()
        self.uniform = bool((transfer_set.weight == self.mean_weight).all())
        self._restart()
        self.n_inputs = self._encoded(slice(1))[0].shape[1]

    def __len__(self):
        return len(self.transfer_set)

    @property
    def plan(self):
        """The cells that rows are kept as, or None."""
        return self.encoder if isinstance(self.encoder, CellPlan) else None

    @property
    def constant(self):
        """Weighted mean of what has to be added to the loss."""
        return self._constant / max(self._n_given, 1)

    def _restart(self):
        self._constant, self._n_given = 0.0, 0

    def input_norm(self):
        """As that of :class:`Batches`, of some rows from all over the table."""
        step = -(-len(self) // NORM_ROWS)
        X, _, weight = self._encoded(slice(None, None, step))
        return _mean_norm(X, weight)

    def n_batches(self, batch_size):
        """Number of batches that an epoch has."""
        whole, rest = divmod(len(self), CHUNK_ROWS * CHUNKS)
        each = -(-CHUNK_ROWS * CHUNKS // batch_size)
        return whole * each + -(-rest // batch_size)

    def runs(self, batch_size, generator):
        """Give all rows once, as :meth:`Batches.runs`, but chunk by chunk."""
        self._restart()
        n_whole = len(self) // CHUNK_ROWS
        # what is left over comes last: then each epoch has as many batches
        chunks = np.append(generator.permutation(n_whole), n_whole)
        for first in range(0, len(chunks), CHUNKS):
            starts = chunks[first : first + CHUNKS, None] * CHUNK_ROWS
            rows = (starts + np.arange(CHUNK_ROWS)).ravel()
            rows = rows[rows < len(self)]
            if len(rows):
                yield from self._shuffled(rows, batch_size, generator)

    def _shuffled(self, rows, batch_size, generator):
        X = safe_indexing(self.transfer_set.X, rows)
        order = generator.permutation(len(rows))
        bounds = bounds_of(len(rows), -(-len(rows) // batch_size))
        step = max(ENCODED_ROWS // batch_size, 1)
        for first in range(0, len(bounds) - 1, step):
            ends = bounds[first : first + step + 1]
            part = order[ends[0] : ends[-1]]
            X_part, targets, weight = self._encoded(rows[part], safe_indexing(X, part))
            yield Run(X_part, targets, weight, None, ends - ends[0])

    def blocks(self, size):
        """Give all rows in their order, as :meth:`Batches.blocks`."""
        self._restart()
        read = max(ENCODED_ROWS // size, 1) * size
        for start in range(0, len(self), read):
            X, targets, weight = self._encoded(slice(start, start + read))
            bounds = np.append(np.arange(0, len(targets), size), len(targets))
            yield Run(X, targets, weight, None, bounds)

    def _encoded(self, rows, X=None):
        """Encode some rows, and prepare their targets."""
        table = self.transfer_set
        X = safe_indexing(table.X, rows) if X is None else X
        given = table.task.for_network(table.hard[rows], table.soft[rows])
        targets, constant = self.loss.prepare(*given, self.dtype)
        weight = table.weight[rows] / self.mean_weight
        self._constant += float(constant @ weight)
        self._n_given += num_samples(X)
        weight = None if self.uniform else weight.astype(self.dtype)
        return _encode(self.encoder, X, self.dtype), targets, weight


@np.errstate(over="ignore")  # what is not finite is found in training
def _mean_norm(X, weight):
    if isinstance(X, CellRows):
        norms = X.square_norms()
    else:
        squares = X.multiply(X) if issparse(X) else np.square(X)
        norms = np.asarray(squares.sum(axis=1, dtype=np.float64)).ravel()
    norm = float(np.average(norms, weights=weight))
    return max(norm, LEAST_NORM * X.shape[1])
