"""What the columns of a stream have held, while its first rows are kept."""

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix, issparse

from sklearn_kd._messages import show
from sklearn_kd._tables.columns import (
    column_kinds,
    column_name,
    is_frame,
    is_polars,
    nominal_codes,
    objects_of,
)
from sklearn_kd._tables.level_types import TypeWatch, occurring_levels
from sklearn_kd._tables.rows import read_numbers
from sklearn_kd.students.encoder.encoder import TabularEncoder


@dataclass(frozen=True)
class SeenColumns:
    """Kinds and levels of the columns of a stream so far.

    The encoder is fitted anew on all rows that are kept, so that it takes whatever
    they hold: what a new batch holds is compared with those before it first.

    Parameters
    ----------
    kinds : dict of int to {"numeric", "nominal"}
        Of the columns that have had a value.
    levels : dict of int to dict
        The keys are the levels of a nominal column.
    """

    kinds: dict = field(default_factory=dict)
    levels: dict = field(default_factory=dict)

    def add(self, X):
        """Compare a batch with what came before it, and add what it holds.

        Parameters
        ----------
        X : {ndarray, DataFrame} of shape (n_samples, n_features)
            Checked rows.

        Returns
        -------
        SeenColumns
            With the columns of X.

        Raises
        ------
        ValueError
            For infinity, and where a column of numbers holds anything else now.

        Warns
        -----
        UserWarning
            Where a nominal column holds only levels of another type than before.
        """
        found_kinds = column_kinds(X)
        held = [self.kinds.get(column, kind) for column, kind in enumerate(found_kinds)]
        kinds, levels = dict(self.kinds), dict(self.levels)
        watch = TypeWatch()
        for column, kind in enumerate(held):
            if kind == "numeric":
                continue
            codes, found = nominal_codes(X, column)
            known = levels.get(column, {})
            watch.see(column, codes, found, known)
            occurring = occurring_levels(codes, found)
            if occurring:
                kinds[column] = kind
                levels[column] = known | dict.fromkeys(occurring)
        numeric = [column for column, kind in enumerate(held) if kind == "numeric"]
        numbers = read_numbers(X, numeric, TabularEncoder.__name__)
        for column in numeric:
            if found_kinds[column] == "nominal":
                _refuse_booleans(X, column)
        some = ~np.isnan(numbers).all(axis=0)
        kinds |= {j: "numeric" for j, yes in zip(numeric, some, strict=True) if yes}
        watch.warn(X)
        return SeenColumns(kinds, levels)


def _refuse_booleans(X, column):
    """Refuse booleans in a column of numbers: both together would be levels."""
    for level in occurring_levels(*nominal_codes(X, column)):
        if isinstance(level, bool):
            raise ValueError(
                f"Column {show(column_name(X, column))} is numeric, but it holds "
                f"{show(level)}: expected a number or a missing value. Convert the "
                "column to numbers first."
            )


def alike(above, below):
    """Bring tables of one stream into containers that can be stacked.

    Parameters
    ----------
    above, below : {ndarray, CSR matrix, DataFrame} of shape (n_rows, n_features)
        Rows with the same columns, in any two containers.

    Returns
    -------
    above, below : {ndarray, CSR matrix, DataFrame} of shape (n_rows, n_features)
        Arrays of objects for two kinds of containers, and where a common dtype would
        make strings of numbers, or numbers of booleans that are levels.
    """
    if issparse(above):
        return above, below if issparse(below) else csr_matrix(below)
    if issparse(below):
        return above, below
    if is_frame(above) or is_frame(below):
        fits = type(above) is type(below)
        if fits:
            pair = _stack_in_polars if is_polars(above) else _stack_in_pandas
            fits = all(map(pair, above.dtypes, below.dtypes))
    else:
        fits = above.dtype.kind == below.dtype.kind or not (
            {above.dtype.kind, below.dtype.kind} & {"U", "S"}
        )
    if fits:
        return above, below
    return _objects(above), _objects(below)


def _objects(X):
    """Make an array of objects, without a common type of the columns in between."""
    table = np.empty(X.shape, dtype=object)
    for column in range(X.shape[1]):
        table[:, column] = objects_of(X, column)
    return table


def _stack_in_pandas(dtype, other):
    """Say whether two dtypes of pandas are not booleans beside numbers."""
    return (dtype.kind == "b") == (other.kind == "b") or not (
        {dtype.kind, other.kind} <= set("biuf")
    )


def _stack_in_polars(dtype, other):
    """Say whether two dtypes of polars have one that holds the values of both."""
    words = ("String", "Categorical", "Enum")
    return (
        dtype == other
        or (dtype.is_numeric() and other.is_numeric())
        or all(each.base_type().__name__ in words for each in (dtype, other))
        or any(each.base_type().__name__ == "Null" for each in (dtype, other))
    )
