"""Learning from a stream: one batch of rows after the other, each seen once."""

from copy import deepcopy

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._compat import fit_context
from sklearn_kd._deadline import Deadline
from sklearn_kd._random import as_seed, stream
from sklearn_kd._threads import single_blas_thread
from sklearn_kd.losses import LOSSES
from sklearn_kd.students._checks import check_batch, check_hidden_layer_sizes
from sklearn_kd.students._encoding import fit_encoder
from sklearn_kd.students._levels import check_types
from sklearn_kd.students._network import Parameters
from sklearn_kd.students._rows import prepare_rows, thawed
from sklearn_kd.students._training import History, Trainer
from sklearn_kd.students._validation import INITIALIZE, SHUFFLE

#: Rows of a step where ``batch_size`` is "auto"; steps of the warm-up.
BATCH, WARMUP_STEPS = 128, 50

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


class PartialFitMixin:
    """Give the NumPy student ``partial_fit``."""

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, classes=None, sample_weight=None, soft_targets=None):
        """Learn from a batch of a stream: one pass in steps of ``batch_size`` rows.

        The learning rate rises over the first 50 steps and then stays at
        ``learning_rate_init``, since nobody knows how long a stream is. What predicts
        is a moving average of the weights, over a tenth of the steps so far and at
        most 1000. No row is kept apart, and ``max_iter``, ``early_stopping`` and
        ``time_limit`` do not count.
        After :meth:`fit`, which starts anew itself, it goes on from the fitted weights.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows of the batch.
        y : array-like of shape (n_samples,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels that the stream will have. Needed in the first call, unless
            `soft_targets` say it; the same or None afterwards.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights; a row of weight 0 counts as absent. They weigh the rows of a
            batch against each other, not one batch against another.
        soft_targets : SoftTargets of length n_samples, default=None
            The teacher's probabilities, as for :meth:`fit`.

        Returns
        -------
        MLPStudent
            The same object.

        Raises
        ------
        ValueError
            For bad input, other classes or columns than in the first call, and when
            training diverges.

        Notes
        -----
        .. versionadded:: 0.1

        ``encoder`` is fitted on the first batch, which should look like the rest. It is
        used as it is where it is fitted already: as
        :class:`~sklearn.frozen.FrozenEstimator`, which :func:`~sklearn.base.clone`
        keeps fitted, or bare. The weights of the last step and the state of the
        optimizer are kept, in pickles too: three times the size of the network.

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
        loss = LOSSES[batch.soft.loss](batch.soft.temperature)
        with single_blas_thread():
            if first:
                self.classes_ = batch.classes
                self.encoder_ = _first_encoder(self.encoder, batch, self.dtype)
            check_types(self.encoder_, batch.X)
            dtype = self.dtype if first else self.coefs_[0].dtype.name
            rows = prepare_rows(self.encoder_, batch, loss, dtype)
            state = None if first else self.__dict__.get("_stream")
            if state is None:
                seed = as_seed(self.random_state)
                state = {"n_steps": 0, "generator": stream(seed, SHUFFLE)}
            if first:
                parameters = self._first_parameters(rows, stream(seed, INITIALIZE))
            else:
                parameters = _copied(self.coefs_, self.intercepts_)
            trainer = StreamTrainer(self, parameters, loss)
            value, self._stream = trainer.learn(rows, state)
        history = History()
        if not first:
            history.loss_curve = [*self.loss_curve_]
            history.validation_loss_curve = self.validation_loss_curve_
        history.loss_curve.append(value)
        history.best_loss = value
        history.n_iter = len(history.loss_curve)
        history.n_steps = self._stream["n_steps"] - state["n_steps"]
        if not first:
            history.n_steps += self.n_steps_
        self._keep(parameters, history)
        return self

    def _first_parameters(self, rows, generator):
        hidden = check_hidden_layer_sizes(self.hidden_layer_sizes)
        sizes = [rows.n_inputs, *hidden, len(self.classes_)]
        parameters = Parameters(sizes, self.dtype)
        parameters.initialize(generator, self.activation, rows.input_norm())
        return parameters


def _first_encoder(encoder, batch, dtype):
    """Give the encoder of a stream: a fitted one as it is, else fitted on the batch."""
    if encoder is not None and not isinstance(encoder, str):
        try:
            check_is_fitted(encoder)
            return thawed(encoder, batch.X)
        except NotFittedError:
            pass
    return fit_encoder(encoder, batch, dtype)


def _copied(coefs, intercepts):
    """Lay weights and biases into one flat buffer."""
    sizes = [coefs[0].shape[0], *[coef.shape[1] for coef in coefs]]
    parameters = Parameters(sizes, coefs[0].dtype)
    pairs = [(parameters.coefs, coefs), (parameters.intercepts, intercepts)]
    for ours, theirs in pairs:
        for target, source in zip(ours, theirs, strict=True):
            np.copyto(target, source)
    return parameters
