"""The steps of a program as stages of a query, and its outputs."""

from itertools import accumulate

import numpy as np

from sklearn_kd.export._program.float32 import in_range
from sklearn_kd.export._program.levels import plain_labels
from sklearn_kd.export._program.steps import (
    Activate,
    AddLevel,
    Ascend,
    Dense,
    Encode,
    Greatest,
    Scale,
    Unscale,
    Widen,
)
from sklearn_kd.export._sql import text
from sklearn_kd.export._sql.functions import functions_of, scaled
from sklearn_kd.export._sql.query import clamped

#: Arguments of EXP: neither its result nor a product with it is too large or too small.
_EXPONENTS = -300, 600

#: The smallest unit of a target that is told from 0.
_LEAST = 1e-307


def write_steps(query, program):
    """Write the steps of a program.

    Parameters
    ----------
    query : Query
        Receives the stages.
    program : Program
        The student.

    Returns
    -------
    list of str
        References to its probabilities or numbers.
    """
    value, rest = None, list(program.steps)
    while rest:
        step = rest.pop(0)
        value = _STEPS[type(step)](query, step, value, rest)
    return value


def _encode(query, step, value, rest):
    """Write the functions of numeric columns, and the layer behind them."""
    return _first_layer(query, functions_of(step.parts, query.inputs), rest, query.read)


def _scale(query, step, value, rest):
    """Write the scaling of all columns, and the layer behind it."""
    return _first_layer(query, list(scaled(step, query.inputs)), rest, query.read_any)


def _first_layer(query, functions, rest, read):
    """Write functions of columns chunk by chunk, each a layer that adds to the last."""
    step, start = rest.pop(0), None
    while len(functions) > query.chunk:
        inputs = _read(query, functions[: query.chunk], read)
        part = Dense(step.coef[: query.chunk], np.zeros_like(step.intercept))
        start = query.layer(inputs, part, start, [], str)
        functions = functions[query.chunk :]
        step = Dense(step.coef[query.chunk :], step.intercept)
    return _layer(query, step, _read(query, functions, read), rest, start)


def _read(query, functions, read):
    """Add stages that read columns and compute functions of them."""
    places = sorted({place for place, _ in functions})
    read = query.columns([read(place) for place in places])
    numbers = dict(zip(places, read, strict=True))
    return query.vector([write(query, numbers[place]) for place, write in functions])


def _layer(query, step, value, rest, start=None):
    """Write a layer with the levels and the activation that follow it."""
    most, n_units = query.most_units, len(step.intercept)
    if most is not None and n_units > most:
        raise ValueError(
            f"to_sql writes at most {most} units or outputs of a layer for "
            f"{query.title}, which has a limit to the columns of a SELECT, and there "
            f'are {n_units}. Fit a smaller network, or pass dialect="duckdb".'
        )
    levels, function = [], str
    while rest and type(rest[0]) is AddLevel:
        if len(levels) == query.chunk:
            none = Dense(step.coef[:0], np.zeros_like(step.intercept))
            start, levels = query.layer([], none, start, query.levels(levels), str), []
        levels.append(rest.pop(0))
    if rest and type(rest[0]) is Activate and rest[0].function in _FUNCTIONS:
        written = _FUNCTIONS[rest.pop(0).function]

        def function(value):
            return written(query, value)

    return query.layer(value, step, start, query.levels(levels), function)


def _activate(query, step, value, rest):
    """Write a function of numbers that no layer has just given, or of a row."""
    if step.function == "softmax":
        return _softmax(query, value)
    written = _FUNCTIONS[step.function]
    return query.columns([written(query, each) for each in value])


def _softmax(query, value):
    """Write the softmax, of numbers from which the largest is taken away."""
    (largest,) = query.columns([greatest(query, value)])
    parts = query.columns([_exp(query, f"{each} - {largest}") for each in value])
    (whole,) = query.columns([text.total(parts)])
    return query.columns([f"{part} / {whole}" for part in parts])


def greatest(query, values):
    """Write the greatest of some numbers."""
    return text.total(values, query.greatest + "({}, {})")


def _exp(query, value):
    """Write an exponential that cannot fail."""
    return f"EXP({clamped(query, value, *_EXPONENTS)})"


#: Functions of a number, whose expression occurs once in each.
_FUNCTIONS = {
    "relu": lambda query, value: f"{query.greatest}({value}, {query.double(0)})",
    "tanh": lambda query, value: f"1 - 2 / (1 + {_exp(query, f'2 * {value}')})",
    "logistic": lambda query, value: f"1 / (1 + {_exp(query, f'- {value}')})",
    "exp": _exp,
}


def _widen(query, step, value, rest):
    """Spread the columns over those of all classes."""
    wide = [query.double(0)] * step.n_columns
    for column, each in zip(step.columns, value, strict=True):
        wide[column] = each
    return wide


def _ascend(query, step, value, rest):
    """Add the softplus of each further quantile to the quantile before."""
    parts = query.columns(
        [
            _softplus(query, each) if place % step.n_levels else each
            for place, each in enumerate(value)
        ]
    )
    sums = []
    for first in range(0, len(parts), step.n_levels):
        sums += accumulate(parts[first : first + step.n_levels], "{} + {}".format)
    return query.columns(sums)


def _softplus(query, value):
    """Write ``log(1 + exp(x))``."""
    above = f"{query.greatest}({value}, {query.double(0)})"
    return f"{above} + LN(1 + {_exp(query, f'- ABS({value})')})"


def _unscale(query, step, value, rest):
    """Bring numbers to the units of the targets."""
    in_range(step.scale, "The target", "double precision")
    return query.columns(
        [
            f"{query.product(each, scale, _LEAST)} + {query.operand(shift)}"
            for each, scale, shift in zip(value, step.scale, step.shift, strict=True)
        ]
    )


_STEPS = {
    Encode: _encode,
    Scale: _scale,
    Dense: _layer,
    Activate: _activate,
    Widen: _widen,
    Ascend: _ascend,
    Unscale: _unscale,
}


def write_outputs(query, program, names, value):
    """Write what the SELECT gives beside the columns of the table.

    Parameters
    ----------
    query : Query
        Receives the stages.
    program : Program
        The student.
    names : list of str
        Of the outputs: the label and all probabilities, or the predictions and all
        quantiles.
    value : list of str
        References to what the steps gave.

    Returns
    -------
    dict of str to str
        Names and expressions.
    """
    decision, labels = program.decision, []
    if program.classes is not None:
        labels = [_label(query, program, value)]
    elif decision.quantiles is not None:
        value = [*value[decision.place :: decision.n_levels], *value]
    if isinstance(program.steps[0], Scale):
        # the student refuses a row with a missing number
        absent = [f"{query.read_any(j)} IS NULL" for j in range(len(query.inputs))]
        condition = text.total(absent, "({} OR {})")
        (complete,) = query.columns([f"CASE WHEN {condition} THEN 0 ELSE 1 END"])
        labels, value = (
            [f"CASE WHEN {complete} = 1 THEN {each} END" for each in part]
            for part in (labels, value)
        )
    return dict(zip(names, [*labels, *map(query.result, value)], strict=True))


def _label(query, program, proba):
    """Write the label: that of the most probable class, or by the threshold."""
    decision = program.decision
    labels = plain_labels(program.classes, "to_sql").tolist()
    labels = [_literal(query, label) for label in labels]
    if not isinstance(decision, Greatest):
        at_least = f"{proba[decision.column]} >= {query.operand(decision.value)}"
        chosen, other = labels[decision.column], labels[decision.other]
        return f"CASE WHEN {at_least} THEN {chosen} ELSE {other} END"
    *others, last = labels
    if not others:
        return last
    (largest,) = query.columns([greatest(query, proba)])
    cases = [
        f"WHEN {each} >= {largest} THEN {label}"
        for each, label in zip(proba, others, strict=False)
    ]
    return f"CASE {' '.join(cases)} ELSE {last} END"


def _literal(query, label):
    """Write a label."""
    if isinstance(label, bool):
        return query.truth(label)
    if isinstance(label, str):
        text.refuse_unwritable(label, "the label")
        return query.string(label)
    return str(label) if isinstance(label, int) else query.double(label)
