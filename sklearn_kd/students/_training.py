"""The training loop of the NumPy student: batches, schedule, stopping, interruption."""

import warnings
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy.sparse import issparse

from sklearn_kd.students._network import Parameters, Workspace, backward, forward
from sklearn_kd.students._optimizer import AdamW, cosine_rate

#: Share of a time limit at which training aims: an epoch ends with a validation.
_TRAINING_SHARE = 0.95

#: Least squared length of an input row, in columns, for the first weights. Where most
#: columns are 0 in most rows, as words are, their weights are seldom trained, and what
#: they start with stays in the answers as noise: with 1, the length of a TF-IDF row,
#: students of a text set had three times the divergence. Encoded tables are above it.
LEAST_NORM = 1 / 8

#: Share of all steps that the learning rate takes to rise, and its bound in steps.
WARMUP_SHARE, WARMUP_STEPS = 0.05, 200


def automatic_batch_size(n_samples):
    """Choose the number of rows of a step: 128, and 256 where there are many.

    Parameters
    ----------
    n_samples : int
        Training rows.

    Returns
    -------
    int
        The number.
    """
    return 128 if n_samples < 20_000 else 256


def automatic_epochs(n_samples, batch_size):
    """Choose a number of epochs: what makes 8000 steps, but no more than 100.

    Parameters
    ----------
    n_samples : int
        Training rows.
    batch_size : int
        Largest number of rows of a step.

    Returns
    -------
    int
        The number.
    """
    n_batches = -(-n_samples // batch_size)
    return min(-(-8000 // n_batches), 100)


@dataclass(frozen=True)
class Rows:
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
    def prepare(cls, X, codes, soft_targets, sample_weight, loss, dtype):
        """Prepare the targets of rows for a loss, and bring their weights to mean 1."""
        targets, constant = loss.prepare(codes, soft_targets, dtype)
        weight = sample_weight / sample_weight.mean()
        mean_constant = float(constant @ weight) / len(constant)
        uniform = bool((weight == 1).all())
        weight = None if uniform else weight.astype(dtype)
        return cls(X, targets, weight, mean_constant)

    def __len__(self):
        return self.targets.shape[0]

    def input_norm(self):
        """Weighted mean of the squared length of the encoded rows, from below bounded.

        Returns
        -------
        float
            At least a share of the number of columns.
        """
        squares = self.X.multiply(self.X) if issparse(self.X) else np.square(self.X)
        norms = np.asarray(squares.sum(axis=1, dtype=np.float64)).ravel()
        norm = float(np.average(norms, weights=self.weight))
        return max(norm, LEAST_NORM * self.X.shape[1])


@dataclass
class History:
    """What happened: losses an epoch, and the epochs and steps that were taken."""

    loss_curve: list = field(default_factory=list)
    validation_loss_curve: list = field(default_factory=list)
    n_iter: int = 0
    n_steps: int = 0
    best_loss: float = np.inf


class Trainer:
    """Train a network on rows.

    Parameters
    ----------
    parameters : Parameters
        Initialised; changed in place.
    activation : str
        Of the hidden layers.
    loss : object
        With ``value_and_gradient``, as in :mod:`sklearn_kd.losses`.
    batch_size : int
        The largest number of rows of a batch. Batches are made equally large.
    max_iter : int
        Number of epochs, over which the learning rate follows its schedule.
    learning_rate_init : float
        The largest learning rate.
    weight_decay : float
        Decoupled, on weights and not on biases.
    n_iter_no_change : int or None
        With validation rows: stop after so many epochs without an improvement, and
        keep the best weights. None records their loss only.
    tol : float
        What counts as one.
    deadline : Deadline
        When training has to be done.
    verbose : bool
        Print a line an epoch.
    """

    def __init__(
        self,
        parameters,
        activation,
        loss,
        *,
        batch_size,
        max_iter,
        learning_rate_init,
        weight_decay,
        n_iter_no_change,
        tol,
        deadline,
        verbose,
    ):
        self.parameters = parameters
        self.activation = activation
        self.loss = loss
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.learning_rate_init = learning_rate_init
        self.weight_decay = weight_decay
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.deadline = deadline
        self.verbose = verbose

    def train(self, rows, validation, generator):
        """Run the epochs.

        Parameters
        ----------
        rows : Rows
            What to learn from.
        validation : Rows or None
            What decides about stopping.
        generator : numpy.random.Generator
            Shuffles the rows.

        Returns
        -------
        History
            The losses.

        Raises
        ------
        ValueError
            When the loss or a weight is no longer finite.
        """
        flat = self.parameters.flat
        n_batches = -(-len(rows) // self.batch_size)
        bounds = np.linspace(0, len(rows), n_batches + 1).astype(int)
        batch_size = int(np.diff(bounds).max())
        self.workspace = Workspace(self.parameters, batch_size)
        self.optimizer = AdamW(
            flat.size, flat.dtype, self._decay_mask(), self.weight_decay
        )
        self.gather = _Gather(rows, batch_size)
        self.wanted = self.n_steps = self.max_iter * n_batches
        self.started = self.deadline.elapsed()
        history = History()
        best = flat.copy()
        waited = 0
        stopping = validation is not None and self.n_iter_no_change is not None
        try:
            for epoch in range(self.max_iter):
                value = self._epoch(rows, bounds, generator) + rows.constant
                history.loss_curve.append(value)
                history.n_iter = epoch + 1
                if validation is not None:
                    value = self.evaluate(validation)
                    history.validation_loss_curve.append(value)
                    waited = 0 if value < history.best_loss - self.tol else waited + 1
                self._report(history)
                if not stopping or value < history.best_loss:
                    history.best_loss = value
                    best[...] = flat
                if stopping and waited >= self.n_iter_no_change:
                    break
                if self._out_of_time():
                    break
        except KeyboardInterrupt:
            warnings.warn(
                f"Training interrupted by user after {history.n_iter} epochs; the best "
                "weights so far are kept.",
                stacklevel=2,
            )
        if self.n_steps < self.wanted:
            warnings.warn(
                f"Training was shortened from {self.wanted} to "
                f"{self.optimizer.n_steps} steps, to be done within the "
                f"{self.deadline.seconds:.3g} seconds that time_limit left for it.",
                stacklevel=2,
            )
        flat[...] = best
        history.n_steps = self.optimizer.n_steps
        return history

    def evaluate(self, rows):
        """Compute the mean loss of rows, in blocks of the batch size."""
        total, size = 0.0, len(self.workspace.ones)
        for start in range(0, len(rows), size):
            part = slice(start, start + size)
            logits = self._forward(rows.X[part])[-1]
            weight = 1.0 if rows.weight is None else rows.weight[part]
            gradient = self.workspace.deltas[-1][: len(logits)]
            total += self.loss.value_and_gradient(
                logits, rows.targets[part], weight, gradient
            )
        return total / len(rows) + rows.constant

    def _epoch(self, rows, bounds, generator):
        n_batches = len(bounds) - 1
        order = generator.permutation(len(rows)) if n_batches > 1 else None
        total, done = 0.0, 0
        for start, stop in pairwise(bounds):
            # not before the first batch: an epoch without a step has no loss
            if start and self._out_of_time():
                break
            index = None if order is None else order[start:stop]
            total += self._step(*self.gather(index)) * (stop - start)
            done = stop
        if not (np.isfinite(total) and np.isfinite(self.parameters.flat).all()):
            self._diverged()
        return total / done

    def _out_of_time(self):
        """Shorten the schedule to what fits into the time; say whether it is over."""
        step = self.optimizer.n_steps
        if self.deadline.limited and step % 20 == 0 and step:
            # a coarse clock may not have moved at all
            each = max(self.deadline.elapsed() - self.started, 1e-9) / step
            left = int(self.deadline.left(_TRAINING_SHARE) / each)
            self.n_steps = min(self.wanted, step + max(left, 0))
        return step >= self.n_steps

    def _step(self, X, targets, weight):
        layers = self._forward(X)
        n_samples = len(targets)
        weight = 1 / n_samples if weight is None else weight / n_samples
        gradient = self.workspace.deltas[-1][:n_samples]
        value = self.loss.value_and_gradient(layers[-1], targets, weight, gradient)
        if not np.isfinite(value):
            self._diverged()
        backward(X, layers, self.workspace, self.parameters, self.activation)
        step = self.optimizer.n_steps
        warmup = min(WARMUP_STEPS, int(WARMUP_SHARE * self.n_steps))
        rate = cosine_rate(step, self.n_steps, self.learning_rate_init, warmup)
        self.optimizer.step(self.parameters.flat, self.workspace.gradient.flat, rate)
        return value

    def _forward(self, X):
        return forward(X, self.parameters, self.activation, self.workspace.layers)

    def _decay_mask(self):
        mask = Parameters(self.parameters.sizes, self.parameters.flat.dtype)
        for coef in mask.coefs:
            coef[...] = 1
        return mask.flat

    def _diverged(self):
        raise ValueError(
            "Training diverged: the loss or a weight is NaN or infinite after "
            f"{self.optimizer.n_steps} steps at learning_rate_init="
            f"{self.learning_rate_init:g}. Lower learning_rate_init, or use "
            'encoder="auto", which brings every column to a common scale.'
        )

    def _report(self, history):
        if self.verbose:
            line = f"Iteration {history.n_iter}, loss = {history.loss_curve[-1]:.6f}"
            if history.validation_loss_curve:
                line += f", validation loss = {history.validation_loss_curve[-1]:.6f}"
            print(line, flush=True)


class _Gather:
    """Copy the rows of a batch into buffers that every step uses again."""

    def __init__(self, rows, batch_size):
        self.rows = rows
        self.sparse = issparse(rows.X)
        if not self.sparse:
            self.X = np.empty((batch_size, rows.X.shape[1]), rows.X.dtype)
        self.targets = np.empty((batch_size, rows.targets.shape[1]), rows.targets.dtype)

    def __call__(self, index):
        rows = self.rows
        if index is None:
            return rows.X, rows.targets, rows.weight
        n_samples = len(index)
        if self.sparse:
            X = rows.X[index]
        else:  # mode="clip" writes into `out` without a buffer; no index is outside
            X = self.X[:n_samples]
            rows.X.take(index, axis=0, out=X, mode="clip")
        targets = self.targets[:n_samples]
        rows.targets.take(index, axis=0, out=targets, mode="clip")
        weight = None if rows.weight is None else rows.weight[index]
        return X, targets, weight
