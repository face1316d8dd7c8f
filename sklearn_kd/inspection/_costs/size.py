"""How large a model is: numbers it stores, bytes of its pickle."""

import pickle
import sys
from numbers import Number

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from sklearn_kd._estimators.nets import is_skorch_net
from sklearn_kd._messages import printable, show
from sklearn_kd.teachers import StoredTeacher

_PROTOCOL = 5

#: Bytes up to which a string is a name or a note, and no model in disguise.
_NOTE = 1024


def pickled_size(model):
    """Compute how many bytes a pickle of a model has.

    Nothing is written, and no copy of the model is held in memory.

    Parameters
    ----------
    model : object
        Anything that can be pickled.

    Returns
    -------
    int
        Bytes, uncompressed, in pickle protocol 5.

    Raises
    ------
    TypeError
        For what cannot be pickled.

    See Also
    --------
    count_parameters : The numbers in it.

    Notes
    -----
    .. versionadded:: 0.1

    A fitted :class:`~sklearn_kd.DistilledClassifier` has its teacher in it. What has to
    be deployed is its ``student_``. Of a :class:`~sklearn_kd.StoredTeacher` what is in
    its file counts, here and in :func:`count_parameters`. Loading a pickle runs code
    that is in it: see :ref:`files-run-code` for files from elsewhere.

    Examples
    --------
    >>> import pickle
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn_kd.inspection import pickled_size
    >>> forest = RandomForestClassifier().fit(*load_iris(return_X_y=True))
    >>> pickled_size(forest) == len(pickle.dumps(forest, protocol=5))
    True
    """
    sink = _Sink()
    _dump(_Pickler(sink), model)
    return sink.size


def count_parameters(model):
    """Count the numbers that a fitted model stores.

    Those are the elements of all numeric arrays in its pickle. Two arrays that are one
    object count once.

    Parameters
    ----------
    model : object
        A fitted estimator, pipeline or anything else that can be pickled.

    Returns
    -------
    int or None
        The number. None where the model has a single string or bytes object, of more
        than 1024 bytes, that is larger than all of its arrays together: it then keeps
        itself in a format of its own, as LightGBM, XGBoost and CatBoost do, and only
        :func:`pickled_size` gives its size.

    Raises
    ------
    TypeError
        For what cannot be pickled, and what is no model: None, text, a single number
        and a class.
    NotFittedError
        For an estimator that is not fitted, and has no numbers to count.

    See Also
    --------
    pickled_size : Bytes instead of numbers.

    Notes
    -----
    .. versionadded:: 0.1

    Counted are:

    - integers, floats, complex numbers and booleans in NumPy arrays, whatever they are
      for: the weights of a network, and the knots of its encoder as well;
    - in an array of records each numeric field. A node of a scikit-learn tree has eight
      (children, feature, threshold, impurity, rows, weighted rows, side of the missing
      values), besides the class shares that are an array of their own;
    - the tensors of a torch module, and the learnable parameters of a skorch net.

    Not counted are arrays of strings or of Python objects, single numbers, and what an
    estimator does not pickle.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn_kd.inspection import count_parameters
    >>> model = LogisticRegression(max_iter=200).fit(*load_iris(return_X_y=True))
    >>> model.coef_.size + model.intercept_.size
    15
    >>> count_parameters(model)  # and classes_, and n_iter_
    19
    """
    if model is None or isinstance(model, (str, bytes, bytearray, Number, type)):
        raise TypeError(
            f"model must be a fitted model, got {show(model)} of type "
            f"{type(model).__name__}. Pass the fitted object itself; from a file it is "
            "loaded first."
        )
    counter = _Counter()
    _dump(counter, model)
    if counter.longest > max(counter.n_bytes, _NOTE):
        return None
    if not counter.n_numbers and hasattr(model, "__sklearn_tags__"):
        check_is_fitted(model)
    return counter.n_numbers


def _dump(pickler, model):
    try:
        pickler.dump(model)
    except MemoryError:
        raise
    except Exception as error:  # of a lambda, a local class, an open file, a lock
        raise TypeError(
            f"model cannot be pickled, got {show(model)} ({type(error).__name__}: "
            f"{printable(error)}). Define classes and functions that it holds at the "
            "top of a module, and close its files and connections."
        ) from error


class _Sink:
    """A file that only keeps count of what is written to it."""

    def __init__(self):
        self.size = 0

    def write(self, data):
        """Count the bytes, and keep none."""
        size = memoryview(data).nbytes
        self.size += size
        return size


class _Pickler(pickle.Pickler):
    """A pickler that takes a stored teacher for what is in its file."""

    def __init__(self, sink):
        super().__init__(sink, protocol=_PROTOCOL)

    def reducer_override(self, obj):
        """Pickle the teacher in the place of its path."""
        if isinstance(obj, StoredTeacher):
            return FrozenEstimator, (obj.estimator,)
        return NotImplemented


class _Counter(_Pickler):
    """A walk through all that a pickle contains, which counts arrays on its way."""

    def __init__(self):
        super().__init__(_Sink())
        self.n_numbers = 0
        self.n_bytes = 0
        self.longest = 0

    def persistent_id(self, obj):
        """Look at strings, which never reach ``reducer_override``."""
        if isinstance(obj, (str, bytes, bytearray)):
            self.longest = max(self.longest, len(obj))

    def reducer_override(self, obj):
        """Count what holds numbers, and pickle an empty tuple in its place."""
        size = _size_of(obj)
        if size is None:
            return super().reducer_override(obj)
        self.n_numbers += size[0]
        self.n_bytes += size[1]
        return tuple, ()


def _size_of(obj):
    """Numbers and bytes of an array or of what holds arrays; None for anything else."""
    if isinstance(obj, np.ndarray):
        n_fields = _numeric_fields(obj.dtype)
        return (obj.size * n_fields, obj.nbytes) if n_fields else None
    # an object of one of these exists only where it is imported
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(obj, torch.Tensor):
        tensors = [obj]
    elif is_skorch_net(obj):
        tensors = [tensor for _, tensor in obj.get_all_learnable_params()]
    else:
        return None
    return (
        sum(tensor.numel() for tensor in tensors),
        sum(tensor.numel() * tensor.element_size() for tensor in tensors),
    )


def _numeric_fields(dtype):
    """How many numbers an element of an array is."""
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return _numeric_fields(base) * int(np.prod(shape))
    if dtype.names is not None:
        return sum(_numeric_fields(dtype[name]) for name in dtype.names)
    return int(dtype.kind in "biufc")
