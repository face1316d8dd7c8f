"""Rows drawn from a program, and how far two exports of it are apart on them.

A fitted student keeps no rows. Its program tells what values to expect: those at and
between the knots of its encoding, or around its means, and the levels.
"""

from dataclasses import dataclass, replace

import numpy as np

from sklearn_kd.export._program.interpreter import read_part
from sklearn_kd.export._program.steps import Encode, Flag, Interpolate, Rise

#: Scales on both sides of a mean that values are drawn from.
SCALES = 3

#: Share of missing values, in columns that have some, and of levels that are unknown.
_ABSENT = 0.03


def draw_rows(program, n_rows, seed=0):
    """Draw rows that a program may get.

    Parameters
    ----------
    program : Program
        The student.
    n_rows : int
        Number of rows.
    seed : int, default=0
        Of all that is drawn.

    Returns
    -------
    ndarray of shape (n_rows, n_features)
        Half of the numbers are at a knot, and half between two knots. In half of the
        rows all columns are drawn by themselves; in the others they are low, or high,
        together, since in tables with many columns of little but zeros no row is far
        from zero in all of them. Numbers of a column that is scaled are around its
        mean. They are float64 numbers that float32 holds,
        NaN among them where fit had missing values. With nominal columns the dtype is
        object, and there are levels, None and levels that fit did not have.
    """
    generator = np.random.default_rng(seed)
    encoding = program.steps[0]
    draw = _encoded if isinstance(encoding, Encode) else _scaled
    # with neither knots nor means: as a network expects them
    X = generator.normal(size=(n_rows, len(program.inputs)))
    X = X.astype(np.float32).astype(np.float64)
    for column, values in draw(encoding, generator, n_rows):
        X[:, column] = values.astype(np.float32)
    if all(column.levels is None for column in program.inputs):
        return X
    X = X.astype(object)
    for place, column in enumerate(program.inputs):
        if column.levels is not None:
            X[:, place] = _levels(column.levels, generator, n_rows)
    return X


@dataclass(frozen=True)
class Change:
    """How far predictions are from others.

    Parameters
    ----------
    mean, largest : float
        Of the changes of single probabilities, or of numbers in standard deviations of
        their target.
    """

    mean: float
    largest: float

    def __str__(self):
        """Write both with three digits."""
        return f"{self.mean:.3g} on average and {self.largest:.3g} at most"


def change_of(program, before, after):
    """Measure how far predictions are from others.

    Parameters
    ----------
    program : Program
        What predicts.
    before, after : ndarray of shape (n_rows, n_outputs)
        Probabilities, or all numbers with quantiles side by side.

    Returns
    -------
    Change
        Of both; targets that were all equal in fit do not count.
    """
    change = np.abs(np.subtract(after, before, dtype=np.float64))
    if program.classes is None:
        deviation = program.decision.deviation
        change = change[:, deviation > 0] / deviation[deviation > 0]
    if not change.size:
        return Change(0.0, 0.0)
    return Change(float(change.mean()), float(change.max()))


def by_column(step):
    """List for each column, in order, its functions in each part, and what they fill.

    They are pairs of an array of positions in the output and a part with these alone.
    """
    found, start = {}, 0
    for part in step.parts:
        order = np.argsort(part.columns, kind="stable")
        columns, first = np.unique(part.columns[order], return_index=True)
        for column, own in zip(
            columns.tolist(), np.split(order, first[1:]), strict=True
        ):
            found.setdefault(column, []).append((start + own, _some(part, own)))
        start += len(part.columns)
    return sorted(found.items())


def _some(part, own):
    """Give some of the functions of a part."""
    fields = {name: value for name, value in vars(part).items() if name != "missing"}
    for name, value in fields.items():
        is_list = isinstance(value, list)
        fields[name] = [value[place] for place in own] if is_list else value[own]
    return replace(part, **fields)


def knots_of(own):
    """List the values between which all functions of one column are linear."""
    knots = [np.empty(0)]
    for _, part in own:
        if isinstance(part, Interpolate):
            knots += part.knots
        if isinstance(part, Rise):
            knots += [part.lower, part.upper]
    return np.unique(np.concatenate(knots))


def read_columns(own, values):
    """Compute the functions of one column, one row a value."""
    read = [read_part(part, np.tile(values[:, None], len(outs))) for outs, part in own]
    return np.hstack(read)


def between(knots, generator, n_values):
    """Draw values between knots, as many in each gap."""
    places = generator.uniform(0, len(knots) - 1, n_values)
    return np.interp(places, np.arange(len(knots)), knots)


def centres_of(step):
    """Give the centre and the width of the values of each column of a scaling."""
    zeros = np.zeros(len(step.mean if step.scale is None else step.scale))
    centre = zeros if step.mean is None else step.mean
    return centre, zeros + 1 if step.scale is None else step.scale


def _encoded(step, generator, n_rows):
    """Draw the values of each column that has functions."""
    together = generator.random(n_rows) < 0.5
    level, spread = generator.random(n_rows), generator.random(n_rows)
    for column, own in by_column(step):
        knots = knots_of(own)
        share = generator.random(n_rows)
        near = np.clip(level + spread * (2 * share - 1), 0, 1)
        place = np.where(together, near, share) * max(len(knots) - 1, 0)
        place = np.where(generator.random(n_rows) < 0.5, np.round(place), place)
        values = np.interp(place, np.arange(len(knots)), knots) if len(knots) else place
        if any(isinstance(part, Flag) for _, part in own):
            values[generator.random(n_rows) < _ABSENT] = np.nan
        yield column, values


def _scaled(step, generator, n_rows):
    """Draw the values of each column that is scaled."""
    if step.scale is None and step.mean is None:
        return
    # divided by the largest size there are none beyond it
    spread = SCALES if step.mean is not None else 1
    for column, (centre, width) in enumerate(zip(*centres_of(step), strict=True)):
        normal = np.clip(generator.normal(size=n_rows), -spread, spread)
        yield column, centre + width * normal


def _levels(levels, generator, n_rows):
    """Draw levels, all alike often, and a few that are none of them."""
    drawn = np.full(n_rows, _unknown(levels), dtype=object)
    if levels:
        known = generator.random(n_rows) >= _ABSENT
        places = generator.integers(len(levels), size=known.sum())
        drawn[known] = [levels[place] for place in places]
    return drawn


def _unknown(levels):
    """Make a level that is none of these, and of their type."""
    numbers = [level for level in levels if not isinstance(level, str | type(None))]
    if numbers:
        return max(numbers) + 1
    unknown = "unknown"
    while unknown in levels:
        unknown += "?"
    return unknown
