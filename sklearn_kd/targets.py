"""Soft targets: a teacher's class probabilities, in the student's class order."""

from dataclasses import dataclass

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._parameters import check_number
from sklearn_kd._run.versions import VersionedMixin
from sklearn_kd._tables.weights import read_floats
from sklearn_kd._task.class_names import read_proba
from sklearn_kd._task.labels import distinct_classes

#: What may divide logits in float32. The gradient of the soft term is in proportion to
#: T, and below is near what Adam takes for none; it is T times the difference of two
#: softmaxes, which rounding spoils by 7e-8 T of the whole, and its value by T squared
#: as much: above, the loss is off by more than a nat.
TEMPERATURES = 1e-3, 1e3


@dataclass(frozen=True, eq=False, repr=False)
class SoftTargets(VersionedMixin):
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

    def __post_init__(self):
        classes = distinct_classes(self.classes)
        given = read_proba(self.proba, classes)
        proba = given if _is_mapped(self.proba) else np.array(given)
        row_alpha = read_floats(self.row_alpha, "row_alpha")
        if row_alpha.ndim == 0:
            row_alpha = np.broadcast_to(row_alpha, len(proba))
        if row_alpha.shape != (len(proba),):
            raise ValueError(
                f"row_alpha has shape {row_alpha.shape}, expected one value a row: "
                f"({len(proba)},)."
            )
        if not ((row_alpha >= 0) & (row_alpha <= 1)).all():
            outside = row_alpha[~((row_alpha >= 0) & (row_alpha <= 1))]
            raise ValueError(f"row_alpha must lie in [0, 1], got {show(outside[0])}.")
        object.__setattr__(self, "temperature", check_temperature(self.temperature))
        if not isinstance(self.loss, str):
            raise TypeError(
                f"loss must be the name of a loss, such as 'kl', got {show(self.loss)}."
            )
        self._store(proba=proba, classes=classes, row_alpha=row_alpha)

    def _store(self, **arrays):
        for name, array in arrays.items():
            view = array.view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __setstate__(self, state):
        super().__setstate__(state)
        arrays = ("proba", "classes", "row_alpha")
        self._store(**{name: state[name] for name in arrays})  # read-only again

    def __len__(self):
        return len(self.proba)

    def __repr__(self):
        return (
            f"SoftTargets({len(self)} rows, {len(self.classes)} classes, "
            f"temperature={self.temperature:g}, loss={self.loss!r})"
        )

    @property
    def shape(self):
        """Shape of ``proba``: scikit-learn slices what has one like an array."""
        return self.proba.shape

    def __getitem__(self, rows):
        if isinstance(rows, tuple):  # scikit-learn indexes by [rows, ...]
            rows = rows[0]
        if np.ndim(rows) == 0 and not isinstance(rows, slice):
            raise TypeError(
                f"SoftTargets are sliced by several rows, got {show(rows)}."
            )
        part = object.__new__(type(self))
        object.__setattr__(part, "temperature", self.temperature)
        object.__setattr__(part, "loss", self.loss)
        proba = self.proba[rows]
        if self.row_alpha.strides == (0,) and len(self):
            row_alpha = np.broadcast_to(self.row_alpha[0], len(proba))
        else:
            row_alpha = self.row_alpha[rows]
        part._store(proba=proba, classes=self.classes, row_alpha=row_alpha)
        return part


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

    def of(self, outputs, classes):
        """Hold the outputs of labelled rows as soft targets."""
        return SoftTargets(outputs, classes, self.alpha, self.temperature, self.loss)


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
