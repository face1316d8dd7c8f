"""What a sampler of synthetic rows does, and what it may do beside."""

from abc import ABC, abstractmethod

from sklearn.base import BaseEstimator


class TransferSampler(BaseEstimator, ABC):
    """Base class of samplers, which make synthetic rows like the training rows.

    A sampler defines :meth:`fit` and :meth:`sample`. All else is optional, and has a
    default here.

    Attributes
    ----------
    neighbors_ : ndarray of shape (n_samples, n_neighbors), int, or None
        Optional, set by :meth:`fit`: positions of the nearest rows of each training
        row. ``out_of_sample="auto"`` of :class:`Pool` needs them. The default is None.

    See Also
    --------
    MungeSampler : The sampler behind ``transfer="auto"``.
    sklearn_kd.transfer.check_sampler : Checks a sampler.
    DistilledClassifier, DistilledRegressor : Take one as `transfer`.

    Notes
    -----
    A sampler need not derive from this class: an object with ``fit(X)`` and
    ``sample()`` is one, and has the defaults of this class.

    - The rows that :meth:`sample` returns have the container, the columns and the
      dtypes of X.
    - A parameter `random_state` that is None is seeded by the estimator that distils.
      The global random state is left alone.
    - The tags declare what X may be, as for any estimator of scikit-learn.
      ``input_tags.sparse`` allows sparse rows, which are refused otherwise.
      ``input_tags.allow_nan`` (missing values), ``input_tags.categorical`` (columns of
      strings and categories), ``input_tags.string`` without ``two_d_array`` (texts) and
      ``input_tags.sparse`` without ``two_d_array`` (sparse rows only) are read by
      :func:`~sklearn_kd.transfer.check_sampler` alone.

    .. versionadded:: 0.1

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_kd import TransferSampler
    >>> class Noise(TransferSampler):
    ...     def __init__(self, scale=0.1, random_state=None):
    ...         self.scale = scale
    ...         self.random_state = random_state
    ...
    ...     def fit(self, X, y=None):
    ...         self.X_ = X
    ...         return self
    ...
    ...     def sample(self, n_samples=None):
    ...         rng = np.random.default_rng(self.random_state)
    ...         source = np.arange(n_samples or len(self.X_)) % len(self.X_)
    ...         noise = rng.normal(scale=self.scale, size=(len(source), 1))
    ...         return self.X_[source] + noise, source
    >>> X_new, source = Noise(random_state=0).fit(np.eye(3)).sample()
    >>> X_new.shape, source
    ((3, 3), array([0, 1, 2]))
    """

    neighbors_ = None

    @abstractmethod
    def fit(self, X, y=None):
        """Learn from the training rows.

        Parameters
        ----------
        X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features), or \
                {ndarray, Series} of str of shape (n_samples,)
            Training rows. They may be kept, but not be written into.
        y : Ignored
            Not passed.

        Returns
        -------
        self : TransferSampler
            The fitted sampler.
        """

    @abstractmethod
    def sample(self, n_samples=None):
        """Make synthetic rows.

        Parameters
        ----------
        n_samples : int or None, default=None
            Number of rows; the sampler chooses it where it is None. An int is passed
            only to a sampler with an :meth:`automatic_size`.

        Returns
        -------
        X_new : {ndarray, CSR matrix, DataFrame} of shape (n_new, n_features), or \
                {ndarray, Series} of str of shape (n_new,)
            The synthetic rows, in the container of X, with its columns and dtypes.
        source : ndarray of shape (n_new,), int
            Position in X of the row that each was made from.
        """

    def automatic_size(self, n_samples, n_columns):
        """Return how many rows are made where the user has not chosen a number.

        With a number, the estimator that distils may request fewer rows, made of fewer
        training rows: under a `time_limit`, and with many classes or outputs.

        Parameters
        ----------
        n_samples, n_columns : int
            Number of training rows, and of their columns (1 for texts).

        Returns
        -------
        int or None
            At least 1: what :meth:`sample` makes without a number. None, the default,
            where it is to be called without one.
        """
        return
