"""The training loop of the NumPy student: batches, schedule, stopping, interruption."""

from dataclasses import dataclass, field

import numpy as np

from sklearn_kd._messages import warn
from sklearn_kd._native import NUMPY
from sklearn_kd._parameters import plain_number
from sklearn_kd._run.parts import is_part
from sklearn_kd._run.progress import Pace
from sklearn_kd._run.random import INITIALIZE, SHUFFLE, stream
from sklearn_kd.students.mlp._batches import (
    BatchesByParts,
    loss_of,
    prepare_batches,
)
from sklearn_kd.students.mlp._network import (
    Parameters,
    check_hidden_layer_sizes,
)
from sklearn_kd.students.mlp.steps._compiled import CompiledNetwork, cells_of
from sklearn_kd.students.mlp.steps._numpy import NumPyNetwork
from sklearn_kd.students.mlp.steps._optimizer import AdamW
from sklearn_kd.students.mlp.steps._schedule import (
    WARMUP_SHARE,
    WARMUP_STEPS,
    epochs_of,
    linear_rate,
    rows_of_step,
)

#: Share of a time limit at which training aims: an epoch ends with a validation.
_TRAINING_SHARE = 0.95

#: Early steps after which the clock is looked at, as it is after each twentieth.
_LOOKS = frozenset([1, 2, 5, 10])

#: Most steps that are taken at once: within some hundredths of a second a signal is
#: looked at.
_MOST_AT_ONCE = 20

#: Training that was cut has learned where it brought the loss of the mean target
#: below this share, on about so many rows.
_LEARNED, _TESTED_ROWS = 0.9, 2000

#: Training that diverges ends in an error, which is clearer than NumPy's warnings.
_NO_WARNINGS = np.errstate(over="ignore", invalid="ignore")


@dataclass
class History:
    """What happened: losses an epoch, epochs and steps taken, and what took them."""

    loss_curve: list = field(default_factory=list)
    validation_loss_curve: list = field(default_factory=list)
    n_iter: int = 0
    n_steps: int = 0
    best_loss: float = np.inf
    kernel: str = NUMPY


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
        Print the loss of the first and the last epoch, and of others once a second.
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
        self.batch_size = int(batch_size)
        self.max_iter = max_iter
        self.learning_rate_init = float(learning_rate_init)
        self.weight_decay = float(weight_decay)
        self.n_iter_no_change = n_iter_no_change
        self.tol = float(tol)
        self.deadline = deadline
        self.verbose = verbose

    def train(self, rows, validation, generator, task, mean_target, stage):
        """Run the epochs.

        Parameters
        ----------
        rows : Batches
            What to learn from.
        validation : Batches or None
            What decides about stopping.
        generator : numpy.random.Generator
            Shuffles the rows.
        task : Classification
            Gives the outputs where nothing is learned.
        mean_target : ndarray of shape (n_outputs,)
            Of the rows: the best constant prediction.
        stage : Stage
            Its steps are the epochs.

        Returns
        -------
        History
            The losses.

        Warns
        -----
        UserWarning
            When a deadline cut the run, and where that left little learned.

        Raises
        ------
        ValueError
            When the loss, a weight or an output is no longer finite.
        """
        flat = self.parameters.flat
        self.start(rows)
        self.wanted = self.n_steps = self.max_iter * rows.n_batches(self.batch_size)
        self.started = self.deadline.elapsed()
        history = History(kernel=self.network.kernel)
        if self.verbose:
            print(f"Training kernel: {history.kernel}", flush=True)
        best = flat.copy()
        waited, pace = 0, Pace()
        stopping = validation is not None and self.n_iter_no_change is not None
        try:
            for epoch in range(self.max_iter):
                value = self._epoch(rows, generator) + rows.constant
                history.loss_curve.append(value)
                history.n_iter = epoch + 1
                if validation is not None:
                    value = self.evaluate(validation)
                    if not np.isfinite(value):
                        self._diverged()
                    history.validation_loss_curve.append(value)
                    waited = 0 if value < history.best_loss - self.tol else waited + 1
                if not stopping or value < history.best_loss:
                    history.best_loss = value
                    best[...] = flat
                ends = stage.advance()
                ends |= stopping and waited >= self.n_iter_no_change
                ends = ends or self._out_of_time()
                if ends or epoch in (0, self.max_iter - 1) or pace.is_due():
                    self._report(history)
                if ends:
                    break
        except KeyboardInterrupt:
            if is_part():
                raise
            warn(
                f"Training interrupted by user after {history.n_iter} epochs; the best "
                "weights so far are kept.",
            )
        flat[...] = best
        self.check_outputs(rows)
        history.n_steps = self.optimizer.n_steps
        if self.n_steps < self.wanted and not is_part():
            warn(
                f"Training was shortened from {self.wanted} to {history.n_steps} "
                f"steps, to be done within the {self.deadline.seconds:.3g} seconds "
                f"that time_limit left for it."
                + self._little_learned(rows, task, mean_target),
            )
        return history

    def _little_learned(self, rows, task, mean_target):
        """Describe a loss that is hardly lower than that of the mean target alone."""
        loss = self.evaluate(rows, most=_TESTED_ROWS)
        *_, last = self.parameters.coefs
        kept = last.copy(), self.parameters.intercepts[-1].copy()
        last[...] = 0
        self.parameters.intercepts[-1][...] = task.start(mean_target)
        alone = self.evaluate(rows, most=_TESTED_ROWS)
        last[...], self.parameters.intercepts[-1][...] = kept
        if loss < _LEARNED * alone:
            return ""
        return (
            f" That is too few to learn: the loss on training rows is {loss:.3g}, and "
            f"{alone:.3g} for {task.baseline} alone. Raise time_limit, or take fewer "
            "columns or a smaller student."
        )

    def start(self, rows):
        """Allocate what a run on such rows needs."""
        self.optimizer = AdamW(
            self.parameters.flat, self.parameters.coefs, self.weight_decay
        )
        made_of = self.parameters, self.activation, self.optimizer, self.loss
        self.block_size = min(self.batch_size, len(rows))
        if rows.plan is None:
            self.network = NumPyNetwork(*made_of, self.block_size)
        else:
            self.network = CompiledNetwork(rows.plan, *made_of, self.block_size)

    @_NO_WARNINGS
    def evaluate(self, rows, most=None):
        """Compute the mean loss of rows, or of the first few, block by block."""
        total, done = 0.0, 0
        for block in rows.blocks(self.block_size):
            for part in self.network.parts(block, _MOST_AT_ONCE):
                total += self.network.loss_of(part)
                done += len(part)
                if most is not None and done >= most:
                    return total / done + rows.constant
        return total / done + rows.constant

    @_NO_WARNINGS
    def check_outputs(self, rows):
        """Refuse weights that predict NaN: no loss was computed after the last step."""
        batch = next(next(iter(rows.blocks(self.block_size))).batches())
        if not np.isfinite(self.network.forward(batch.X)).all():
            self._diverged()

    @_NO_WARNINGS
    def _epoch(self, rows, generator):
        total, done = 0.0, 0
        for part in self._parts(rows, generator):
            # not before the first step: an epoch without one has no loss
            if done and self._out_of_time():
                break
            total += self._step(part)
            done += len(part)
        if not (np.isfinite(total) and np.isfinite(self.parameters.flat).all()):
            self._diverged()
        return total / done

    def _parts(self, rows, generator):
        """Give what is learned at once, for all rows once."""
        # with a deadline the clock is looked at between steps
        most = 1 if self.deadline.limited else _MOST_AT_ONCE
        for run in rows.runs(self.batch_size, generator):
            yield from self.network.parts(run, most)

    def _out_of_time(self):
        """Shorten the schedule to the time that is left; return whether it is over."""
        step = self.optimizer.n_steps
        if self.deadline.limited and (step % 20 == 0 or step in _LOOKS) and step:
            # a coarse clock may not have moved at all
            each = max(self.deadline.elapsed() - self.started, 1e-9) / step
            left = int(self.deadline.left(_TRAINING_SHARE) / each)
            self.n_steps = min(self.wanted, step + max(left, 0))
        return step >= self.n_steps

    def _step(self, part):
        """Take the steps of a part of a run, which is one where they are timed."""
        value = self.network.learn(part, self._rate)
        if not np.isfinite(value):
            self._diverged()
        return value

    def _rate(self):
        step = self.optimizer.n_steps
        warmup = min(WARMUP_STEPS, int(WARMUP_SHARE * self.n_steps))
        return linear_rate(step, self.n_steps, self.learning_rate_init, warmup)

    def _diverged(self):
        raise ValueError(
            "Training diverged: the loss, a weight or an output is not finite after "
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


def fit_network(student, train, validation, task, seed, deadline, progress):
    """Encode rows, and train a network of the student's settings on them.

    Parameters
    ----------
    student : MLPStudent
        With its parameters and a fitted ``encoder_``.
    train, validation : TransferSet
        Rows with their targets; no validation rows are None.
    task : Classification
        Gives the number of outputs, and those where nothing is learned.
    seed : int
        Decides weights and order.
    deadline : Deadline
        When training has to be done.
    progress : Progress
        Whose task the training is.

    Returns
    -------
    parameters : Parameters
        Rounded to half precision where they are float32.
    history : History
        Of the run.
    """
    loss = loss_of(train)
    encoder = cells_of(student.encoder_, student.dtype) or student.encoder_
    rows = prepare_batches(encoder, train, loss, student.dtype)
    if validation is not None:
        by_parts = isinstance(rows, BatchesByParts)
        validation = prepare_batches(
            encoder, validation, loss, student.dtype, by_parts=by_parts
        )
    hidden = check_hidden_layer_sizes(student.hidden_layer_sizes)
    sizes = [rows.n_inputs, *hidden, task.n_outputs]
    parameters = Parameters(sizes, student.dtype)
    parameters.initialize(
        stream(seed, INITIALIZE),
        student.activation,
        rows.input_norm(),
        task.spread_at_first,
    )
    batch_size = rows_of_step(student, len(rows))
    max_iter = epochs_of(student, len(rows))
    patience = plain_number(student.n_iter_no_change)
    if not student.early_stopping:
        patience = None
    elif patience == "auto":
        patience = -(-max_iter // 2)
    trainer = Trainer(
        parameters,
        student.activation,
        loss,
        batch_size=batch_size,
        max_iter=max_iter,
        learning_rate_init=student.learning_rate_init,
        weight_decay=student.weight_decay,
        n_iter_no_change=patience,
        tol=student.tol,
        deadline=deadline,
        verbose=student.verbose,
    )
    name = f"train {type(student).__name__} on {len(rows)} rows"
    with progress.steps(name, max_iter, unit="epochs", step="epoch") as stage:
        history = trainer.train(
            rows, validation, stream(seed, SHUFFLE), task, train.mean_target(), stage
        )
    parameters.round_to_half()
    return parameters, history
