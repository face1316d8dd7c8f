"""SkorchStudent: a skorch net that learns from soft and hard targets."""

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
    fit_context,
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
from sklearn_kd._task.proba import check_finite
from sklearn_kd.students._checks import check_train, check_validation
from sklearn_kd.students._split import split
from sklearn_kd.students._tasks import LearnsLabels
from sklearn_kd.students.encoder._encoding import (
    check_types,
    encode,
    encoder_tags,
    fit_encoder,
)
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


class SkorchStudent(VersionedMixin, NestedParameterMixin, LearnsLabels, BaseEstimator):
    """Train a skorch net on soft and hard targets.

    It is the adapter that :class:`DistilledClassifier` uses for
    ``student=NeuralNetClassifier(...)``. Pass it explicitly to choose the encoder. The
    module, the optimizer, the learning rate, the callbacks, the device and
    ``max_epochs`` are those of the net. The criterion is
    :class:`sklearn_kd.torch.DistillationLoss`, and the net is trained on the codes 0,
    1, 2, ... of the labels. This estimator predicts labels.

    Parameters
    ----------
    net : skorch.NeuralNetClassifier
        It is not initialised, and its module is a class or a function: a module
        instance would be shared by all folds. The module returns logits or
        probabilities (this is detected) of shape (n_samples, n_classes), or of one
        column with two classes.

        The widths that are parameters of the module's constructor, and not set, are
        filled in: of the input as ``n_features``, ``n_inputs``, ``in_features``,
        ``input_dim``, ``input_size``, ``num_features``, ``n_in`` or ``d_in``; of the
        output as ``n_classes``, ``n_outputs``, ``out_features``, ``output_dim``,
        ``output_size``, ``num_classes``, ``n_out`` or ``d_out``.
    encoder : transformer, "auto" or None, default="auto"
        Transforms rows into the input of the module. "auto" is the module's own
        attribute ``input_encoder`` where its class has one, and otherwise
        :class:`TabularEncoder`, or for sparse rows
        :class:`~sklearn.preprocessing.MaxAbsScaler`. If the width of the input is
        fixed, since the constructor has no free parameter of the names above, numbers
        are passed to the module as they are. Floats reach the module as float32,
        integers as int64 (for embeddings), and a dict of arrays as keyword arguments.
        With None rows are used as they are.
    validation_fraction : float, default=0.1
        Share of the labelled rows on which ``valid_loss`` is computed, if
        ``train_split`` of the net is skorch's default. If ``train_split`` has been set,
        to None for example, it is used instead, and no rows are split off here.
    random_state : int, RandomState instance or None, default=None
        Seeds the choice of validation rows and all random numbers of torch.

    Attributes
    ----------
    net_ : skorch.NeuralNetClassifier
        The fitted net, with its ``history`` and ``module_``; ``valid_loss`` is the
        distillation loss. It takes encoded rows. In copies and pickles its history has
        the epochs without their batches.
    encoder_ : transformer or None
        The fitted encoder.
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_iter_ : int
        Number of epochs.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where ``X`` had string names only.

    See Also
    --------
    DistilledClassifier : Trains it on soft targets.
    MLPStudent : The default student, which needs no torch.
    sklearn_kd.torch.TabularMLP : A module that it can train.

    Notes
    -----
    .. versionadded:: 0.1

    Rows are encoded once and held as tensors; batches are made by
    :class:`sklearn_kd.torch.TensorBatchLoader`, on the device of the net. An
    ``iterator_train`` that has been set, or one with options that this loader does not
    have, is kept; its dataset can be read row by row.

    On a CPU ``fit`` and ``predict_proba`` hold torch to one thread, where the net has
    up to a million weights, unless ``torch.set_num_threads`` has set a number.

    On a CPU ``predict_proba`` of up to 1024 rows computes in float64 on a copy of the
    module, so that the prediction for a row does not depend on the other rows. For more
    rows, with another ``device``, with ``compile=True``, or with a module that converts
    its input to float32, the net predicts in its own precision.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from skorch import NeuralNetClassifier
    >>> from sklearn_kd import SkorchStudent
    >>> from sklearn_kd.torch import TabularMLP
    >>> X, y = load_wine(return_X_y=True)
    >>> net = NeuralNetClassifier(TabularMLP, max_epochs=30, lr=0.2, verbose=0)
    >>> student = SkorchStudent(net, random_state=0).fit(X, y)
    >>> student.score(X, y) > 0.9
    True
    """

    #: With metadata routing, unless the user has set another.
    __metadata_request__fit = {"sample_weight": True}

    _parameter_constraints = {
        "net": "no_validation",  # its own errors are clearer than a constraint's
        "encoder": [StrOptions({"auto"}), HasMethods(["fit", "transform"]), None],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "random_state": RANDOM_STATE,
    }

    def __init__(
        self, net, *, encoder="auto", validation_fraction=0.1, random_state=None
    ):
        self.net = net
        self.encoder = encoder
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    @property
    def early_stopping(self):
        """Whether validation rows are split off for the net."""
        return is_skorch_net(self.net) and has_default_split(self.net)

    @fit_context(prefer_skip_nested_validation=False)
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        soft_targets=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        soft_targets_val=None,
        groups=None,
    ):
        """Fit the net to labels, and to soft targets if they are passed.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,)
            Labels of any type that can be sorted.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights. Only their ratios matter. A row of weight 0 counts as absent.
        soft_targets : SoftTargets of length n_samples, default=None
            The teacher's probabilities, with the weight of the soft term, the
            temperature and the loss.
        X_val, y_val, sample_weight_val, soft_targets_val : as above, default=None
            Validation rows. With None, ``validation_fraction`` of the training rows is
            split off if the net has skorch's default ``train_split``.
        groups : array-like of shape (n_samples,), default=None
            Group of each row, such as the patient of a visit. All rows of a group are
            on the same side when validation rows are split off.

        Returns
        -------
        SkorchStudent
            The same object.

        Raises
        ------
        ValueError, TypeError
            For invalid input, for a net or module that cannot be trained on it, and if
            training diverges: the net then predicts NaN for some training row.
        """
        self._check_parameters()
        # here, since they import torch
        from sklearn_kd.students.skorch._dataset import NetRows
        from sklearn_kd.students.skorch._prediction import in_float64
        from sklearn_kd.students.skorch._training import train_net

        seed = as_seed(self.random_state)
        # a fit that fails must not leave classes, encoder and net of two fits
        self.__dict__.pop("net_", None)
        train = check_train(self, X, y, sample_weight, soft_targets, groups)
        self._follow(train.task)
        validation = check_validation(
            self, X_val, y_val, sample_weight_val, soft_targets_val, like=train.soft
        )
        splits = validation is None and self.early_stopping
        if splits:
            train, validation = split(train, float(self.validation_fraction), seed)
        train, validation = train.in_rows(), validation and validation.in_rows()
        # one thread: its sums are to be the same everywhere
        with no_autologging(), single_blas_thread():
            self.encoder_ = self._fit_encoder(train)
        if X_val is not None:
            check_types(self.encoder_, validation.X)
        rows, stop = (
            part
            and NetRows(
                self._encode(part.X, "float32"), part.hard, part.soft, part.weight
            )
            for part in (train, validation)
        )
        net = clone(self.net)
        if splits and validation is None:  # none can be spared: skorch is not to look
            net.set_params(train_split=None)
        row = self._encode(safe_indexing(train.X, [0]), "float64")
        with contained_draws(seed, net):
            train_net(net, rows, stop, train.soft)
            exact = in_float64(net, row)
        self.net_, self._exact = net, exact
        return self

    def _rehearse(self, train):
        """Fit the encoder, and check what the untrained net returns for some rows."""
        # here, since they import torch
        from sklearn_kd.students.skorch._dataset import NetRows
        from sklearn_kd.students.skorch._training import rehearse

        self.encoder_ = self._fit_encoder(train)
        X = self._encode(train.X, "float32")
        rows = NetRows(X, train.hard, train.soft, train.weight)
        try:
            rehearse(clone(self.net), rows, train.soft)
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
        check_net(self.net)

    def _encoder(self):
        """Give the encoder, or "auto" where neither user nor module has set one."""
        if self.encoder != "auto":
            return self.encoder
        return module_attribute(self.net, "input_encoder", "auto")

    def _encode(self, X, dtype, *, watched=False):
        """Encode rows; give an array that the module may write into."""
        rows = encode(self.encoder_, X, dtype, cast_integers=False, watched=watched)
        if isinstance(rows, np.ndarray) and np.may_share_memory(rows, X):
            # a module may write into its input; it has to copy what is too large here
            rows = rows if is_large(rows) else rows.copy()
        # a row of a sparse array has one dimension, and skorch expects two
        return csr_matrix(rows) if issparse(rows) else rows

    @property
    def n_iter_(self):
        """Number of epochs."""
        return len(self.net_.history)

    def _proba(self, X):
        if not hasattr(self, "net_"):
            check_is_fitted(self)
        # here, since it imports torch
        from sklearn_kd.students.skorch._prediction import in_float64, predict_proba

        X = check_rows(self, X, reset=False)
        if not hasattr(self, "_exact"):  # it is not pickled
            row = self._encode(safe_indexing(X, [0]), "float64")
            self._exact = in_float64(self.net_, row)
        if self._exact is None or num_samples(X) > MANY_ROWS:
            rows = self._encode(X, "float32", watched=True)
            proba = predict_proba(self.net_, rows)
        else:
            rows = self._encode(X, "float64", watched=True)
            proba = predict_proba(self._exact, rows)
        return check_finite(proba, "The net")

    def __getstate__(self):
        state = dict(super().__getstate__())
        state.pop("_exact", None)  # made again from net_
        state.pop("_task", None)
        if "net_" in state:
            state["net_"] = for_prediction(self.net_)
        return state

    def __setstate__(self, state):
        super().__setstate__(state)
        self._remember_task()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags = encoder_tags(tags.input_tags, self._encoder())
        return tags
