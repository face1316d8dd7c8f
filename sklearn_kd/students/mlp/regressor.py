"""MLPStudentRegressor: a small multilayer perceptron for numbers."""

from sklearn_kd._compat import StrOptions, fit_context
from sklearn_kd._task import Regression
from sklearn_kd.losses._registry import LossNames
from sklearn_kd.students._tasks import LearnsNumbers
from sklearn_kd.students.mlp._base import BaseMLP


class MLPStudentRegressor(LearnsNumbers, BaseMLP):
    """A compact multilayer perceptron that learns numbers, means or quantiles.

    Without soft targets it is an ordinary regressor for tables, which encodes numeric,
    categorical and missing values by itself. With soft targets, as passed by
    :class:`DistilledRegressor`, it minimises the blended loss. It runs on NumPy and
    does not import torch. Several outputs share one network.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(128, 128)
        Width of each hidden layer; an empty sequence gives a model that is linear in
        the encoded columns.
    loss : {"squared_error", "absolute_error", "huber", "poisson", "gamma", \
"pinball"} or str, default="squared_error"
        A key of ``sklearn_kd.losses.LOSSES``, of a regression. "huber" is quadratic up
        to one standard deviation of ``y``. "poisson" and "gamma" are deviances for
        counts, prices and durations: predictions are positive (the link is the
        logarithm), and ``y`` may not be negative, or has to be positive. "pinball"
        needs `quantiles`. With soft targets their loss is used.
    quantiles : sequence of float or None, default=None
        Levels of the quantiles to learn, increasing and in (0, 1), such as (0.05, 0.5,
        0.95), with ``loss="pinball"``. The quantiles of a row never cross. With soft
        targets their levels are used.
    activation : {"relu", "tanh", "logistic", "identity"}, default="relu"
        Activation function of the hidden layers.
    encoder : "auto", transformer or None, default="auto"
        Transforms the rows into numbers of a common scale. "auto" is
        :class:`TabularEncoder`, and :class:`~sklearn.preprocessing.MaxAbsScaler` for
        sparse rows. A transformer is cloned and fitted on the training rows, with
        ``sample_weight`` if its ``fit`` takes it. If there are more than 400 000 rows
        and they are dense, it is fitted on a random sample of that size. A
        :class:`~sklearn.frozen.FrozenEstimator` is not refitted. With None the rows are
        used as they are.
    batch_size : int or "auto", default="auto"
        Largest number of rows of a batch; all rows if there are fewer. Batches are
        equally large. "auto" is 128, and 256 from 20 000 rows on.
    learning_rate_init : float, default=6e-3
        Largest learning rate, at least 1e-30. It rises over the first steps and then
        falls linearly to almost zero at the last of ``max_iter`` epochs.
    max_iter : int or "auto", default="auto"
        Number of epochs. "auto" is as many as make 4000 steps, but 8 to 100.
    weight_decay : float, default=0.1
        Decoupled weight decay: a step takes ``learning_rate * weight_decay`` off each
        weight, which may be no more than 1. Not ``alpha``, which in this package
        weighs the soft term.
    early_stopping : bool, default=True
        Split off ``validation_fraction`` of the rows, stop when the loss on them (the
        distillation loss if there are soft targets) no longer improves, and keep the
        weights of the best epoch. If there are too few rows to split any off, and with
        False, all epochs are run.
    validation_fraction : float, default=0.1
        Share of the rows split off if ``early_stopping`` and no ``X_val`` is passed.
    n_iter_no_change : int or "auto", default="auto"
        Epochs without an improvement after which training stops. "auto" is half of
        ``max_iter``: the loss often improves only when the learning rate has decreased.
    tol : float, default=1e-4
        Smallest decrease of the loss that counts as an improvement.
    dtype : {"float32", "float64"}, default="float32"
        Floating-point type of training, and of predictions for more than 1024 rows.
    time_limit : float or None, default=None
        Seconds for ``fit``. If they are too few, the encoder learns no edges, a sample
        of the rows is encoded, or the schedule of the learning rate is shortened so
        that it is completed in time. A warning states what was cut, and whether too few
        steps were left to learn.
    random_state : int, RandomState instance or None, default=None
        Seeds the validation split, the initial weights and the order of the rows. None
        takes entropy from the operating system.
    verbose : bool, default=False
        Whether to print what takes the steps, and the loss of the first and the last
        epoch, and of others once a second.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where ``X`` had string names only.
    encoder_ : transformer or None
        The fitted encoder.
    coefs_, intercepts_ : list of ndarray, dtype
        Weights of shape (n_inputs, n_outputs) and biases of each layer. The last gives
        targets in deviations from their mean, divided by their standard deviation, or
        with "poisson" and "gamma" the logarithm of a multiple of their mean, divided by
        the deviation as a share of the mean where that is below 1.
    loss_curve_ : list of float
        Mean training loss of each epoch, of standardised targets.
    validation_loss_curve_ : list of float
        Mean validation loss after each epoch; empty without validation rows.
    best_loss_ : float
        The smallest validation loss with ``early_stopping``, else the last loss.
    n_iter_ : int
        Number of epochs run.
    n_steps_ : int
        Number of steps taken.
    training_kernel_ : {"compiled", "numpy"}
        What took the steps of training: the compiled core, which needs `dtype`
        "float32", a :class:`TabularEncoder` and a processor with AVX2, or NumPy, as it
        always does in :meth:`partial_fit`. They differ by rounding.
    n_layers_, n_outputs_ : int
        Layers with input and output, and width of the last: the number of outputs of
        ``y``, times that of the quantiles.
    out_activation_ : str
        "identity", or "exp" with "poisson" and "gamma".

    See Also
    --------
    DistilledRegressor : Trains it on soft targets.
    MLPStudent : Its twin for classes; the notes there on threads, precision and large
        tables hold here too.
    sklearn.neural_network.MLPRegressor : Has parameters of the same names.

    Notes
    -----
    .. versionadded:: 0.1

    Targets are standardised before training, so that neither learning rate nor decay
    depends on their units. Predictions are computed in float64 from there, so that
    targets with a large offset keep their digits. With "poisson" and "gamma" they keep
    those of float32: use another loss where the deviation is below a hundredth of the
    mean.

    Of ascending quantiles the network gives the lowest, and for each further one a
    number whose softplus is added to the one before.

    References
    ----------
    Koenker and Bassett, "Regression Quantiles", 1978. :doi:`10.2307/1913643`

    Gorishniy et al., "Revisiting Deep Learning Models for Tabular Data", 2021.
    :doi:`10.48550/arXiv.2106.11959`

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_kd import MLPStudentRegressor
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    >>> student = MLPStudentRegressor((16,), random_state=0).fit(X, y)
    >>> student.score(X_test, y_test) > 0.2
    True
    """

    _parameter_constraints = BaseMLP._parameter_constraints | {
        "loss": [StrOptions(LossNames(Regression.name))],
        "quantiles": "no_validation",  # its own errors are clearer than a constraint's
    }

    def __init__(
        self,
        hidden_layer_sizes=(128, 128),
        *,
        loss="squared_error",
        quantiles=None,
        activation="relu",
        encoder="auto",
        batch_size="auto",
        learning_rate_init=6e-3,
        max_iter="auto",
        weight_decay=0.1,
        early_stopping=True,
        validation_fraction=0.1,
        n_iter_no_change="auto",
        tol=1e-4,
        dtype="float32",
        time_limit=None,
        random_state=None,
        verbose=False,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.loss = loss
        self.quantiles = quantiles
        self.activation = activation
        self.encoder = encoder
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.dtype = dtype
        self.time_limit = time_limit
        self.random_state = random_state
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
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
        """Fit the network to targets, and to soft targets if they are passed.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training rows: numbers, strings, categories, missing values.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets: finite numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights. Only their ratios matter. A row of weight 0 counts as absent.
        soft_targets : SoftPredictions of length n_samples, default=None
            The teacher's predictions, with the weight of the soft term, the loss and
            the levels of quantiles.
        X_val, y_val, sample_weight_val, soft_targets_val : as above, default=None
            Validation rows. With None, ``validation_fraction`` of the training rows is
            split off if ``early_stopping``. If they are passed without
            ``early_stopping``, their loss is only recorded.
        groups : array-like of shape (n_samples,), default=None
            Group of each row, such as the patient of a visit. All rows of a group are
            on the same side when validation rows are split off (with ``early_stopping``
            and without ``X_val``).

        Returns
        -------
        MLPStudentRegressor
            The same object.

        Raises
        ------
        TypeError, ValueError
            For invalid input, and if training diverges.
        """
        validation = X_val, y_val, sample_weight_val, soft_targets_val
        return self._fit(X, y, sample_weight, soft_targets, validation, groups)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y, sample_weight=None, soft_targets=None):
        """Learn from a batch of a stream: one pass in steps of ``batch_size`` rows.

        As :meth:`MLPStudent.partial_fit`, which has the details. The mean and the
        deviation of the targets, in whose units the network computes, are those of the
        first 64 rows of the stream, or of the first batch if that is larger; for a
        target that is the same in all of these, the deviation in the first batch where
        it is not.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows of the batch.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Targets.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights. A row of weight 0 counts as absent.
        soft_targets : SoftPredictions of length n_samples, default=None
            The teacher's predictions, as for :meth:`fit`.

        Returns
        -------
        MLPStudentRegressor
            The same object.

        Raises
        ------
        TypeError, ValueError
            For invalid input, for other columns or outputs than in the first call, and
            if training diverges.

        Notes
        -----
        .. versionadded:: 0.1

        Examples
        --------
        >>> from sklearn.datasets import load_diabetes
        >>> from sklearn_kd import MLPStudentRegressor
        >>> X, y = load_diabetes(return_X_y=True)
        >>> student = MLPStudentRegressor((32,), batch_size=10, random_state=0)
        >>> for start in range(0, 400, 100):
        ...     rows = slice(start, start + 100)
        ...     _ = student.partial_fit(X[rows], y[rows])
        >>> student.predict(X[400:]).shape
        (42,)
        """
        return self._learn_batch(X, y, None, sample_weight, soft_targets)

    def _outputs(self, X):
        logits = self._logits(X)
        return self._task.link(logits, self)
