"""SkorchStudentRegressor: a skorch net that learns numbers, means or quantiles."""

from sklearn_kd._compat import StrOptions, fit_context
from sklearn_kd._task import Regression
from sklearn_kd.losses._registry import LossNames
from sklearn_kd.students._tasks import LearnsNumbers
from sklearn_kd.students.skorch._base import BaseSkorch
from sklearn_kd.students.skorch._nets import check_criterion


class SkorchStudentRegressor(LearnsNumbers, BaseSkorch):
    """Train a skorch net on numbers, and on a teacher's predictions of them.

    It is the adapter that :class:`DistilledRegressor` uses for
    ``student=NeuralNetRegressor(...)``. Pass it explicitly to choose the encoder. The
    module, the optimizer, the learning rate, the callbacks, the device and
    ``max_epochs`` are those of the net. The criterion is
    :class:`sklearn_kd.torch.RegressionDistillationLoss`, and the net is trained on
    standardised targets. This estimator predicts in the units of ``y``.

    Parameters
    ----------
    net : skorch.NeuralNetRegressor
        It is not initialised, and its module is a class or a function: a module
        instance would be shared by all folds. The module returns numbers of any size
        and sign, of shape (n_samples, n_outputs), or (n_samples,) for one; with
        quantiles there is an output for each of them, those of a target side by side.

        The widths that are parameters of the module's constructor, and not set, are
        filled in, by the names that :class:`SkorchStudent` lists. A criterion other
        than skorch's own, ``torch.nn.MSELoss``, is refused: use `loss`.
    loss : {"squared_error", "absolute_error", "huber", "poisson", "gamma", \
"pinball"} or str, default="squared_error"
        As for :class:`MLPStudentRegressor`: with "poisson" and "gamma" the module
        returns logarithms of multiples of the mean, in units of the deviation as a
        share of the mean where that is below 1, and with "pinball" the lowest quantile
        of each target, and for each further one a number whose softplus is added to the
        one before. With soft targets their loss is used.
    quantiles : sequence of float or None, default=None
        Levels of the quantiles to learn, increasing and in (0, 1), with
        ``loss="pinball"``. The quantiles of a row never cross. With soft targets their
        levels are used.
    encoder : transformer, "auto" or None, default="auto"
        Transforms rows into the input of the module, as for :class:`SkorchStudent`.
    validation_fraction : float, default=0.1
        Share of the labelled rows on which ``valid_loss`` is computed, if
        ``train_split`` of the net is skorch's default. If ``train_split`` has been set,
        to None for example, it is used instead, and no rows are split off here.
    random_state : int, RandomState instance or None, default=None
        Seeds the choice of validation rows and all random numbers of torch.

    Attributes
    ----------
    net_ : skorch.NeuralNetRegressor
        The fitted net, with its ``history`` and ``module_``; ``valid_loss`` is the
        distillation loss. It takes encoded rows, and predicts deviations from the mean
        of ``y`` in standard deviations, or with "poisson" and "gamma" multiples of the
        mean; of quantiles the one nearest to the median. In copies and pickles its
        history has the epochs without their batches.
    encoder_ : transformer or None
        The fitted encoder.
    n_iter_ : int
        Number of epochs.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where ``X`` had string names only.

    See Also
    --------
    DistilledRegressor : Trains it on soft targets.
    MLPStudentRegressor : The default student, which needs no torch.
    SkorchStudent : Its twin for classes; the notes there on batches, threads and
        precision hold here too.
    sklearn_kd.torch.TabularMLP : A module that it can train.

    Notes
    -----
    .. versionadded:: 0.1

    Callbacks that score, such as ``skorch.callbacks.EpochScoring``, compare what
    ``net_`` predicts with the targets in the same units: the R² is that of ``y``, and
    errors are in standard deviations.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skorch import NeuralNetRegressor
    >>> from sklearn_kd import SkorchStudentRegressor
    >>> from sklearn_kd.torch import TabularMLP
    >>> X, y = load_diabetes(return_X_y=True)
    >>> net = NeuralNetRegressor(TabularMLP, max_epochs=20, lr=0.05, verbose=0)
    >>> student = SkorchStudentRegressor(net, random_state=0).fit(X, y)
    >>> student.score(X, y) > 0.4
    True
    """

    _parameter_constraints = BaseSkorch._parameter_constraints | {
        "loss": [StrOptions(LossNames(Regression.name))],
        "quantiles": "no_validation",  # its own errors are clearer than a constraint's
    }

    def __init__(
        self,
        net,
        *,
        loss="squared_error",
        quantiles=None,
        encoder="auto",
        validation_fraction=0.1,
        random_state=None,
    ):
        self.net = net
        self.loss = loss
        self.quantiles = quantiles
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
        """Fit the net to targets, and to soft targets if they are passed.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets: finite numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights. Only their ratios matter. A row of weight 0 counts as absent.
        soft_targets : SoftPredictions of length n_samples, default=None
            The teacher's predictions, with the weight of the soft term, the loss and
            the levels of quantiles.
        X_val, y_val, sample_weight_val, soft_targets_val : as above, default=None
            Validation rows. With None, ``validation_fraction`` of the training rows is
            split off if the net has skorch's default ``train_split``.
        groups : array-like of shape (n_samples,), default=None
            Group of each row, such as the patient of a visit. All rows of a group are
            on the same side when validation rows are split off.

        Returns
        -------
        SkorchStudentRegressor
            The same object.

        Raises
        ------
        ValueError, TypeError
            For invalid input, for a net or module that cannot be trained on it, and if
            training diverges: the net then predicts NaN for some training row.
        """
        validation = X_val, y_val, sample_weight_val, soft_targets_val
        return self._fit(X, y, sample_weight, soft_targets, validation, groups)

    def _check_parameters(self):
        """Refuse what ``fit`` would refuse, beyond the constraints."""
        super()._check_parameters()
        check_criterion(self.net)

    def _outputs(self, X):
        returned = self._predict_by_net(X)
        return self._task.link(returned, self)
