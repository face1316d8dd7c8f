"""Soft targets: what a teacher predicts, class probabilities or numbers, row by row."""

from dataclasses import dataclass

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._parameters import check_number
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._tables.weights import read_floats
from sklearn_kd._task import Classification, Regression
from sklearn_kd._task.class_names import read_proba
from sklearn_kd._task.labels import distinct_classes
from sklearn_kd._task.regression.reading import check_quantiles, read_numbers

#: What may divide logits in float32. The gradient of the soft term is in proportion to
#: T, and below is near what Adam takes for none; it is T times the difference of two
#: softmaxes, which rounding spoils by 7e-8 T of the whole, and its value by T squared
#: as much: above, the loss is off by more than a nat.
TEMPERATURES = 1e-3, 1e3


class _Sliceable(VersionedMixin):
    """What both kinds of soft targets have in common: immutable, sliced like an array.

    The array of outputs is the attribute named ``_outputs``; each row has an alpha.
    """

    def _keep(self, outputs):
        """Check alpha and loss, and keep the outputs with one alpha a row."""
        row_alpha = read_floats(self.row_alpha, "row_alpha")
        if row_alpha.ndim == 0:
            row_alpha = np.broadcast_to(row_alpha, len(outputs))
        if row_alpha.shape != (len(outputs),):
            raise ValueError(
                f"row_alpha has shape {row_alpha.shape}, expected one value a row: "
                f"({len(outputs)},)."
            )
        if not ((row_alpha >= 0) & (row_alpha <= 1)).all():
            outside = row_alpha[~((row_alpha >= 0) & (row_alpha <= 1))]
            raise ValueError(f"row_alpha must lie in [0, 1], got {show(outside[0])}.")
        if not isinstance(self.loss, str):
            raise TypeError(
                "loss must be the name of a loss, such as "
                f"{type(self).loss!r}, got {show(self.loss)}."
            )
        self._store(**{self._outputs: outputs, "row_alpha": row_alpha})

    def _store(self, **arrays):
        for name, array in arrays.items():
            view = array.view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def _unpack(self):
        arrays = {n: v for n, v in vars(self).items() if isinstance(v, np.ndarray)}
        self._store(**arrays)  # read-only again

    def __len__(self):
        return len(self.outputs)

    @property
    def outputs(self):
        """What the teacher predicts: an array with a row a row."""
        return getattr(self, self._outputs)

    @property
    def shape(self):
        """Shape of the outputs: scikit-learn slices what has one like an array."""
        return self.outputs.shape

    def with_outputs(self, outputs, row_alpha=None):
        """Exchange the outputs, and the alpha of each row unless that is None."""
        part = object.__new__(type(self))
        vars(part).update(vars(self))
        row_alpha = self.row_alpha if row_alpha is None else row_alpha
        part._store(**{self._outputs: outputs, "row_alpha": row_alpha})
        return part

    def __getitem__(self, rows):
        if isinstance(rows, tuple):  # scikit-learn indexes by [rows, ...]
            rows = rows[0]
        if np.ndim(rows) == 0 and not isinstance(rows, slice):
            raise TypeError(
                f"{type(self).__name__} are sliced by several rows, got {show(rows)}."
            )
        outputs = self.outputs[rows]
        if self.row_alpha.strides == (0,) and len(self):
            row_alpha = np.broadcast_to(self.row_alpha[0], len(outputs))
        else:
            row_alpha = self.row_alpha[rows]
        return self.with_outputs(outputs, row_alpha)


@dataclass(frozen=True, eq=False, repr=False)
class SoftTargets(_Sliceable):
    """Soft targets with their weight, temperature and loss: immutable, sliceable.

    An estimator whose ``fit`` takes ``soft_targets`` can be a student of
    :class:`~sklearn_kd.DistilledClassifier`, which passes one of these to it.

    Parameters
    ----------
    proba : array-like or DataFrame of shape (n_samples, n_classes), float32 or float64
        The teacher's probabilities at temperature 1, rows summing to 1. Columns of a
        DataFrame that are named by the classes may be in any order.
    classes : array-like of shape (n_classes,)
        The label of each column, sorted.
    row_alpha : float or array-like of shape (n_samples,), default=1.0
        The weight of the soft term in each row's loss, in [0, 1]; the hard term has
        ``1 - row_alpha``. A row without a label has 1.
    temperature : float, default=1.0
        Divides the logits of both sides in the soft term, which is multiplied by its
        square; from 0.001 to 1000.
    loss : str, default="kl"
        The name of the soft term, a key of :data:`sklearn_kd.losses.LOSSES`.

    See Also
    --------
    sklearn_kd.DistilledClassifier : Makes them, and hands them to the student.
    sklearn_kd.MLPStudent : A student that takes them.
    SoftPredictions : Its twin for a regression.

    Notes
    -----
    .. versionadded:: 0.1

    The arrays are copied, except probabilities in a :class:`~numpy.memmap`, which may
    be larger than memory. Do not change its file afterwards.

    It is indexed like the rows of a NumPy array, and scikit-learn's splitters slice it
    like an array with ``n_samples`` rows.

    Examples
    --------
    >>> from sklearn_kd import SoftTargets
    >>> soft = SoftTargets([[0.8, 0.2], [0.3, 0.7]], classes=["no", "yes"])
    >>> len(soft), soft[1:].proba.tolist(), soft.row_alpha.tolist()
    (2, [[0.3, 0.7]], [1.0, 1.0])
    """

    proba: np.ndarray
    classes: np.ndarray
    row_alpha: np.ndarray = 1.0
    temperature: float = 1.0
    loss: str = "kl"

    #: How messages say to make one.
    wrapped = "probabilities: SoftTargets(proba, classes)"

    _outputs = "proba"

    def check_like(self, other):
        """Refuse others beside which these cannot be learned.

        Parameters
        ----------
        other : SoftTargets
            Of the training rows.

        Raises
        ------
        ValueError
            For other classes, another temperature or another loss.
        """
        same = self.temperature == other.temperature and self.loss == other.loss
        if not (same and np.array_equal(self.classes, other.classes)):
            raise ValueError(
                "soft_targets_val must have the classes, the temperature and the loss "
                f"of soft_targets: got {self} and {other}."
            )

    def __post_init__(self):
        classes = distinct_classes(self.classes)
        given = read_proba(self.proba, classes)
        proba = given if _is_mapped(self.proba) else np.array(given)
        object.__setattr__(self, "temperature", check_temperature(self.temperature))
        self._keep(proba)
        self._store(classes=classes)

    def __repr__(self):
        return (
            f"SoftTargets({len(self)} rows, {len(self.classes)} classes, "
            f"temperature={self.temperature:g}, loss={self.loss!r})"
        )


@dataclass(frozen=True, eq=False, repr=False)
class SoftPredictions(_Sliceable):
    """Soft targets of a regression: a teacher's predictions, immutable and sliceable.

    A regressor whose ``fit`` takes ``soft_targets`` can be a student of
    :class:`~sklearn_kd.DistilledRegressor`, which passes one of these to it.

    Parameters
    ----------
    pred : array-like of shape (n_samples,), (n_samples, n_outputs) or \
            (n_samples, n_outputs * n_quantiles)
        The teacher's predictions, in the units of ``y``. The quantiles of one output
        stand side by side.
    row_alpha : float or array-like of shape (n_samples,), default=1.0
        The weight of the soft term in each row's loss, in [0, 1]; the hard term has
        ``1 - row_alpha``. A row without a label has 1.
    loss : str, default="squared_error"
        The name of the loss, a key of :data:`sklearn_kd.losses.LOSSES`.
    quantiles : sequence of float or None, default=None
        The levels of the quantiles that `pred` holds; None for means.

    Attributes
    ----------
    pred : ndarray of shape (n_samples, n_columns), float64
        Always with two dimensions.
    quantiles : tuple of float or None
        The levels.

    Raises
    ------
    TypeError, ValueError
        For predictions that are no finite numbers, another shape, and alphas and levels
        outside their range.

    See Also
    --------
    sklearn_kd.DistilledRegressor : Makes them, and hands them to the student.
    sklearn_kd.MLPStudentRegressor : A student that takes them.
    SoftTargets : Its twin for class probabilities.

    Notes
    -----
    .. versionadded:: 0.1

    It is indexed like the rows of a NumPy array, as :class:`SoftTargets` is.

    Examples
    --------
    >>> from sklearn_kd import SoftPredictions
    >>> soft = SoftPredictions([1.5, 2.5, 3.0])
    >>> len(soft), soft[1:].pred.tolist(), soft.row_alpha.tolist()
    (3, [[2.5], [3.0]], [1.0, 1.0, 1.0])
    """

    pred: np.ndarray
    row_alpha: np.ndarray = 1.0
    loss: str = "squared_error"
    quantiles: tuple | None = None

    #: How messages say to make one.
    wrapped = "predictions: SoftPredictions(pred)"

    _outputs = "pred"

    def check_like(self, other):
        """Refuse others beside which these cannot be learned.

        Parameters
        ----------
        other : SoftPredictions
            Of the training rows.

        Raises
        ------
        ValueError
            For another loss or other levels of quantiles.
        """
        if (self.loss, self.quantiles) != (other.loss, other.quantiles):
            raise ValueError(
                "soft_targets_val must have the loss and the quantiles of "
                f"soft_targets: got {self} and {other}."
            )

    def __post_init__(self):
        pred = np.array(read_numbers(self.pred, "pred"))
        object.__setattr__(self, "quantiles", check_quantiles(self.quantiles))
        if self.quantiles is not None and pred.shape[1] % len(self.quantiles):
            raise ValueError(
                f"pred has {pred.shape[1]} columns, expected one for each of the "
                f"quantiles {show(self.quantiles)} of each output."
            )
        self._keep(pred)

    def __repr__(self):
        return (
            f"SoftPredictions({len(self)} rows, {self.shape[1]} columns, "
            f"loss={self.loss!r})"
        )


@dataclass(frozen=True)
class SoftTerm:
    """How the soft term counts in the loss: what all soft targets have in common.

    Parameters
    ----------
    alpha : float
        Its weight in the loss of a labelled row, in [0, 1].
    temperature : float
        Divides the logits of both sides.
    loss : str
        Its name, a key of :data:`sklearn_kd.losses.LOSSES`.
    """

    alpha: float
    temperature: float
    loss: str

    @property
    def is_used(self):
        """Whether there are soft targets at all."""
        return self.alpha > 0

    def of(self, outputs, task):
        """Hold the outputs of labelled rows as soft targets of a task."""
        return _HOLDERS[task.name](outputs, task, self)


#: What makes soft targets of outputs, by task.
_HOLDERS = {
    Classification.name: lambda outputs, task, term: SoftTargets(
        outputs, task.classes, term.alpha, term.temperature, term.loss
    ),
    Regression.name: lambda outputs, task, term: SoftPredictions(
        outputs, term.alpha, term.loss, task.quantiles
    ),
}


def check_temperature(temperature):
    """Check what divides logits.

    Parameters
    ----------
    temperature : float
        What was passed.

    Returns
    -------
    float
        The same number.

    Raises
    ------
    TypeError, ValueError
        For anything but a number from 0.001 to 1000: beyond, float32 cannot represent
        the loss and its gradient.
    """
    least, most = TEMPERATURES
    return check_number("temperature", temperature, least=least, most=most)


def _is_mapped(array):
    """Return whether an array is a view of a file."""
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return False
