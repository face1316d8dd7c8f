"""Learning from a stream: one batch of rows after the other, each seen once."""

from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import issparse
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._compat import fit_context
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._run.deadline import Deadline
from sklearn_kd._run.random import INITIALIZE, SHUFFLE, as_seed, stream
from sklearn_kd._run.threads import single_blas_thread
from sklearn_kd._tables.columns import column_kinds
from sklearn_kd._tables.nominal import already_warned, check_levels
from sklearn_kd._tables.stacking import alike
from sklearn_kd.losses import LOSSES
from sklearn_kd.students._checks import check_batch, check_hidden_layer_sizes
from sklearn_kd.students.encoder._encoding import check_types, fit_encoder
from sklearn_kd.students.encoder.encoder import TabularEncoder
from sklearn_kd.students.encoder.seen import SeenColumns
from sklearn_kd.students.mlp._network import Parameters
from sklearn_kd.students.mlp._rows import prepare_rows, thawed
from sklearn_kd.students.mlp._training import History, Trainer
from sklearn_kd.transfer import read_rows, stack_rows

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
        rows : Rows or RowsByParts
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
        self.check_answers(rows, averaged)
        return value, {
            "n_steps": self.optimizer.n_steps,
            "weights": self.parameters.flat,
            "moments": (self.optimizer.mean, self.optimizer.square),
            "generator": generator,
        }

    def _step(self, X, targets, weight):
        value = super()._step(X, targets, weight)
        share = 10 / (self.optimizer.n_steps + 9)
        change = self.workspace.gradient.flat  # done with
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

    A column that is constant in them is dropped by the encoder, and a level that is not
    among them is unknown. So it is fitted anew whenever twice as many rows have come,
    and everything is learned again with it, in the order in which it came.

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
        return sum(len(batch.codes) for batch in self.batches)

    def add(self, batch):
        """Add a batch that fits to the others; a copy, as long as it is to be kept."""
        n_rows, seen = len(batch.codes), self.seen
        kept = len(self) + n_rows < FEW_ROWS
        if seen is not None and (kept or self.batches) and not issparse(batch.X):
            seen = seen.add(read_rows(batch.X))
        if kept:
            batch = batch.at(np.arange(n_rows))
        return replace(self, batches=(*self.batches, batch), seen=seen)

    def is_due(self):
        """Say whether the encoder is to be fitted anew."""
        return len(self) >= min(max(2 * self.n_encoded, 1), FEW_ROWS)

    def rows(self):
        """Give all rows in one; their loss is that of the first."""
        first, *others = self.batches
        if not others:
            return first
        X = first.X
        for batch in others:
            X = stack_rows(*alike(X, batch.X))
        soft = replace(
            first.soft,
            proba=np.vstack([batch.soft.proba for batch in self.batches]),
            row_alpha=np.concatenate([batch.soft.row_alpha for batch in self.batches]),
        )
        return replace(
            first,
            X=read_rows(X),
            codes=np.concatenate([batch.codes for batch in self.batches]),
            weight=np.concatenate([batch.weight for batch in self.batches]),
            soft=soft,
        )


class PartialFitMixin:
    """Give the NumPy student ``partial_fit``."""

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None, soft_targets=None):
        """Learn from a batch of a stream: one pass in steps of ``batch_size`` rows.

        The learning rate rises over the first 50 steps and then stays at
        ``learning_rate_init``, since the length of a stream is unknown. Predictions use
        a moving average of the weights, over a tenth of the steps so far and at most
        1000 steps. No validation rows are split off, and ``max_iter``,
        ``early_stopping`` and ``time_limit`` have no effect. After :meth:`fit`,
        training continues from the fitted weights; :meth:`fit` itself always starts
        anew.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows of the batch.
        y : array-like of shape (n_samples,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that the stream will have. Needed in the first call, unless
            `soft_targets` is passed. In later calls the same or None.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights. A row of weight 0 counts as absent. Only the ratios within a
            batch matter: a batch does not get more weight by a larger scale.
        soft_targets : SoftTargets of length n_samples, default=None
            The teacher's probabilities, as for :meth:`fit`.

        Returns
        -------
        MLPStudent
            The same object.

        Raises
        ------
        ValueError
            For invalid input, for other classes or columns than in the first call, for
            anything but numbers in a column of numbers, and if training diverges.

        Warns
        -----
        UserWarning
            Where a nominal column holds levels of another type than before, and once
            in a stream for one in which most values differ.

        Notes
        -----
        .. versionadded:: 0.1

        ``encoder`` is fitted on the first batch, which should look like the rest. The
        first rows are kept while they are fewer than 64. Whenever their number has
        doubled, ``encoder`` is fitted again on all of them, and the network is trained
        on them again, from the start and in the same order. From the call with the 64th
        row on, no row is kept and the encoder does not change. An encoder that is
        fitted already is never refitted: :class:`~sklearn.frozen.FrozenEstimator`,
        which :func:`~sklearn.base.clone` keeps fitted, or bare. The weights of the last
        step and the state of the optimizer are kept, in pickles too: three times the
        size of the network.

        Examples
        --------
        >>> import numpy as np
        >>> from sklearn.datasets import load_digits
        >>> from sklearn.frozen import FrozenEstimator
        >>> from sklearn_kd import MLPStudent, TabularEncoder
        >>> X, y = load_digits(return_X_y=True)
        >>> encoder = FrozenEstimator(TabularEncoder().fit(X[:500], y[:500]))
        >>> student = MLPStudent((32,), encoder=encoder, batch_size=10, random_state=0)
        >>> for start in range(0, 1200, 100):
        ...     rows = slice(start, start + 100)
        ...     _ = student.partial_fit(X[rows], y[rows], classes=np.arange(10))
        >>> student.score(X[1200:], y[1200:]) > 0.75
        True
        """
        first = not hasattr(self, "coefs_")
        batch = check_batch(self, X, y, classes, sample_weight, soft_targets, first)
        batch = batch.in_rows()
        if first:
            self.classes_ = batch.classes
            tabular = isinstance(self.encoder, (str, TabularEncoder))
            seen = SeenColumns() if tabular else None
            beginning = Beginning(as_seed(self.random_state), seen=seen)
            ready = _ready_encoder(self.encoder, batch.X)
        else:
            beginning, ready = self.__dict__.get("_stream", {}).get("beginning"), None
        if beginning is not None:
            beginning = beginning.add(batch)
        with no_autologging(), single_blas_thread():
            if beginning is not None and beginning.is_due():
                self._begin(beginning, ready)
            else:
                self._go_on(batch, beginning)
        return self

    def _begin(self, beginning, encoder):
        """Fit an encoder on all rows so far, and learn them from the start with it."""
        rows = beginning.rows()
        fixed = encoder is not None or self.encoder is None
        if fixed:
            check_types(encoder, rows.X)
        else:
            encoder, beginning = self._fit_encoder(rows, beginning)
        prepared = prepare_rows(encoder, rows, _loss(rows), self.dtype)
        hidden = check_hidden_layer_sizes(self.hidden_layer_sizes)
        sizes = [prepared.n_inputs, *hidden, len(self.classes_)]
        parameters = Parameters(sizes, self.dtype)
        generator = stream(beginning.seed, INITIALIZE)
        parameters.initialize(generator, self.activation, prepared.input_norm())
        state = _first_state(beginning.seed)
        if fixed or len(rows.codes) >= FEW_ROWS:
            beginning_after = None
        else:
            beginning_after = replace(beginning, n_encoded=len(rows.codes))
        self._learn(
            beginning.batches, encoder, parameters, state, History(), beginning_after
        )

    def _fit_encoder(self, rows, beginning):
        """Fit the encoder, which warns of each column of keys once in a stream."""
        warned = beginning.warned
        if beginning.seen is not None and not issparse(rows.X):
            with already_warned(warned):
                warned = warned | check_levels(rows.X, column_kinds(rows.X))
        with already_warned(warned):
            encoder = fit_encoder(self.encoder, rows, self.dtype)
        return encoder, replace(beginning, warned=warned)

    def _go_on(self, batch, beginning):
        """Learn a batch with the encoder and the weights that there are."""
        if beginning is None:  # else it has been compared with those before it
            check_types(self.encoder_, batch.X)
        parameters = _copied(self.coefs_, self.intercepts_)
        state = self.__dict__.get("_stream")
        if state is None:  # after `fit`
            state = _first_state(as_seed(self.random_state))
        history = History(
            loss_curve=[*self.loss_curve_],
            validation_loss_curve=self.validation_loss_curve_,
            n_steps=self.n_steps_ - state["n_steps"],
        )
        self._learn([batch], self.encoder_, parameters, state, history, beginning)

    def _learn(self, batches, encoder, parameters, state, history, beginning):
        for batch in batches:
            loss = _loss(batch)
            dtype = parameters.flat.dtype.name
            rows = prepare_rows(encoder, batch, loss, dtype)
            value, state = StreamTrainer(self, parameters, loss).learn(rows, state)
            history.loss_curve.append(value)
        history.best_loss = history.loss_curve[-1]
        history.n_iter = len(history.loss_curve)
        history.n_steps += state["n_steps"]
        # nothing has changed up to here, so that a batch which fails leaves no trace
        self.encoder_, self._stream = encoder, state | {"beginning": beginning}
        self._keep(parameters, history)


def _loss(rows):
    return LOSSES[rows.soft.loss](rows.soft.temperature)


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
    return thawed(encoder, X)


def _copied(coefs, intercepts):
    """Lay weights and biases into one flat buffer."""
    sizes = [coefs[0].shape[0], *[coef.shape[1] for coef in coefs]]
    parameters = Parameters(sizes, coefs[0].dtype)
    pairs = [(parameters.coefs, coefs), (parameters.intercepts, intercepts)]
    for ours, theirs in pairs:
        for target, source in zip(ours, theirs, strict=True):
            np.copyto(target, source)
    return parameters
