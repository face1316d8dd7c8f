"""Columns in which float32 numbers, as a model reads, move the student's answers."""

import warnings
from dataclasses import dataclass

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._task.link import softmax
from sklearn_kd.students.encoder._encoder import TabularEncoder
from sklearn_kd.students.encoder._levels import level_vectors
from sklearn_kd.students.mlp._network import forward_from

#: A change of a probability that is warned of.
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
    """A numeric column: values it may have, and how its encoder reads them.

    Parameters
    ----------
    name : int
        Position in the input.
    values : ndarray of shape (n_values,), float64
        Inside the range of float32.
    read : callable
        From values to an array of shape (n_values, n_inputs).
    inputs : ndarray of shape (n_inputs,), intp
        Where that stands among the inputs of the network.
    """

    name: int
    values: np.ndarray
    read: object
    inputs: np.ndarray


def warn_of_rounding(student):
    """Warn of columns whose rounding to float32 moves a probability by over 1e-3.

    What values a column has is known from the fitted encoder alone: values at and
    between its knots and edges, or around its mean. A column all of whose knots are
    float32 numbers, as whole numbers up to 16 777 216 are, is taken to have no others.

    Parameters
    ----------
    student : MLPStudent
        Fitted, with an encoder that can be exported.

    Warns
    -----
    UserWarning
        With the columns and the largest changes that were found.
    """
    generator = np.random.default_rng(0)
    if type(student.encoder_) is TabularEncoder:
        columns = _tabular_columns(student.encoder_, generator)
    else:
        columns = _scaled_columns(student.encoder_, generator)
    suspects = []
    for column in columns:
        rounded = column.values.astype(np.float32).astype(np.float64)
        before = column.read(column.values)
        change = column.read(rounded) - before
        if _bound(student, change, column.inputs) > MOST_MOVE:
            worst = np.argsort(np.abs(change).sum(axis=1))[-_WORST:]
            suspects.append((column, before[worst], change[worst]))
    moves = {}
    if suspects:
        n_rows = max(min(_ROWS, _ROWS * _FULLY_TRIED // len(suspects)), _LEAST_ROWS)
        rows = _rows(student, generator, n_rows)
        for column, before, change in suspects:
            move = _move(student, rows, column.inputs, before, change)
            if move > MOST_MOVE:
                moves[column.name] = max(move, moves.get(column.name, 0))
    if moves:
        warnings.warn(_message(student, moves), UserWarning, stacklevel=3)


def _tabular_columns(encoder, generator):
    """Give the columns that have knots which float32 does not hold."""
    table, parts = encoder.knots_, encoder.components_
    n_scores = len(encoder.score_columns_)
    places = np.arange(n_scores)
    bounds = np.zeros((n_scores, 2), dtype=np.intp)
    if parts is not None:
        for bound, side in zip(bounds.T, ("left", "right"), strict=True):
            bound[:] = np.searchsorted(parts.column, places, side)
    for place, (start, stop) in enumerate(bounds):
        knots = table.knots[place, : table.counts[place]]
        if np.array_equal(knots, knots.astype(np.float32)):
            continue
        scores = table.scores[place, : table.counts[place]]
        lower = scale = np.empty(0)
        if stop > start:
            lower, scale = parts.lower[start:stop], parts.scale[start:stop]
        points = np.union1d(knots, lower)
        drawn = generator.uniform(0, len(points) - 1, _VALUES)
        between = np.interp(drawn, np.arange(len(points)), points)

        def read(values, knots=knots, scores=scores, lower=lower, scale=scale):
            steps = np.clip((values[:, None] - lower) * scale, 0, 1)
            return np.column_stack([np.interp(values, knots, scores), steps])

        yield Column(
            encoder.score_columns_[place],
            np.concatenate([points, between]),
            read,
            np.append(place, n_scores + np.arange(start, stop)),
        )


def _scaled_columns(encoder, generator):
    """Give the columns of one of scikit-learn's scalers; none where all is unknown."""
    for place, (centre, spread, read) in enumerate(_scaled(encoder)):
        spreads = [spread]
        if encoder.scale_ is None:  # values may also differ by what float32 leaves out
            spreads.append(np.spacing(np.abs(np.float32(centre))))
        for width in spreads:
            drawn = generator.uniform(-_SCALES, _SCALES, _VALUES)
            yield Column(place, centre + width * drawn, read, np.array([place]))


def _scaled(encoder):
    """Say of each column where its values lie, how wide, and how they are read."""
    mean = getattr(encoder, "mean_", None)
    if encoder is None or (encoder.scale_ is None and mean is None):
        return
    centre = np.zeros(encoder.n_features_in_) if mean is None else mean
    scale = np.ones(len(centre)) if encoder.scale_ is None else encoder.scale_
    shift = centre if getattr(encoder, "with_mean", False) else np.zeros(len(centre))
    clip = getattr(encoder, "clip", False)
    for middle, width, minus in zip(centre, scale, shift, strict=True):

        def read(values, minus=minus, width=width):
            scaled = ((values - minus) / width)[:, None]
            return np.clip(scaled, -1, 1) if clip else scaled

        yield middle, width, read


def _rows(student, generator, n_rows):
    """Draw rows from the values in the encoder: inputs, and their first layer."""
    encoder, exact = student.encoder_, student._exact
    if type(encoder) is not TabularEncoder:
        inputs = np.empty((n_rows, len(exact.coefs[0])))
        for place, (centre, spread, read) in enumerate(_scaled(encoder)):
            drawn = generator.uniform(-_SCALES, _SCALES, n_rows)
            inputs[:, place] = read(centre + spread * drawn)[:, 0]
        return inputs, inputs @ exact.coefs[0] + exact.intercepts[0]
    table, n_scores = encoder.knots_, len(encoder.score_columns_)
    chosen = (generator.random((n_rows, n_scores)) * table.counts).astype(np.intp)
    numbers = table.knots[np.arange(n_scores), chosen]
    inputs = np.zeros((n_rows, encoder._n_numbers()))
    table.normal_scores(numbers, inputs[:, :n_scores])
    if encoder.components_ is not None:
        stop = n_scores + len(encoder.components_)
        encoder.components_.read(numbers, inputs[:, n_scores:stop])
    first = inputs @ exact.coefs[0][: inputs.shape[1]] + exact.intercepts[0]
    for _, _, vectors in level_vectors(encoder, exact.coefs[0]):
        first += vectors[generator.integers(len(vectors), size=n_rows)]
    return inputs, first


def _bound(student, change, inputs):
    """Say what a change of inputs can move a probability by at most."""
    weights = student._exact.coefs[0][inputs]
    size = np.abs(change).sum(axis=1).max() * np.linalg.norm(weights, axis=1).max()
    for coef in student._exact.coefs[1:]:  # no activation is steeper than 1
        size = size * np.linalg.norm(coef)
    return size / 2  # nor is the softmax steeper than a half


def _move(student, rows, inputs, before, change):
    """Find the largest change of a probability when the column's values are rounded."""
    encoded, first = rows
    weights = student._exact.coefs[0][inputs]
    others = first - encoded[:, inputs] @ weights
    proba = []
    for own in (before, before + change):
        layer = (others + (own @ weights)[:, None]).reshape(-1, others.shape[1])
        proba.append(softmax(forward_from(layer, student._exact, student.activation)))
    return float(np.abs(proba[1] - proba[0]).max())


def _message(student, moves):
    names = getattr(student, "feature_names_in_", range(student.n_features_in_))
    order = sorted(moves, key=moves.get, reverse=True)
    listed = [
        f"{show(names[column])} by {moves[column]:.2g}" for column in order[:_NAMED]
    ]
    more = f" and {len(order) - _NAMED} more columns" if len(order) > _NAMED else ""
    return (
        "The ONNX model reads numbers as float32, of some seven digits, and rounding "
        f"to them moves probabilities in column{'s' * (len(order) > 1)} "
        f"{', '.join(listed)}{more}. Subtract an offset, such as the least value, from "
        "such a column in front of the student and before fit, or round it to float32 "
        "before fit."
    )
