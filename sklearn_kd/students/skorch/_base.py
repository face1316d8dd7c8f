"""What the adapters of skorch nets have in common: fit, encoder, and what is saved."""

from numbers import Real

import numpy as np
from scipy.sparse import csr_matrix, issparse
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._compat import (
    RANDOM_STATE,
    HasMethods,
    Interval,
    StrOptions,
    num_samples,
    safe_indexing,
)
from sklearn_kd._estimators.nets import is_skorch_net
from sklearn_kd._parameters import NestedParameterMixin
from sklearn_kd._run.autologging import no_autologging
from sklearn_kd._run.random import as_seed, contained_draws
from sklearn_kd._run.threads import single_blas_thread
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._tables.checks import check_rows
from sklearn_kd._tables.columns import column_kinds, numeric_block
from sklearn_kd._tables.taking import is_large, read_rows
from sklearn_kd.students._checks import check_train, check_validation
from sklearn_kd.students._split import split
from sklearn_kd.students.encoder._encoding import (
    check_types,
    encode,
    encoder_tags,
    fit_encoder,
    wider_ranges,
)
from sklearn_kd.students.encoder._ranges import pack_ranges, unpack_ranges
from sklearn_kd.students.encoder.encoder import TabularEncoder
from sklearn_kd.students.encoder.plain_numbers import PlainNumbers
from sklearn_kd.students.mlp._blocks import MANY_ROWS
from sklearn_kd.students.skorch._nets import (
    check_net,
    for_prediction,
    has_default_split,
    module_attribute,
    module_name,
)


class BaseSkorch(VersionedMixin, NestedParameterMixin, BaseEstimator):
    """A skorch net that learns any task; a class adds what it predicts."""

    #: With metadata routing, unless the user has set another.
    __metadata_request__fit = {"sample_weight": True}

    _parameter_constraints = {
        "net": "no_validation",  # its own errors are clearer than a constraint's
        "encoder": [StrOptions({"auto"}), HasMethods(["fit", "transform"]), None],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "random_state": RANDOM_STATE,
    }

    @property
    def early_stopping(self):
        """Whether validation rows are split off for the net."""
        return is_skorch_net(self.net) and has_default_split(self.net)

    def _fit(self, X, y, sample_weight, soft_targets, validation, groups):
        """Fit the net; ``validation`` are rows, targets, weights, soft targets."""
        self._check_parameters()
        # here, since they import torch
        from sklearn_kd.students.skorch._by_task import by_task
        from sklearn_kd.students.skorch._prediction import in_float64
        from sklearn_kd.students.skorch._training import train_net

        seed = as_seed(self.random_state)
        # a fit that fails must not leave classes, encoder and net of two fits
        self.__dict__.pop("net_", None)
        train = check_train(self, X, y, sample_weight, soft_targets, groups)
        self._follow(train.task)
        given = check_validation(self, *validation, like=train.soft)
        validation, splits = given, given is None and self.early_stopping
        if splits:
            train, validation = split(train, float(self.validation_fraction), seed)
        train, validation = train.in_rows(), validation and validation.in_rows()
        # one thread: its sums are to be the same everywhere
        with no_autologging(), single_blas_thread():
            self.encoder_ = self._fit_encoder(train)
        if given is not None:
            check_types(self.encoder_, validation.X)
        of_net = by_task(train.task)
        rows, stop = (
            part and of_net.rows(self._encode(part.X, "float32"), part)
            for part in (train, validation)
        )
        net = clone(self.net)
        if splits and validation is None:  # none can be spared: skorch is not to look
            net.set_params(train_split=None)
        row = self._encode(safe_indexing(train.X, [0]), "float64")
        with contained_draws(seed, net):
            train_net(net, rows, stop, train.soft, of_net)
            exact = in_float64(net, row)
        self.net_, self._exact = net, exact
        self._ranges = wider_ranges(self.encoder_, train.X)
        return self

    def _rehearse(self, train):
        """Fit the encoder, and check what the untrained net returns for some rows."""
        # here, since they import torch
        from sklearn_kd.students.skorch._by_task import by_task
        from sklearn_kd.students.skorch._training import rehearse

        self.encoder_ = self._fit_encoder(train)
        of_net = by_task(train.task)
        rows = of_net.rows(self._encode(train.X, "float32"), train)
        try:
            rehearse(clone(self.net), rows, train.soft, of_net)
        except ValueError as error:
            # the width of a supervised encoder depends on the soft targets, and the
            # user may have set it in the module
            unread = isinstance(error.__cause__, RuntimeError)
            if not (unread and isinstance(self.encoder, TabularEncoder)):
                raise

    def _fit_encoder(self, train):
        """Fit the encoder; a module that cannot follow it has the rows as they are."""
        encoder = self._encoder()
        if not isinstance(encoder, str) or issparse(train.X):
            return fit_encoder(encoder, train, "float32")
        # here, since it imports torch
        from sklearn_kd.students.skorch._widths import takes_numbers_only

        few = read_rows(safe_indexing(train.X, slice(2)))
        numbers = "nominal" not in column_kinds(few)
        if numbers:
            few = np.nan_to_num(numeric_block(few, range(few.shape[1])))
        else:
            few = np.zeros(few.shape)
        with contained_draws(0, self.net):
            dtype = takes_numbers_only(
                self.net, few, train.task.n_outputs, numbers=numbers
            )
        if dtype is not None:
            name = module_name(self.net)
            encoder = PlainNumbers(name, integers=dtype == "int64")
        return fit_encoder(encoder, train, "float32")

    def _check_parameters(self):
        """Refuse what ``fit`` would refuse, beyond the constraints."""
        check_net(self.net, self._task_kind.kind)

    def _encoder(self):
        """Give the encoder, or "auto" where neither user nor module has set one."""
        if self.encoder != "auto":
            return self.encoder
        return module_attribute(self.net, "input_encoder", "auto")

    def _encode(self, X, dtype, *, watched=False):
        """Encode rows; give an array that the module may write into."""
        rows = encode(self.encoder_, X, dtype, cast_integers=False, watched=watched)
        if isinstance(rows, np.ndarray) and rows.shape[1:] == (0,):
            return np.zeros(
                (len(rows), 1), dtype
            )  # of constant columns: modules need one
        if isinstance(rows, np.ndarray) and np.may_share_memory(rows, X):
            # a module may write into its input; it has to copy what is too large here
            rows = rows if is_large(rows) else rows.copy()
        # a row of a sparse array has one dimension, and skorch expects two
        return csr_matrix(rows) if issparse(rows) else rows

    @property
    def n_iter_(self):
        """Number of epochs."""
        return len(self.net_.history)

    def _predict_by_net(self, X):
        """Predict rows by the net: probabilities, or what its module returns."""
        if not hasattr(self, "net_"):
            check_is_fitted(self)
        # here, since they import torch
        from sklearn_kd.students.skorch._by_task import by_task
        from sklearn_kd.students.skorch._prediction import in_float64

        X = check_rows(self, X, reset=False)
        if not hasattr(self, "_exact"):  # it is not pickled
            row = self._encode(safe_indexing(X, [0]), "float64")
            self._exact = in_float64(self.net_, row)
        predict = by_task(self._task).predict
        if self._exact is None or num_samples(X) > MANY_ROWS:
            return predict(self.net_, self._encode(X, "float32", watched=True))
        return predict(self._exact, self._encode(X, "float64", watched=True))

    def _pack(self, state):
        state.pop("_exact", None)  # made again from net_
        state.pop("_task", None)
        if "net_" in state:
            state["net_"] = for_prediction(self.net_)
        return pack_ranges(state)

    def _as_data(self, state):
        # here, since it imports torch
        from sklearn_kd.students.skorch._data import fitted_net_as_data, net_as_data

        if is_skorch_net(state["net"]):  # what is none is kept, and refused by fit
            state["net"] = net_as_data(state["net"])
        if "net_" in state:
            state["net_"] = fitted_net_as_data(state["net_"])
        return state

    def _unpack(self):
        self._remember_task()
        unpack_ranges(self)
        data = [isinstance(vars(self).get(name), dict) for name in ("net", "net_")]
        if any(data):
            # here, since it imports torch
            from sklearn_kd.students.skorch._data import fitted_net_of, net_of

            self.net = net_of(self.net) if data[0] else self.net
            if data[1]:
                self.net_ = fitted_net_of(self.net_)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = encoder_tags(tags.input_tags, self._encoder())
        return tags
