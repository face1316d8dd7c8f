"""MLPStudent: a small multilayer perceptron that learns from soft and hard targets."""

from sklearn_kd._compat import fit_context
from sklearn_kd._task.link import finite
from sklearn_kd.students._tasks import LearnsLabels
from sklearn_kd.students.mlp._base import BaseMLP


class MLPStudent(LearnsLabels, BaseMLP):
    """A compact multilayer perceptron that learns from soft and hard targets.

    Without soft targets it is an ordinary classifier for tables, which encodes numeric,
    categorical and missing values by itself. With soft targets, as passed by
    :class:`DistilledClassifier`, it minimises the blended distillation loss. It runs on
    NumPy and does not import torch.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(128, 128)
        Width of each hidden layer; an empty sequence gives a model that is linear in
        the encoded columns.
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
        Smallest decrease of the loss that counts as an improvement, in nats.
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
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Number of columns seen in ``fit``.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, where ``X`` had string names only.
    encoder_ : transformer or None
        The fitted encoder.
    coefs_, intercepts_ : list of ndarray, dtype
        Weights of shape (n_inputs, n_outputs) and biases of each layer.
    loss_curve_ : list of float
        Mean training loss of each epoch, in nats.
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
        Layers with input and output, and number of classes.
    out_activation_ : str
        "softmax".

    See Also
    --------
    DistilledClassifier : Trains it on soft targets.
    MLPStudentRegressor : Its twin for numbers.
    sklearn.neural_network.MLPClassifier : Has parameters of the same names.

    Notes
    -----
    .. versionadded:: 0.1

    All parameters lie in one flat buffer, layers and gradients are allocated once, and
    BLAS is held to one thread inside ``fit``. A row of weight 0 counts as absent.

    In ``predict_proba`` the number of BLAS threads is that of the process. The sums
    depend on it: between one and two threads, probabilities differ by up to 1e-6 if the
    network computes in float32, and by up to 1e-14 in float64. Fix the number, by
    ``OPENBLAS_NUM_THREADS`` for example, if predictions must be the same to the bit.

    Predictions for up to 1024 rows are computed in float64, so that the prediction for
    a row does not depend on the other rows. For more rows, behind a
    :class:`TabularEncoder`, the network computes in ``dtype``, in blocks of rows:
    with float32, probabilities differ from those of single rows by about 1e-6. They add
    up to 1 in float64 either way.

    With ``dtype="float32"``, fitted weights are rounded to half precision, which moves
    probabilities by some 1e-4, and pickles store them in half precision, at half the
    size. They are not rounded with "float64", where they do not fit into the range of
    half precision, and after :meth:`partial_fit`.

    Rows that would take more than 1 GiB when encoded are encoded again in every epoch,
    part by part, and an array of 256 MiB or more is not copied: `X` may be a
    :class:`~numpy.memmap` that is larger than memory. Its rows are then shuffled in
    chunks of 1024 neighbours, 64 from all over the table at a time.

    References
    ----------
    Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015.
    :doi:`10.48550/arXiv.1503.02531`

    Beyer et al., "Knowledge distillation: A good teacher is patient and consistent",
    2022. :doi:`10.1109/CVPR52688.2022.01065`

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn_kd import MLPStudent
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> X, X_test, y, y_test = train_test_split(X, y, random_state=0)
    >>> student = MLPStudent(hidden_layer_sizes=(16,), random_state=0).fit(X, y)
    >>> student.score(X_test, y_test) > 0.9
    True
    """

    def __init__(
        self,
        hidden_layer_sizes=(128, 128),
        *,
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
        """Fit the network to labels, and to soft targets if they are passed.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Training rows: numbers, strings, categories, missing values.
        y : array-like of shape (n_samples,)
            Labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights. Only their ratios matter. A row of weight 0 counts as absent.
        soft_targets : SoftTargets of length n_samples, default=None
            The teacher's probabilities, with the weight of the soft term, the
            temperature and the loss.
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
        MLPStudent
            The same object.

        Raises
        ------
        ValueError
            For invalid input, and if training diverges.
        """
        validation = X_val, y_val, sample_weight_val, soft_targets_val
        return self._fit(X, y, sample_weight, soft_targets, validation, groups)

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
        return self._learn_batch(X, y, classes, sample_weight, soft_targets)

    def _labels(self, X):
        logits = self._logits(X)  # first: without a fit there is no task
        return self._task.decide(finite(logits, self))

    def _proba(self, X):
        logits = self._logits(X)
        return self._task.link(logits, self)

    def _log_proba(self, X):
        logits = self._logits(X)
        return self._task.log_link(logits, self)
