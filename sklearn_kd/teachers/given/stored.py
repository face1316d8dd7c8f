"""A fitted teacher that lies in a file."""

from copy import deepcopy

from sklearn.frozen import FrozenEstimator
from sklearn.utils import Tags, TargetTags, get_tags

from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd.teachers.given import _file
from sklearn_kd.teachers.given._fitted import looks_fitted


class StoredTeacher(VersionedMixin, FrozenEstimator):
    """A fitted teacher that is pickled as the path and the digest of its file.

    A search over several processes sends its estimator with every task, and a fitted
    teacher in it each time. This one is read from its file instead, once a process.

    Parameters
    ----------
    path : str or os.PathLike
        A file that :meth:`save` or :func:`joblib.dump` has written. It has to be at the
        same path for every process.
    digest : str or None, default=None
        SHA-256 of the file, 64 hexadecimal digits. None takes that of the file as it
        is. With a digest the file is not read before the teacher is used.

    Attributes
    ----------
    path : str
        The absolute path.
    digest : str
        The digest.

    Raises
    ------
    TypeError
        For a path that is no text, and a digest that is none.
    ValueError
        For a file that cannot be read, and for another digest. When it is used, too:
        for a file with another digest than when this object was made, and for one from
        which nothing can be loaded.

    See Also
    --------
    sklearn.frozen.FrozenEstimator : A fitted model that is pickled as it is.
    DistilledClassifier.without_teacher : Leaves the teacher out of a file.

    Notes
    -----
    .. versionadded:: 0.1

    It takes the place of the teacher in it wherever a fitted teacher can be passed, and
    is a :class:`~sklearn.frozen.FrozenEstimator` of it: never refitted, and handed on
    as it is by :func:`~sklearn.base.clone`. All of a process share one object in
    ``estimator``, whose arrays are pages of the file in memory that other processes
    share, until something is written to them. The trees of scikit-learn's forests copy
    their arrays.

    The file is compared with the digest before it is loaded, and again when its time or
    size changes, so that no process predicts with another teacher than the others. For
    ``memory=`` the digest stands for the teacher, which is not hashed.

    **Loading the file runs code**, as for any pickle; see :ref:`files-run-code`. The
    digest shows that a file was changed after this object was made, and nothing about
    who has written it.

    Examples
    --------
    >>> import os
    >>> import pickle
    >>> from tempfile import mkdtemp
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn_kd import DistilledClassifier, StoredTeacher
    >>> X, y = load_wine(return_X_y=True)
    >>> forest = RandomForestClassifier(random_state=0).fit(X, y)
    >>> stored = StoredTeacher.save(forest, os.path.join(mkdtemp(), "forest.joblib"))
    >>> len(pickle.dumps(forest)) > 100_000 > 1000 > len(pickle.dumps(stored))
    True
    >>> bool((stored.predict_proba(X) == forest.predict_proba(X)).all())
    True
    >>> model = DistilledClassifier(stored, transfer=None, random_state=0).fit(X, y)
    >>> model.score(X, y) > 0.9
    True
    """

    def __init__(self, path, digest=None):
        self.path = _file.check_source(path)
        if digest is None:
            self.digest = _file.digest_of(self.path)
        else:
            self.digest = _file.check_digest(digest)

    @classmethod
    def save(cls, teacher, path):
        """Write a fitted teacher into a file, by joblib.

        A file of that name is replaced when the new one is complete: whoever has loaded
        the old one keeps that.

        Parameters
        ----------
        teacher : object
            Fitted, with ``predict_proba`` or ``predict``.
        path : str or os.PathLike
            Where the file is to be.

        Returns
        -------
        StoredTeacher
            Of the file.

        Raises
        ------
        TypeError
            For what is no teacher, and for one that cannot be pickled.
        NotFittedError
            For one that is not fitted.
        ValueError
            For a path that no file can have.
        """
        path = _file.check_name(path)
        _file.write(teacher, path)
        return cls(path)

    @property
    def estimator(self):
        """The teacher in the file, one object a process: do not change it."""
        return _file.load(self.path, self.digest)

    @property
    def cache_key(self):
        """What stands for the state of the teacher in the cache of ``memory=``."""
        return self.digest

    def get_params(self, deep=True):
        """Give what it was made of, without reading the file.

        Parameters
        ----------
        deep : bool, default=True
            Not used.

        Returns
        -------
        dict
            The path and the digest.
        """
        return {"path": self.path, "digest": self.digest}

    def set_params(self, **params):
        """Refuse parameters: nothing of a stored teacher can be changed.

        Parameters
        ----------
        **params : dict
            None.

        Returns
        -------
        StoredTeacher
            The same object.

        Raises
        ------
        ValueError
            For any parameter.
        """
        if params:
            raise ValueError(
                f"{', '.join(params)} cannot be set: the teacher in {self.path} is "
                "fitted, and is never refitted. Make a new StoredTeacher."
            )
        return self

    def _as_data(self, state):
        raise TypeError(
            "skops keeps nothing that runs code, and a StoredTeacher loads a pickle. "
            "Of a distilled estimator write what without_teacher() gives, or use "
            "joblib.dump."
        )

    def __getattr__(self, name):
        # names with an underscore are asked for by copies, pickles and notebooks
        if name.startswith("_") or name in ("path", "digest"):
            kind = type(self).__name__
            raise AttributeError(f"{kind} has no {name}", name=name, obj=self)
        return super().__getattr__(name)

    def __repr__(self, N_CHAR_MAX=700):
        return f"{type(self).__name__}({self.path!r})"

    def __sklearn_is_fitted__(self):
        return looks_fitted(self.estimator)

    def __sklearn_tags__(self):
        if hasattr(self.estimator, "__sklearn_tags__"):
            tags = deepcopy(get_tags(self.estimator))
        else:  # of no library: what it takes shows when it predicts
            tags = Tags(estimator_type=None, target_tags=TargetTags(required=False))
            inputs = tags.input_tags
            inputs.sparse = inputs.allow_nan = inputs.string = True
        tags._skip_test = True
        return tags
