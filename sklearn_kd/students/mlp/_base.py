"""What both networks have in common: parameters, training, and the way to an output."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._compat import RANDOM_STATE, VERBOSE, HasMethods, Interval, StrOptions
from sklearn_kd._messages import show
from sklearn_kd._parameters import NestedParameterMixin
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._run.deadline import Deadline
from sklearn_kd._run.progress import ProgressMixin, progress_of
from sklearn_kd._run.random import as_seed
from sklearn_kd._run.threads import single_blas_thread
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._tables.checks import check_rows
from sklearn_kd.students._checks import check_batch, check_train, check_validation
from sklearn_kd.students._split import split
from sklearn_kd.students.encoder._encoding import (
    check_types,
    encode,
    encoder_tags,
    wider_ranges,
)
from sklearn_kd.students.encoder._ranges import pack_ranges, unpack_ranges
from sklearn_kd.students.encoder.encoder import TabularEncoder
from sklearn_kd.students.mlp._blocks import MANY_ROWS, block_logits
from sklearn_kd.students.mlp._encoder_fit import encodable_rows, fit_encoder_on_sample
from sklearn_kd.students.mlp._lookup import FEW_ROWS, build_lookup
from sklearn_kd.students.mlp._network import (
    ACTIVATIONS,
    NOT_BUILT,
    Layers,
    check_hidden_layer_sizes,
    forward,
    forward_from,
    packed,
    unpacked,
)
from sklearn_kd.students.mlp._stream import (
    learn_batch,
    packed_stream,
    unpacked_stream,
)
from sklearn_kd.students.mlp._training import fit_network
from sklearn_kd.students.mlp.steps._schedule import epochs_of

#: Below the least float32, of 1e-38, a step is none: so far above it the last steps of
#: a schedule are steps, too.
LEAST_RATE = 1e-30


class BaseMLP(VersionedMixin, NestedParameterMixin, ProgressMixin, BaseEstimator):
    """A multilayer perceptron for any task; a class adds what it predicts."""

    #: With metadata routing, unless the user has set another.
    __metadata_request__fit = {"sample_weight": True}

    _parameter_constraints = {
        "hidden_layer_sizes": [
            "array-like",
            Interval(Integral, 1, None, closed="left"),
        ],
        "activation": [StrOptions(set(ACTIVATIONS))],
        "encoder": [StrOptions({"auto"}), HasMethods(["fit", "transform"]), None],
        "batch_size": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "learning_rate_init": [Interval(Real, LEAST_RATE, None, closed="left")],
        "max_iter": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [
            StrOptions({"auto"}),
            Interval(Integral, 1, None, closed="left"),
        ],
        "tol": [Interval(Real, 0, None, closed="left")],
        "dtype": [StrOptions({"float32", "float64"})],
        "time_limit": [Interval(Real, 0, None, closed="neither"), None],
        "random_state": RANDOM_STATE,
        "verbose": VERBOSE,
    }

    def _fit(self, X, y, sample_weight, soft_targets, validation, groups):
        """Fit the network; ``validation`` are rows, targets, weights, soft targets."""
        seed, deadline = as_seed(self.random_state), Deadline(self.time_limit)
        self._check_parameters()
        # a fit that fails must not leave task, encoder and weights of two fits
        self.__dict__.pop("coefs_", None)
        train = check_train(self, X, y, sample_weight, soft_targets, groups)
        self._follow(train.task)
        given = check_validation(self, *validation, like=train.soft)
        validation = given
        if validation is None and self.early_stopping:
            train, validation = split(train, float(self.validation_fraction), seed)
        train, validation = train.in_rows(), validation and validation.in_rows()
        n_epochs = epochs_of(self, len(train))
        with (
            no_autologging(),
            single_blas_thread(),
            progress_of(self, X, y, prints=False, n_steps=n_epochs) as progress,
        ):
            self.encoder_ = fit_encoder_on_sample(
                self.encoder, train, self.dtype, seed, deadline
            )
            if given is not None:
                check_types(self.encoder_, validation.X)
            train = encodable_rows(self.encoder_, train, self.dtype, seed, deadline)
            parameters, history = fit_network(
                self, train, validation, self._task, seed, deadline, progress
            )
            self._ranges = wider_ranges(self.encoder_, train.X)
            self._keep(parameters, history)
        self.__dict__.pop("_stream", None)  # of an earlier partial_fit
        return self

    def _learn_batch(self, X, y, classes, sample_weight, soft_targets):
        """Learn a batch of a stream."""
        first = not hasattr(self, "coefs_")
        batch = check_batch(self, X, y, classes, sample_weight, soft_targets, first)
        batch = batch.in_rows()
        with no_autologging(), single_blas_thread():
            learned = learn_batch(self, batch, first)
        # nothing has changed up to here, so that a batch which fails leaves no trace
        self._follow(learned.task)
        self.encoder_, self._stream = learned.encoder, learned.state
        self._ranges = learned.ranges
        self._keep(learned.parameters, learned.history)
        return self

    def _check_parameters(self):
        """Refuse what ``fit`` would refuse, beyond the constraints."""
        check_hidden_layer_sizes(self.hidden_layer_sizes)
        # larger learning rates diverge by themselves, which has a message of its own
        taken_off = min(float(self.learning_rate_init), 1) * float(self.weight_decay)
        if taken_off > 1:
            raise ValueError(
                f"weight_decay={show(self.weight_decay)} times learning_rate_init="
                f"{show(self.learning_rate_init)} is {taken_off:.3g}, and a step takes "
                "that share off each weight: lower one of the two until it is below 1."
            )

    def _keep(self, parameters, history):
        self.coefs_ = parameters.coefs
        self.intercepts_ = parameters.intercepts
        self.n_layers_ = len(parameters.sizes)
        self.n_outputs_ = parameters.sizes[-1]
        self.out_activation_ = self._task.out_activation
        self.loss_curve_ = history.loss_curve
        self.validation_loss_curve_ = history.validation_loss_curve
        self.best_loss_ = history.best_loss
        self.n_iter_ = history.n_iter
        self.n_steps_ = history.n_steps
        self.training_kernel_ = history.kernel
        self._exact = Layers.in_float64(self.coefs_, self.intercepts_)
        if type(self.encoder_) is TabularEncoder:
            self._takes["sparse"] = False

    def _logits(self, X):
        if not hasattr(self, "coefs_"):
            check_is_fitted(self, "coefs_")
        X = check_rows(self, X, reset=False)
        n_samples = X.shape[0]
        exact = self._exact
        if n_samples <= FEW_ROWS:
            first = self._look_up(X, exact)
            if first is not None:
                return forward_from(first, exact, self.activation)
        # predictions that are not finite raise an error, which is clearer than a
        # warning
        with np.errstate(over="ignore", invalid="ignore"):
            if n_samples > MANY_ROWS:
                return block_logits(self, X)
            # float64: a row's prediction then does not depend on the rows beside it
            X = encode(self.encoder_, X, "float64", watched=True)
            return forward(X, exact, self.activation)[-1]

    def _look_up(self, X, exact):
        """Give the first layer of few rows, from a table that is made when needed."""
        if exact.lookup is NOT_BUILT:  # it stays with the weights that it is made of
            exact.lookup = build_lookup(self.encoder_, exact)
        return None if exact.lookup is None else exact.lookup.read(X)

    def _pack(self, state):
        # made again: the weights in float64 are more than half the pickle
        state.pop("_exact", None)
        state.pop("_task", None)
        if "_stream" in state:
            state["_stream"] = packed_stream(state["_stream"])
        if "coefs_" in state:
            for name in ("coefs_", "intercepts_"):
                state[name] = packed(state[name])
        return pack_ranges(state)

    def _unpack(self):
        self._remember_task()
        if "_stream" in vars(self):
            self._stream = unpacked_stream(self._stream, self._task)
        unpack_ranges(self)
        if "coefs_" in vars(self):
            self.coefs_, self.intercepts_ = map(
                unpacked, (self.coefs_, self.intercepts_)
            )
            self._exact = Layers.in_float64(self.coefs_, self.intercepts_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = encoder_tags(tags.input_tags, self.encoder)
        return tags
