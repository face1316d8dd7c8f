"""A warning of columns whose rounding to float32 moves the student's predictions."""

from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

import numpy as np

from sklearn_kd._messages import show, warn
from sklearn_kd.export._program.interpreter import read_part, run
from sklearn_kd.export._program.steps import (
    Activate,
    AddLevel,
    Ascend,
    Dense,
    Encode,
    Interpolate,
    Middle,
    Rise,
    Unscale,
)

#: A change that is warned of: of a probability, or of a number that is predicted, in
#: standard deviations of its target.
MOST_MOVE = 1e-3

#: Values of a column between its points that are tried, and how many of those that
#: rounding changes most are tried in each of how many rows.
_VALUES, _WORST, _ROWS = 256, 8, 64

#: Columns that are tried in all these rows; of more, each is in fewer, down to four.
_FULLY_TRIED, _LEAST_ROWS = 200, 4

#: Scales on both sides of a mean that values are drawn from.
_SCALES = 3

#: Columns that the message names, of more.
_NAMED = 5


@dataclass
class Column:
    """A numeric column: values it may have, and how it is read.

    Parameters
    ----------
    place : int
        Position in the input.
    values : ndarray of shape (n_values,), float64
        Inside the range of float32.
    read : callable
        From values to an array of shape (n_values, n_inputs).
    inputs : ndarray of shape (n_inputs,), intp
        Where that stands among the inputs of the network.
    """

    place: int
    values: np.ndarray
    read: object
    inputs: np.ndarray


class Network:
    """What a program does behind the numbers of a row.

    Parameters
    ----------
    steps : tuple
        Of the program, without the first.
    decision : Greatest, Threshold or Middle
        Of the program.
    """

    def __init__(self, steps, decision):
        n_first = 1 + sum(isinstance(step, AddLevel) for step in steps)
        self.first, self.levels = steps[0], steps[1:n_first]
        self._rest = steps[n_first:]
        if isinstance(decision, Middle):
            self._rest[-1] = _in_deviations(self._rest[-1], decision.deviation)

    def first_layer(self, inputs, places):
        """Compute the first layer of drawn rows, before its activation."""
        layer = run([self.first], inputs)
        for step, own in zip(self.levels, places, strict=True):
            layer += step.vectors[own]
        return layer

    def outputs(self, inputs, places):
        """Compute what is predicted of drawn rows; numbers are in deviations."""
        return run(self._rest, self.first_layer(inputs, places))

    def bound(self, change, inputs):
        """Return what a change of inputs can move a prediction by at most."""
        weights = self.first.coef[inputs]
        size = np.abs(change).sum(axis=1).max() * np.linalg.norm(weights, axis=1).max()
        for step in self._rest:
            size = size * _steepness(step) if size else 0.0  # none times infinity
        return size

    def move(self, rows, inputs, before, change):
        """Find the largest change of a prediction when a column is rounded."""
        encoded, first = rows
        weights = self.first.coef[inputs]
        others = first - encoded[:, inputs] @ weights
        predicted = []
        for own in (before, before + change):
            layer = (others + (own @ weights)[:, None]).reshape(-1, others.shape[1])
            predicted.append(run(self._rest, layer))
        return float(np.abs(predicted[1] - predicted[0]).max())


def _in_deviations(step, deviation):
    """Give deviations of the targets in place of targets; none of equal ones."""
    varies = deviation > 0
    scale = np.where(varies, step.scale, 0) / np.where(varies, deviation, 1)
    return Unscale(scale, np.zeros_like(scale))


def _steepness(step):
    """Return the factor by which a step enlarges changes, at most."""
    if isinstance(step, Dense):
        return np.linalg.norm(step.coef)
    if isinstance(step, Ascend):  # each level moves all above it
        return step.n_levels
    if isinstance(step, Unscale):
        return np.abs(step.scale).max()
    if isinstance(step, Activate) and step.function == "softmax":
        return 0.5
    is_exp = isinstance(step, Activate) and step.function == "exp"
    return np.inf if is_exp else 1  # no other activation is steeper


def warn_of_rounding(program, model):
    """Warn of columns whose rounding to float32 moves a prediction by over 1e-3.

    The values of a column are taken from the program alone: values at and between the
    knots of its functions, or around its mean. A column all of whose knots are float32
    numbers, as whole numbers up to 16 777 216 are, is taken to have no others.

    Parameters
    ----------
    program : Program
        The student.
    model : str
        What reads float32, for the message: "ONNX model", for example.

    Warns
    -----
    UserWarning
        With the columns and the largest changes that were found.
    """
    generator = np.random.default_rng(0)
    encoding, *steps = program.steps
    network = Network(steps, program.decision)
    encoded = isinstance(encoding, Encode)
    suspects = []
    columns = (_encoded_columns if encoded else _scaled_columns)(encoding, generator)
    for column in columns:
        rounded = column.values.astype(np.float32).astype(np.float64)
        before = column.read(column.values)
        change = column.read(rounded) - before
        if network.bound(change, column.inputs) > MOST_MOVE:
            worst = np.argsort(np.abs(change).sum(axis=1))[-_WORST:]
            suspects.append((column, before[worst], change[worst]))
    moves = {}
    if suspects:
        n_rows = max(min(_ROWS, _ROWS * _FULLY_TRIED // len(suspects)), _LEAST_ROWS)
        inputs, places = draw_rows(program, generator, n_rows)
        first = network.first_layer(inputs, places)
        for column, before, change in suspects:
            move = network.move((inputs, first), column.inputs, before, change)
            if move > MOST_MOVE:
                name = program.inputs[column.place].name
                moves[name] = max(move, moves.get(name, 0))
    if moves:
        moved = "probabilities"
        if program.classes is None:
            moved = "predictions, in standard deviations of y,"
        warn(_message(model, moves, moved))


def draw_rows(program, generator, n_rows):
    """Draw rows that the program may expect: columns are independent of each other.

    Parameters
    ----------
    program : Program
        The student.
    generator : numpy.random.Generator
        What chances are drawn from.
    n_rows : int
        How many.

    Returns
    -------
    inputs : ndarray of shape (n_rows, n_inputs), float64
        What the first step gives: each numeric column is at one of its knots, or up to
        three scales from its mean, 0 and 1 where the program knows none.
    places : list of ndarray of shape (n_rows,)
        The vectors of the levels of each nominal column.
    """
    encoding, first, *steps = program.steps
    if isinstance(encoding, Encode):
        inputs = _encoded_rows(encoding, generator, n_rows)
    else:
        inputs = _scaled_rows(encoding, generator, (n_rows, len(first.coef)))
    sizes = [len(step.vectors) for step in steps if isinstance(step, AddLevel)]
    return inputs, [generator.integers(size, size=n_rows) for size in sizes]


def _encoded_columns(step, generator):
    """Give the columns that have knots which float32 does not hold."""
    for place, own in _by_column(step):
        curves = [part for _, part in own if isinstance(part, Interpolate)]
        if all(map(_is_exact, chain.from_iterable(each.knots for each in curves))):
            continue
        points = _knots(own)
        drawn = generator.uniform(0, len(points) - 1, _VALUES)
        between = np.interp(drawn, np.arange(len(points)), points)
        values, inputs = np.concatenate([points, between]), [each for each, _ in own]
        yield Column(place, values, partial(_read, own), np.concatenate(inputs))


def _encoded_rows(step, generator, n_rows):
    """Draw rows in which each column has one of its knots."""
    encoded = np.zeros((n_rows, sum(len(part.columns) for part in step.parts)))
    for _, own in _by_column(step):
        knots = _knots(own)
        if len(knots):
            drawn = generator.choice(knots, n_rows)
            encoded[:, np.concatenate([each for each, _ in own])] = _read(own, drawn)
    return encoded


def _by_column(step):
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


def _knots(own):
    """List the values between which all functions of one column are linear."""
    knots = [np.empty(0)]
    for _, part in own:
        if isinstance(part, Interpolate):
            knots += part.knots
        if isinstance(part, Rise):
            knots += [part.lower, part.upper]
    return np.unique(np.concatenate(knots))


def _is_exact(knots):
    """Whether float32 holds all knots."""
    return np.array_equal(knots, knots.astype(np.float32))


def _read(own, values):
    """Compute the functions of one column."""
    read = [read_part(part, np.tile(values[:, None], len(outs))) for outs, part in own]
    return np.hstack(read)


def _scaled_columns(step, generator):
    """Give the columns of a scaling; none where the program has no mean of them."""
    for place, (centre, spread, read) in enumerate(_scaled(step)):
        spreads = [spread]
        if step.scale is None:  # values may also differ by what float32 leaves out
            spreads.append(np.spacing(np.abs(np.float32(centre))))
        for width in spreads:
            drawn = generator.uniform(-_SCALES, _SCALES, _VALUES)
            yield Column(place, centre + width * drawn, read, np.array([place]))


def _scaled_rows(step, generator, shape):
    """Draw rows around the means of the columns."""
    if step.scale is None and step.mean is None:
        return generator.uniform(-_SCALES, _SCALES, shape)
    inputs = []
    for centre, spread, read in _scaled(step):
        drawn = generator.uniform(-_SCALES, _SCALES, shape[0])
        inputs.append(read(centre + spread * drawn))
    return np.hstack(inputs)


def _scaled(step):
    """Give the centre and width of each column's values, and how they are read."""
    if step.scale is None and step.mean is None:
        return
    zeros = np.zeros(len(step.mean if step.scale is None else step.scale))
    shift = zeros if step.shift is None else step.shift
    centre = zeros if step.mean is None else step.mean
    scale = zeros + 1 if step.scale is None else step.scale
    for middle, width, minus in zip(centre, scale, shift, strict=True):

        def read(values, minus=minus, width=width):
            scaled = ((values - minus) / width)[:, None]
            return np.clip(scaled, -1, 1) if step.clip else scaled

        yield middle, width, read


def _message(model, moves, moved):
    """Name the columns that move most."""
    order = sorted(moves, key=moves.get, reverse=True)
    listed = [f"{show(name)} by {moves[name]:.2g}" for name in order[:_NAMED]]
    more = f" and {len(order) - _NAMED} more columns" if len(order) > _NAMED else ""
    return (
        f"The {model} reads numbers as float32, of some seven digits, and rounding "
        f"to them moves {moved} in column{'s' * (len(order) > 1)} "
        f"{', '.join(listed)}{more}. Subtract an offset, such as the least value, from "
        "such a column in front of the student and before fit, or round it to float32 "
        "before fit."
    )
