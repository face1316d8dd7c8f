"""A SELECT under construction: what differs from one database to another."""

from abc import ABC, abstractmethod

from sklearn_kd.export._program.levels import kind_of_levels
from sklearn_kd.export._sql import text

#: Below it, the input of a layer may count as 0.
LEAST = 1e-100


class Vector(list):
    """References to the elements of an array, which has a name itself."""

    def __init__(self, name, n_elements):
        super().__init__(f"{name}[{place + 1}]" for place in range(n_elements))
        self.name = name


class Query(ABC):
    """Collects stages; each computes columns of those before it, row for row.

    A stage stands between an expression and its uses, so that a database computes it
    once. What stages give are references, which later stages may use.

    Parameters
    ----------
    table : str
        Name of the table, quoted.
    inputs : tuple of Input
        The columns of a :class:`Program`.
    prefix : str
        What names of the query begin with, and no column does.
    """

    greatest, least = "GREATEST", "LEAST"
    #: Functions of columns in one stage, and units of a layer; there are limits to the
    #: columns of a SELECT.
    chunk, most_units = 500, None

    def __init__(self, table, inputs, prefix):
        self.table, self.inputs, self.prefix = table, inputs, prefix
        self.alias = f"{prefix}table"
        self._n_names = 0

    def name(self, kind=""):
        """Make up a name."""
        self._n_names += 1
        return f"{self.prefix}{kind}{self._n_names}"

    def column(self, place):
        """Give a column of the table as it is."""
        return f"{self.alias}.{text.quoted(self.inputs[place].label)}"

    def read(self, place):
        """Read a column as double; NULL for what is missing."""
        return without_nan(f"CAST({self.column(place)} AS DOUBLE PRECISION)")

    def double(self, value):
        """Write a number that stands by itself."""
        return text.number(value)

    def operand(self, value):
        """Write a number beside a double in an operation."""
        return text.number(value)

    def read_any(self, place):
        """Read a column of numbers, or of truth values, as :meth:`read` does."""
        return self.read(place)

    def product(self, value, factor, least=LEAST):
        """Write a product, which may be off by less than `least`."""
        return value if factor == 1 else f"{value} * {self.operand(factor)}"

    def string(self, value):
        """Write a text."""
        return text.string(value)

    def truth(self, value):
        """Write a truth value."""
        return "TRUE" if value else "FALSE"

    def result(self, value):
        """Write a number as what :meth:`select` takes."""
        return value

    @abstractmethod
    def columns(self, expressions):
        """Add a stage that computes columns."""

    def vector(self, expressions):
        """Add a stage that computes the inputs of a layer."""
        return self.columns(expressions)

    def curve(self, x, knots, cells):
        """Write a piecewise-linear function, by a binary search for a number's cell.

        Parameters
        ----------
        x : str
            A number that is not NULL.
        knots : ndarray of shape (n_knots,)
            Between the cells.
        cells : ndarray of shape (n_knots + 1, 3)
            Height, slope and offset of each: ``height + slope * (x - offset)``.

        Returns
        -------
        str
            An expression.
        """
        if not len(knots):
            height, slope, offset = cells[0]
            if slope == 0:
                return self.double(height)
            above = self.product(f"({x} - {self.operand(offset)})", slope)
            return f"{self.operand(height)} + {above}"
        half = len(knots) // 2
        low = self.curve(x, knots[:half], cells[: half + 1])
        high = self.curve(x, knots[half + 1 :], cells[half + 1 :])
        return f"CASE WHEN {x} < {self.operand(knots[half])} THEN {low} ELSE {high} END"

    def ramp(self, x, lower, upper, slope):
        """Write a function that rises from 0 to 1; it is 0 for NULL."""
        lower, upper = map(self.operand, (lower, upper))
        risen = self.product(f"({x} - {lower})", slope)
        zero, one = map(self.double, (0, 1))
        # no comparison with NULL is true
        return (
            f"CASE WHEN {x} > {lower} THEN CASE WHEN {x} < {upper} "
            f"THEN {risen} ELSE {one} END ELSE {zero} END"
        )

    @abstractmethod
    def levels(self, steps):
        """Add a stage that finds the levels of rows, for :meth:`layer`."""

    @abstractmethod
    def layer(self, inputs, step, start, levels, function):
        """Add a stage that computes the units of a layer, and give references to them.

        `inputs` and `levels` are what :meth:`vector` or :meth:`layer`, and
        :meth:`levels` gave, `step` is a `Dense`, `start` is added to the units if there
        is any, and `function` writes a function of an expression that it uses once.
        """

    @abstractmethod
    def select(self, outputs):
        """Put the SELECT together, of the names of outputs and their expressions."""

    @abstractmethod
    def key(self, place, kind):
        """Give a nominal column as what is compared with levels."""

    def is_missing(self, place, kind):
        """Give the condition that a nominal column has no value."""
        return f"{self.column(place)} IS NULL"

    def match(self, step, found):
        """Write an expression that depends on the level of a row.

        Parameters
        ----------
        step : AddLevel
            A nominal column with its levels.
        found : list of str
            An expression for each level; the last is that of an unknown one.

        Returns
        -------
        str
            Levels with the expression of an unknown one are not listed.
        """
        kind = kind_of_levels(self.inputs[step.column], "to_sql")
        *found, unknown = found
        missing, cases = unknown, []
        for level, result in zip(step.levels, found, strict=True):
            if level is None:
                missing = result
            elif result != unknown:
                cases.append(f"WHEN {self._level(level, kind)} THEN {result}")
        if cases:
            key = self.key(step.column, kind)
            unknown = f"CASE {key} {' '.join(cases)} ELSE {unknown} END"
        condition = self.is_missing(step.column, kind)
        return f"CASE WHEN {condition} THEN {missing} ELSE {unknown} END"

    def _level(self, level, kind):
        """Write a level."""
        if kind == "whole number":
            return str(int(level))
        text.refuse_unwritable(level, "the level")
        return self.string(level)


def without_nan(number):
    """Write NULL for NaN."""
    return f"NULLIF({number}, CAST('NaN' AS DOUBLE PRECISION))"


def clamped(query, value, least, most):
    """Write a number cut off at both ends."""
    least, most = map(query.double, (least, most))
    return f"{query.least}({query.greatest}({value}, {least}), {most})"
