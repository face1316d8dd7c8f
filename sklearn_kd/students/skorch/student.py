"""SkorchStudent: a skorch net that learns from soft and hard targets."""

from sklearn_kd._compat import fit_context
from sklearn_kd._task.proba import check_finite
from sklearn_kd.students._tasks import LearnsLabels
from sklearn_kd.students.skorch._base import BaseSkorch


class SkorchStudent(LearnsLabels, BaseSkorch):
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
    SkorchStudentRegressor : Its twin for numbers.
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

    def __init__(
        self, net, *, encoder="auto", validation_fraction=0.1, random_state=None
    ):
        self.net = net
        self.encoder = encoder
        self.validation_fraction = validation_fraction
        self.random_state = random_state

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
        validation = X_val, y_val, sample_weight_val, soft_targets_val
        return self._fit(X, y, sample_weight, soft_targets, validation, groups)

    def _proba(self, X):
        return check_finite(self._predict_by_net(X), "The net")
