"""A warning of columns whose rounding to float32 moves the student's predictions."""

from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np

from sklearn_kd._messages import show, warn
from sklearn_kd.export._program.interpreter import run
from sklearn_kd.export._program.rows import (
    SCALES,
    between,
    by_column,
    centres_of,
    knots_of,
    read_columns,
)
from sklearn_kd.export._program.steps import (
    Activate,
    AddLevel,
    Ascend,
    Dense,
    Encode,
    Interpolate,
    Middle,
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
        draw = _encoded_rows if encoded else _scaled_rows
        inputs = draw(encoding, generator, n_rows)
        first = run([network.first], inputs)
        for step in network.levels:
            first += step.vectors[generator.integers(len(step.vectors), size=n_rows)]
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


def _encoded_columns(step, generator):
    """Give the columns that have knots which float32 does not hold."""
    for place, own in by_column(step):
        curves = [part for _, part in own if isinstance(part, Interpolate)]
        if all(map(_is_exact, chain.from_iterable(each.knots for each in curves))):
            continue
        points = knots_of(own)
        drawn = between(points, generator, _VALUES)
        values, inputs = np.concatenate([points, drawn]), [each for each, _ in own]
        yield Column(place, values, partial(read_columns, own), np.concatenate(inputs))


def _encoded_rows(step, generator, n_rows):
    """Draw rows in which each column has one of its knots."""
    encoded = np.zeros((n_rows, sum(len(part.columns) for part in step.parts)))
    for _, own in by_column(step):
        knots = knots_of(own)
        if len(knots):
            drawn = generator.choice(knots, n_rows)
            encoded[:, np.concatenate([each for each, _ in own])] = read_columns(
                own, drawn
            )
    return encoded


def _is_exact(knots):
    """Whether float32 holds all knots."""
    return np.array_equal(knots, knots.astype(np.float32))


def _scaled_columns(step, generator):
    """Give the columns of a scaling; none where the program has no mean of them."""
    for place, (centre, spread, read) in enumerate(_scaled(step)):
        spreads = [spread]
        if step.scale is None:  # values may also differ by what float32 leaves out
            spreads.append(np.spacing(np.abs(np.float32(centre))))
        for width in spreads:
            drawn = generator.uniform(-SCALES, SCALES, _VALUES)
            yield Column(place, centre + width * drawn, read, np.array([place]))


def _scaled_rows(step, generator, n_rows):
    """Draw rows around the means of the columns."""
    inputs = []
    for centre, spread, read in _scaled(step):
        drawn = generator.uniform(-SCALES, SCALES, n_rows)
        inputs.append(read(centre + spread * drawn))
    return np.hstack(inputs)


def _scaled(step):
    """Give the centre and width of each column's values, and how they are read."""
    if step.scale is None and step.mean is None:
        return
    centre, scale = centres_of(step)
    shift = np.zeros(len(scale)) if step.shift is None else step.shift
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
