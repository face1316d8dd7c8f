"""The SELECT for PostgreSQL: a layer is a small table with a row for each unit."""

import numpy as np

from sklearn_kd.export._sql import text
from sklearn_kd.export._sql.query import LEAST, Query, Vector, without_nan


class PostgreSQL(Query):
    """Stages are lateral subqueries; OFFSET 0 keeps the planner from merging them."""

    title = "PostgreSQL"
    most_units = 1500

    def __init__(self, *args):
        super().__init__(*args)
        self._unit, once = f"{self.prefix}unit", f"{self.prefix}once"
        self._weights = []
        self._stages = [f"(SELECT CAST(NULL AS point) AS p OFFSET 0) AS {once}"]
        # The planner would look each row up in a cache of those before; it cannot where
        # a subquery takes up a value of a type that has no hash.
        self._uncached = f"{once}.p"

    def read_any(self, place):
        # there is no cast from boolean to double
        written = f"CAST({self.column(place)} AS text)"
        return without_nan(
            f"CASE {written} WHEN 'true' THEN 1 WHEN 'false' THEN 0 "
            f"ELSE CAST({written} AS DOUBLE PRECISION) END"
        )

    def product(self, value, factor, least=LEAST):
        # A product that is too small for a double is an error: what is far below
        # `least` is lost in a sum with a number of that size.
        with np.errstate(over="ignore", under="ignore"):
            tiny = float(f"{np.divide(least, abs(factor)):.0e}") if factor else 0.0
        if tiny > 0:
            value = "({0} + {1} - {1})".format(value, self.operand(tiny))
        return super().product(value, factor)

    def weight(self, value):
        """Write a weight or a bias; products with very small ones would be errors."""
        return self.operand(value if abs(value) > LEAST else 0.0)

    def double(self, value):
        return f"float8 '{float(value)!r}'"

    def string(self, value):
        quoted = super().string(value)
        return "E" + quoted.replace("\\", "\\\\") if "\\" in quoted else quoted

    def key(self, place, kind):
        column = f"CAST({self.column(place)} AS text)"
        if kind == "string":
            return f'{column} COLLATE "C"'
        return (
            f"CASE {column} WHEN 'true' THEN 1 WHEN 'false' THEN 0 "
            f"ELSE CAST({column} AS numeric) END"
        )

    def is_missing(self, place, kind):
        condition = super().is_missing(place, kind)
        if kind == "whole number":
            condition += f" OR CAST({self.column(place)} AS text) = 'NaN'"
        return condition

    def columns(self, expressions):
        if not expressions:
            return []
        stage = self.name()
        listed = ",\n    ".join(
            f"{expression} AS v{place}"
            for place, expression in enumerate(expressions, start=1)
        )
        self._stages.append(f"(SELECT {listed}, {self._uncached} OFFSET 0) AS {stage}")
        return [f"{stage}.v{place + 1}" for place in range(len(expressions))]

    def levels(self, steps):
        return self.columns(
            [self.match(step, list(map(_array, step.vectors))) for step in steps]
        )

    def layer(self, inputs, step, start, levels, function):
        if isinstance(inputs, Vector):
            inputs = self.columns(inputs)
        weights = self._table(step)
        terms = [f"{weights}.b"]
        if start:
            terms.append(f"{start.name}[{self._unit}]")
        terms += [f"{level}[{self._unit}]" for level in levels]
        terms += [
            f"{value} * {weights}.w{place}"
            for place, value in enumerate(inputs, start=1)
        ]
        stage = self.name()
        self._stages.append(
            f"(SELECT array_agg(v ORDER BY {self._unit}) AS v, {self._uncached}\n    "
            f"FROM (SELECT {self._unit}, {function(text.total(terms))} AS v\n    "
            f"FROM {weights} OFFSET 0) AS {stage}) AS {stage}"
        )
        return Vector(f"{stage}.v", len(step.intercept))

    def _table(self, step):
        """Add a table of weights, with the bias in front; give its name."""
        weights = self.name("weights_")
        rows = []
        for unit, bias in enumerate(step.intercept):
            # the first row decides the types of the columns
            write = self.weight if unit else self.double
            numbers = [bias, *step.coef[:, unit]]
            rows.append(f"({unit + 1}, {', '.join(map(write, numbers))})")
        names = [f"w{place}" for place in range(1, len(step.coef) + 1)]
        names, rows = ", ".join([self._unit, "b", *names]), ",\n  ".join(rows)
        self._weights.append(f"{weights} ({names}) AS MATERIALIZED (VALUES\n  {rows})")
        return weights

    def select(self, outputs):
        listed = "".join(
            f",\n  {value} AS {text.quoted(name)}" for name, value in outputs.items()
        )
        stages = "".join(f"\nCROSS JOIN LATERAL {stage}" for stage in self._stages)
        weights = ",\n".join(self._weights)
        return (
            f"WITH {weights}\nSELECT {self.alias}.*{listed}\n"
            f"FROM {self.table} AS {self.alias}{stages}\n"
        )


def _array(values):
    """Write an array of doubles."""
    listed = ",".join(repr(float(value)) for value in values)
    return f"CAST('{{{listed}}}' AS float8[])"
