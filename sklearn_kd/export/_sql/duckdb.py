"""The SELECT for DuckDB: a layer is a list, and a unit a product of two lists."""

from sklearn_kd.export._sql import text
from sklearn_kd.export._sql.query import Query, Vector, clamped


class DuckDB(Query):
    """Each stage takes all columns along and adds to them; they are taken away last."""

    title = "DuckDB"
    chunk = 2000

    def __init__(self, *args):
        super().__init__(*args)
        self._stages, self._added, self._cells = [], [], {}
        self._last = f"{self.table} AS {self.alias}"

    def column(self, place):
        return text.quoted(self.inputs[place].label)

    def key(self, place, kind):
        column = self.column(place)
        # a column may have a collation of its own
        return column if kind == "whole number" else f"CAST({column} AS VARCHAR)"

    def is_missing(self, place, kind):
        condition = super().is_missing(place, kind)
        if kind == "whole number":
            condition += f" OR ISNAN(TRY_CAST({self.column(place)} AS DOUBLE))"
        return condition

    def columns(self, expressions):
        names = [self.name() for _ in expressions]
        if names:
            self._add(dict(zip(names, expressions, strict=True)))
        return names

    def _add(self, columns):
        """Add a stage with columns of these names."""
        self._added += columns
        added = "".join(f",\n    {value} AS {name}" for name, value in columns.items())
        stage = self.name("stage_")
        self._stages.append(f"{stage} AS (SELECT *{added}\n  FROM {self._last})")
        self._last = stage

    def vector(self, expressions):
        if not expressions:
            return []
        if self._cells:
            self._add(self._cells)
            self._cells = {}
        listed = ",\n      ".join(expressions)
        return Vector(*self.columns([f"[{listed}]"]), len(expressions))

    def curve(self, x, knots, cells):
        # a list and its elements are planned much faster than a search by conditions
        cell, knot = self.name(), f"{self.prefix}knot"
        below = f"[{knot} FOR {knot} IN {_list(knots)} IF {knot} <= {x}]"
        self._cells[cell] = f"LEN({below}) + 1"
        height, slope, offset = (f"{_list(column)}[{cell}]" for column in cells.T)
        inside = clamped(self, x, knots[0], knots[-1])  # infinity times 0 is NaN
        return f"{height} + {slope} * ({inside} - {offset})"

    def ramp(self, x, lower, upper, slope):
        # the greatest of NULL and a number is the number
        lower, slope = map(self.operand, (lower, slope))
        return clamped(self, f"({x} - {lower}) * {slope}", 0, 1)

    def levels(self, steps):
        found = [
            self.match(step, [_list(vector) for vector in step.vectors])
            for step in steps
        ]
        return self.columns(found)

    def layer(self, inputs, step, start, levels, function):
        units = []
        for unit, bias in enumerate(step.intercept):
            terms = [self.double(bias)]
            if inputs:
                weights = _list(step.coef[:, unit])
                terms.append(f"list_dot_product({inputs.name}, {weights})")
            if start:
                terms.append(start[unit])
            terms += [f"{level}[{unit + 1}]" for level in levels]
            units.append(function(text.total(terms)))
        return self.vector(units)

    def select(self, outputs):
        listed = "".join(
            f",\n  {value} AS {text.quoted(name)}" for name, value in outputs.items()
        )
        stages = ",\n".join(self._stages)
        return (
            f"WITH {stages}\nSELECT * EXCLUDE ({', '.join(self._added)}){listed}\n"
            f"FROM {self._last}\n"
        )


def _list(values):
    """Write a list of doubles: as one text, which is read faster than its numbers."""
    return f"CAST('[{', '.join(repr(float(value)) for value in values)}]' AS DOUBLE[])"
