"""Learning from a stream: one batch of rows after the other, each used once."""

from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import issparse
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._rows import TransferSet
from sklearn_kd._run.deadline import Deadline
from sklearn_kd._run.random import INITIALIZE, SHUFFLE, as_seed, stream
from sklearn_kd._tables.building import alike, stack_rows
from sklearn_kd._tables.columns import column_kinds
from sklearn_kd._tables.doubtful_levels import already_warned, check_levels
from sklearn_kd._tables.taking import read_rows
from sklearn_kd.students.encoder._encoding import (
    check_types,
    fit_encoder,
    wider_ranges,
)
from sklearn_kd.students.encoder.encoder import TabularEncoder
from sklearn_kd.students.mlp._batches import loss_of, prepare_batches
from sklearn_kd.students.mlp._encoder_fit import bare_encoder
from sklearn_kd.students.mlp._network import Parameters, check_hidden_layer_sizes
from sklearn_kd.students.mlp._stream_columns import SeenColumns
from sklearn_kd.students.mlp._training import History, Trainer

#: Rows of a step where ``batch_size`` is "auto"; steps of the warm-up.
BATCH, WARMUP_STEPS = 128, 50

#: From so many rows on the encoder stays as it is fitted. Streams of five tables that
#: start with one row and go on in tens ended within .03 of each other with 32, 64 and
#: 100 here, and .07 to .88 lower with 1.
FEW_ROWS = 64

#: The weights that predict are a moving average over a tenth of the steps so far, at
#: most so many: a learning rate that never falls leaves noise in those of any one step.
MOST_AVERAGED = 1000


class StreamTrainer(Trainer):
    """Train on a batch of a stream: a warm-up, a constant learning rate, an average.

    Parameters
    ----------
    student : MLPStudent
        For its parameters.
    parameters : Parameters
        The average weights; changed in place.
    loss : object
        As in :mod:`sklearn_kd.losses`.
    """

    def __init__(self, student, parameters, loss):
        batch_size = BATCH if student.batch_size == "auto" else student.batch_size
        super().__init__(
            parameters,
            student.activation,
            loss,
            batch_size=batch_size,
            max_iter=1,
            learning_rate_init=student.learning_rate_init,
            weight_decay=student.weight_decay,
            n_iter_no_change=None,
            tol=student.tol,
            deadline=Deadline(),
            verbose=student.verbose,
        )

    def learn(self, rows, state):
        """Go over the rows once.

        Parameters
        ----------
        rows : Batches or BatchesByParts
            The batch.
        state : dict
            What :meth:`MLPStudent.partial_fit` keeps.

        Returns
        -------
        value : float
            The mean loss of the rows.
        state : dict
            What it is to keep now.
        """
        averaged = self.parameters
        self.average = averaged.flat
        self.parameters = Parameters(averaged.sizes, self.average.dtype)
        self.parameters.flat[...] = state.get("weights", self.average)
        self.start(rows)
        self.optimizer.n_steps = state["n_steps"]
        if state["n_steps"]:
            mean, square = state["moments"]
            np.copyto(self.optimizer.mean, mean)
            np.copyto(self.optimizer.square, square)
        # what fails half-way, or is learned by a copy, must not change the old state
        generator = deepcopy(state["generator"])
        value = self._epoch(rows, generator) + rows.constant
        if not np.isfinite(self.optimizer.square).all():
            self._diverged()
        self.network.parameters = averaged
        self.check_outputs(rows)
        return value, {
            "n_steps": self.optimizer.n_steps,
            "weights": self.parameters.flat,
            "moments": (self.optimizer.mean, self.optimizer.square),
            "generator": generator,
        }

    def _step(self, part):
        value = super()._step(part)
        share = 10 / (self.optimizer.n_steps + 9)
        change = self.network.workspace.gradient.flat  # done with
        np.subtract(self.parameters.flat, self.average, out=change)
        change *= max(share, 1 / MOST_AVERAGED)
        self.average += change
        return value

    def _out_of_time(self):
        return False

    def _rate(self):
        rise = min((self.optimizer.n_steps + 1) / WARMUP_STEPS, 1)
        return self.learning_rate_init * rise


@dataclass(frozen=True)
class Beginning:
    """The first rows of a stream, kept while they are too few to fit an encoder on.

    A column that is constant in them is dropped by the encoder, a level that is not
    among them is unknown, and numbers have other units. So the encoder is fitted anew
    whenever twice as many rows have come, the units are taken from these, and
    everything is learned again with both, in the order in which it came.

    Parameters
    ----------
    seed : int
        Of the stream.
    batches : tuple of TransferSet, default=()
        What has come.
    n_encoded : int, default=0
        Number of rows that the encoder has been fitted on.
    seen : SeenColumns or None, default=None
        What their columns hold; None for encoders with rules of their own.
    warned : frozenset, default=frozenset()
        Names of the columns that need no further warning.
    """

    seed: int
    batches: tuple = ()
    n_encoded: int = 0
    seen: SeenColumns | None = None
    warned: frozenset = frozenset()

    def __len__(self):
        return sum(len(batch) for batch in self.batches)

    def add(self, batch):
        """Add a batch that fits to the others; a copy, as long as it is to be kept."""
        n_rows, seen = len(batch), self.seen
        kept = len(self) + n_rows < FEW_ROWS
        if seen is not None and (kept or self.batches) and not issparse(batch.X):
            seen = seen.add(read_rows(batch.X))
        if kept:
            batch = batch.at(np.arange(n_rows))
        return replace(self, batches=(*self.batches, batch), seen=seen)

    def is_due(self):
        """Return whether the encoder is to be fitted anew."""
        return len(self) >= min(max(2 * self.n_encoded, 1), FEW_ROWS)

    def packed(self):
        """Write it as a dict of values that a pickle may name."""
        kept = ("X", "hard", "weight", "soft")
        batches = [{name: getattr(b, name) for name in kept} for b in self.batches]
        seen, warned = self.seen and self.seen.packed(), [*self.warned]
        return {**vars(self), "batches": batches, "seen": seen, "warned": warned}

    @classmethod
    def unpacked(cls, state, task):
        """Undo :meth:`packed`."""
        batches = tuple(TransferSet(**batch, task=task) for batch in state["batches"])
        seen = state["seen"] and SeenColumns.unpacked(state["seen"])
        warned = frozenset(state["warned"])
        return cls(**{**state, "batches": batches, "seen": seen, "warned": warned})

    def rows(self):
        """Give all rows in one; their loss is that of the first."""
        first, *others = self.batches
        if not others:
            return first
        X = first.X
        for batch in others:
            X = stack_rows(*alike(X, batch.X))
        return first.join(others, read_rows(X))


@dataclass(frozen=True)
class Learned:
    """What a batch changes in the student, once all of it has been learned.

    Parameters
    ----------
    task : Classification or Regression
        With the units of the weights.
    encoder : transformer or None
        Fitted.
    parameters : Parameters
        The weights that predict.
    state : dict
        What is kept for the next batch.
    history : History
        Of the whole stream.
    ranges : Ranges or None
        Of all rows, where the encoder has not seen all of them.
    """

    task: object
    encoder: object
    parameters: Parameters
    state: dict
    history: History
    ranges: object


def learn_batch(student, batch, first):
    """Learn a batch of a stream; the student itself is not changed.

    Parameters
    ----------
    student : MLPStudent
        With what it has learned so far.
    batch : TransferSet
        Checked rows.
    first : bool
        Whether nothing has been learned yet.

    Returns
    -------
    Learned
        What the student is to keep.
    """
    if first:
        tabular = isinstance(student.encoder, (str, TabularEncoder))
        seen = SeenColumns() if tabular else None
        beginning = Beginning(as_seed(student.random_state), seen=seen)
    else:
        beginning = vars(student).get("_stream", {}).get("beginning")
    if beginning is not None:
        beginning = beginning.add(batch)
        if beginning.is_due():
            return _begin(student, beginning)
    return _go_on(student, batch, beginning)


def _begin(student, beginning):
    """Fit an encoder on all rows so far, and learn them from the start with it."""
    rows = beginning.rows()
    task = rows.task.of_rows(rows.hard, rows.soft, rows.weight)
    rows = replace(rows, task=task)
    batches = [replace(batch, task=task) for batch in beginning.batches]
    encoder = _ready_encoder(student.encoder, rows.X)
    fixed = encoder is not None or student.encoder is None
    if fixed:
        check_types(encoder, batches[-1].X)
    else:
        encoder, beginning = _fit_encoder(student, rows, beginning)
    prepared = prepare_batches(encoder, rows, loss_of(rows), student.dtype)
    hidden = check_hidden_layer_sizes(student.hidden_layer_sizes)
    sizes = [prepared.n_inputs, *hidden, task.n_outputs]
    parameters = Parameters(sizes, student.dtype)
    generator = stream(beginning.seed, INITIALIZE)
    parameters.initialize(
        generator, student.activation, prepared.input_norm(), task.spread_at_first
    )
    state = _first_state(beginning.seed)
    if (fixed and not task.has_units) or len(rows) >= FEW_ROWS:
        after = None
    else:
        after = replace(beginning, n_encoded=len(rows))
    before = History(), None
    return _learn(student, batches, encoder, parameters, state, *before, after)


def _fit_encoder(student, rows, beginning):
    """Fit the encoder, which warns of each column of keys once in a stream."""
    warned = beginning.warned
    if beginning.seen is not None and not issparse(rows.X):
        with already_warned(warned):
            warned = warned | check_levels(rows.X, column_kinds(rows.X))
    with already_warned(warned):
        encoder = fit_encoder(student.encoder, rows, student.dtype)
    return encoder, replace(beginning, warned=warned)


def _go_on(student, batch, beginning):
    """Learn a batch with the encoder and the weights that there are."""
    if beginning is None or beginning.seen is None:  # else it has been compared
        check_types(student.encoder_, batch.X)
    parameters = Parameters.of(student.coefs_, student.intercepts_)
    state = vars(student).get("_stream")
    if state is None:  # after `fit`
        state = _first_state(as_seed(student.random_state))
    history = History(
        loss_curve=[*student.loss_curve_],
        validation_loss_curve=student.validation_loss_curve_,
        n_steps=student.n_steps_ - state["n_steps"],
    )
    before = history, vars(student).get("_ranges")
    encoder = student.encoder_
    return _learn(student, [batch], encoder, parameters, state, *before, beginning)


def _learn(student, batches, encoder, parameters, state, history, ranges, beginning):
    for batch in batches:
        loss = loss_of(batch)
        rows = prepare_batches(encoder, batch, loss, parameters.flat.dtype.name)
        value, state = StreamTrainer(student, parameters, loss).learn(rows, state)
        history.loss_curve.append(value)
        ranges = wider_ranges(encoder, batch.X, ranges)
    history.best_loss = history.loss_curve[-1]
    history.n_iter = len(history.loss_curve)
    history.n_steps += state["n_steps"]
    state = state | {"beginning": beginning}
    return Learned(batches[-1].task, encoder, parameters, state, history, ranges)


def packed_stream(state):
    """Give what a stream keeps without private classes, for a pickle."""
    beginning = state["beginning"]
    return state if beginning is None else state | {"beginning": beginning.packed()}


def unpacked_stream(state, task):
    """Undo :func:`packed_stream`."""
    beginning = state["beginning"]
    if beginning is None:
        return state
    return state | {"beginning": Beginning.unpacked(beginning, task)}


def _first_state(seed):
    return {"n_steps": 0, "generator": stream(seed, SHUFFLE)}


def _ready_encoder(encoder, X):
    """Give an encoder that is fitted already; None for any other."""
    if encoder is None or isinstance(encoder, str):
        return None
    try:
        check_is_fitted(encoder)
    except NotFittedError:
        return None
    return bare_encoder(encoder, X)
