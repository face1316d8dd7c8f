"""The steps that every export writes down, and the decision behind them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Input:
    """A column of the rows.

    Parameters
    ----------
    name : str or int
        Its name; its position where the columns had no names.
    levels : list or None
        The levels that occurred in fit and are encoded; None stands for missing values.
        For a numeric column it is None instead of a list.
    """

    name: str | int
    levels: list | None

    @property
    def label(self):
        """Its name as a string: ``x0``, ``x1``, ... where the columns had no names."""
        return self.name if isinstance(self.name, str) else f"x{self.name}"


@dataclass(frozen=True, eq=False)
class Interpolate:
    """Functions of one column each: linear between knots, and level outside them.

    Parameters
    ----------
    columns : ndarray of shape (n_functions,), intp
        Position of the column that each is of.
    knots, values : list of ndarray, float64
        The increasing knots of each function, and its values there. A function without
        knots is 0.
    missing : float
        What each is for a missing value.
    """

    columns: np.ndarray
    knots: list
    values: list
    missing: float


@dataclass(frozen=True, eq=False)
class Rise:
    """Functions of one column each: 0 up to a value, 1 from another on, and linear.

    They are 0 for a missing value.

    Parameters
    ----------
    columns : ndarray of shape (n_functions,), intp
        Position of the column that each is of.
    lower, upper : ndarray of shape (n_functions,), float64
        Where each begins to rise, and where it ends.
    """

    columns: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True, eq=False)
class Flag:
    """Functions of one column each: 1 for a missing value, 0 for any other.

    Parameters
    ----------
    columns : ndarray of shape (n_functions,), intp
        Position of the column that each is of.
    """

    columns: np.ndarray


@dataclass(frozen=True, eq=False)
class Encode:
    """Numbers of a row as piecewise-linear functions of the numeric columns.

    Parameters
    ----------
    parts : tuple of Interpolate, Rise and Flag
        The functions; what they give stands side by side.
    """

    parts: tuple


@dataclass(frozen=True, eq=False)
class Scale:
    """All columns, ``(x - shift) / scale``.

    Parameters
    ----------
    shift, scale : ndarray of shape (n_features,), float64, or None
        None stands for zeros and for ones.
    clip : bool
        Whether the result is cut off at -1 and 1.
    mean : ndarray of shape (n_features,), float64, or None
        The means of the columns in fit, where there are any: no part of the step, but
        around them lie the values to expect.
    """

    shift: np.ndarray | None = None
    scale: np.ndarray | None = None
    clip: bool = False
    mean: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Dense:
    """A product with weights, and biases added.

    Parameters
    ----------
    coef : ndarray of shape (n_inputs, n_outputs), float64
        Weights. Without inputs there are the biases alone.
    intercept : ndarray of shape (n_outputs,), float64
        Biases.
    """

    coef: np.ndarray
    intercept: np.ndarray


@dataclass(frozen=True, eq=False)
class AddLevel:
    """A vector, which the level of a nominal column decides, is added.

    Parameters
    ----------
    column : int
        Position of the column.
    levels : list
        None stands for a missing value.
    vectors : ndarray of shape (n_levels + 1, n_outputs), float64
        One each; the last is an unknown level's.
    """

    column: int
    levels: list
    vectors: np.ndarray


@dataclass(frozen=True, eq=False)
class Activate:
    """A function of the numbers: behind a layer, or the link behind the last.

    Parameters
    ----------
    function : {"relu", "tanh", "logistic", "exp", "softmax"}
        Its name. The others are of each number, and "softmax" is of a row.
    """

    function: str


@dataclass(frozen=True, eq=False)
class Widen:
    """Columns of zeros for classes that the student was not fitted on.

    Parameters
    ----------
    columns : ndarray of shape (n_known,), intp
        Where the columns that there are go.
    n_columns : int
        How many there are to be.
    """

    columns: np.ndarray
    n_columns: int


@dataclass(frozen=True, eq=False)
class Ascend:
    """Quantiles: the lowest of each target, and what each further one adds to it.

    The first column of each target stays, and each further one adds its softplus to the
    quantile before.

    Parameters
    ----------
    n_levels : int
        Number of quantiles of each target, which stand side by side; above 1.
    """

    n_levels: int


@dataclass(frozen=True, eq=False)
class Unscale:
    """From one unit to another, as that of the targets: ``x * scale + shift``.

    It is computed in float64: a shift may have more digits than float32.

    Parameters
    ----------
    scale, shift : ndarray of shape (n_outputs,), float64
        One each for every column.
    """

    scale: np.ndarray
    shift: np.ndarray


@dataclass(frozen=True, eq=False)
class Greatest:
    """The decision for the most probable class."""


@dataclass(frozen=True, eq=False)
class Threshold:
    """The decision for one class of two from a probability on.

    Parameters
    ----------
    column, other : int
        The class whose probability is held against the threshold, and the other.
    value : float
        The threshold.
    """

    column: int
    other: int
    value: float


@dataclass(frozen=True, eq=False)
class Middle:
    """The decision for numbers: as they are, or the quantile nearest to the median.

    Parameters
    ----------
    quantiles : tuple of float or None
        The levels of the quantiles of each target, which stand side by side.
    place : int
        Which of them is the decision; 0 where there are none.
    deviation : ndarray of shape (n_outputs,), float64
        That of the target of each column: no part of the decision, but what a change
        is measured by.
    """

    quantiles: tuple | None
    place: int
    deviation: np.ndarray

    @property
    def n_levels(self):
        """Number of columns of each target."""
        return len(self.quantiles or [None])
