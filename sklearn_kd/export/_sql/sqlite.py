"""The SELECT for SQLite: a subquery for each row, with a chain of stages."""

import re

from sklearn_kd.export._sql import text
from sklearn_kd.export._sql.query import Query

#: Arguments of a function; SQLite allows 127.
_ARGUMENTS = 100

#: Levels that are looked at one after the other.
_FEW = 8


class SQLite(Query):
    """Stages are common table expressions of one row.

    LIMIT keeps SQLite from merging a stage into the next, and JSON carries the results
    of a row out of its subquery.
    """

    title = "SQLite"
    greatest, least = "MAX", "MIN"
    most_units = 900

    def __init__(self, *args):
        super().__init__(*args)
        self._on = self.name()
        self._stages = [{self._on: "1"}]

    def read(self, place):
        # files of comma-separated values leave empty strings
        return f"CAST(NULLIF({self.column(place)}, '') AS REAL)"

    def operand(self, value):
        # SQLite compares each constant of an operation with all others when it
        # prepares a statement, which is too slow for thousands; it leaves those that
        # are under a condition alone
        return f"IIF({self._on}, {text.number(value)}, 0)"

    def truth(self, value):
        return str(int(value))

    def key(self, place, kind):
        column = self.column(place)
        if kind == "whole number":
            return column
        return f"CAST({column} AS TEXT) COLLATE BINARY"

    def result(self, value):
        # JSON would have 15 digits by itself
        digits = f"printf('%!.17g', {value})"
        return f"json(CASE WHEN {value} IS NOT NULL THEN {digits} END)"

    def columns(self, expressions):
        names = [self.name() for _ in expressions]
        if names:
            self._stages.append(dict(zip(names, expressions, strict=True)))
        return names

    def levels(self, steps):
        codes, values = [], []
        for step in steps:
            rows = {}  # the place of each vector among those that differ
            places = [rows.setdefault(tuple(row), len(rows)) for row in step.vectors]
            codes.append(self.match(step, list(map(str, places))))
            values.append(list(zip(*rows, strict=True)))
        return list(zip(self.columns(codes), values, strict=True))

    def layer(self, inputs, step, start, levels, function):
        units = []
        for unit, bias in enumerate(step.intercept):
            terms = [self.operand(bias)]
            if start:
                terms.append(start[unit])
            terms += [self._choose(code, values[unit]) for code, values in levels]
            weights = map(self.operand, step.coef[:, unit])
            terms += map("{} * {}".format, inputs, weights)
            units.append(function(text.total(terms)))
        return self.columns(units)

    def _choose(self, code, values, first=0):
        """Look a value up by its place."""
        if len(values) > _FEW:
            half = len(values) // 2
            low = self._choose(code, values[:half], first)
            high = self._choose(code, values[half:], first + half)
            return f"CASE WHEN {code} < {first + half} THEN {low} ELSE {high} END"
        *listed, last = map(self.double, values)
        cases = [f"WHEN {place} THEN {v}" for place, v in enumerate(listed, first)]
        return f"CASE {' '.join([code, *cases])} ELSE {last} END" if cases else last

    def select(self, outputs):
        values = list(outputs.values())
        groups = [
            f"json_array({', '.join(values[first : first + _ARGUMENTS])})"
            for first in range(0, len(values), _ARGUMENTS)
        ]
        result, last = f"{self.prefix}result", len(self._stages)
        listed = "".join(
            f",\n  json_extract({result}.value, "
            f"'$[{place // _ARGUMENTS}][{place % _ARGUMENTS}]') AS {text.quoted(name)}"
            for place, name in enumerate(outputs)
        )
        stages = ",\n".join(self._written(groups))
        return (
            f"SELECT {self.alias}.*{listed}\n"
            f"FROM {self.table} AS {self.alias}, json_each((\n"
            f"WITH {stages}\n"
            f"SELECT json_array(json_array({', '.join(groups)})) "
            f"FROM {self._stage(last - 1)})) AS {result}\n"
        )

    def _stage(self, place):
        """Name a stage."""
        return f"{self.prefix}stage_{place + 1}"

    def _written(self, uses):
        """Write the stages, each with the columns that later ones still need."""
        made = {
            name: place for place, stage in enumerate(self._stages) for name in stage
        }
        names = re.compile(rf"\b{self.prefix}\d+\b")
        needed, written = set(names.findall(" ".join(uses))), []
        for place in reversed(range(len(self._stages))):
            stage = self._stages[place]
            kept = [name for name in made if name in needed and made[name] < place]
            used = names.findall(" ".join(stage.values()))
            needed = {*kept, *used}
            listed = kept + [f"{value} AS {name}" for name, value in stage.items()]
            source = f" FROM {self._stage(place - 1)}" if place else ""
            listed = ",\n    ".join(listed)
            written.append(f"{self._stage(place)} AS (SELECT {listed}{source} LIMIT 1)")
        return written[::-1]
