"""The steps of a program as nodes of an ONNX graph."""

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd.export._onnx.levels import read_level
from sklearn_kd.export._onnx.numbers import encode_numbers, scale_numbers
from sklearn_kd.export._onnx.parts import Converted, Estimated
from sklearn_kd.export._program.steps import (
    Activate,
    AddLevel,
    Ascend,
    Dense,
    Encode,
    Scale,
    Unscale,
    Widen,
)

#: The operator of each activation, with its attributes.
_ACTIVATIONS = {
    "relu": ("Relu", {}),
    "tanh": ("Tanh", {}),
    "logistic": ("Sigmoid", {}),
    "exp": ("Exp", {}),
    "softmax": ("Softmax", {"axis": 1}),
}


#: What the name of a node begins with whose weights are not to be rounded.
EXACT = "kd:exact_"

#: Means of targets below it are 0 to ONNX Runtime, though they are double; and the
#: share of a deviation at which that does not matter.
_SMALLEST, _NEGLIGIBLE = 1e-37, 1e-9

#: The label that a converted estimator gives.
LABEL = "kd:label"


def graft_rows(graph, model, name, names):
    """Add a converted model that reads rows.

    Parameters
    ----------
    graph : Graph
        Receives the nodes.
    model : onnx.ModelProto
        Its input is one tensor of all columns, or one for each column, by its name.
    name : str
        What its nodes are called by.
    names : list of str
        What holds the columns: one tensor of them all, or one for each that is read.

    Returns
    -------
    list of str
        The names of its outputs.
    """
    columns = [column.name for column in model.graph.input]
    if names == columns:
        given = names
    elif names == ["X"]:
        given = [
            graph.add("Gather", "X", np.array([place]), axis=1)
            for place in range(len(columns))
        ]
    else:
        given = [each if each in names else _zeros(graph, names) for each in columns]
    return graph.graft(model, name, given)


def write_steps(graph, steps, names, kinds):
    """Write steps down, and name what the last one gives.

    The columns of rows are in one tensor or in one for each, by `names`, and of these
    `kinds`: "FLOAT", "INT64" or "STRING".
    """
    value = None
    for step in steps:
        value = _NODES[type(step)](graph, step, value, names, kinds)
    return value


def _encode(graph, step, value, names, kinds):
    """Add the functions of numeric columns; a column of zeros if there are none."""
    if not step.parts:
        return _zeros(graph, names)
    X, held = names[0], [j for j, kind in enumerate(kinds) if kind == "FLOAT"]
    if len(names) > 1:
        X = graph.add("Concat", *[names[column] for column in held], axis=1)
    blocks = encode_numbers(graph, step.parts, X, held)
    return graph.add("Concat", *blocks, axis=1) if len(blocks) > 1 else blocks[0]


def _zeros(graph, names):
    """Add a column of zeros."""
    n_rows = graph.add("Shape", names[0], end=1)
    shape = graph.add("Concat", n_rows, np.array([1]), axis=0)
    return graph.add("ConstantOfShape", shape)


def _dense(graph, step, value, names, kinds):
    """Add a product; without inputs, one with the column of zeros."""
    coef = step.coef if len(step.coef) else np.zeros((1, len(step.intercept)))
    weights = coef.astype(np.float32), step.intercept.astype(np.float32)
    return graph.add("Gemm", value, *weights)


def _add_level(graph, step, value, names, kinds):
    """Add the vector of a level."""
    column = step.column
    vectors = read_level(graph, names[column], kinds[column], step)
    return graph.add("Add", value, vectors)


def _activate(graph, step, value, names, kinds):
    """Add a function of the numbers."""
    operator, attributes = _ACTIVATIONS[step.function]
    return graph.add(operator, value, **attributes)


def _widen(graph, step, value, names, kinds):
    """Spread the columns over those of all classes."""
    # without columns there is the one of zeros
    place = np.zeros((max(len(step.columns), 1), step.n_columns), dtype=np.float32)
    place[np.arange(len(step.columns)), step.columns] = 1
    return graph.add("MatMul", value, place, name=f"{EXACT}{len(graph.nodes)}")


def _ascend(graph, step, value, names, kinds):
    """Add up quantiles: each further one adds its softplus to the one before."""
    each = graph.add("Reshape", value, np.array([0, -1, step.n_levels]))
    ends, axis = np.array([0, 1, step.n_levels]), np.array([2])
    lowest, further = (
        graph.add("Slice", each, ends[k : k + 1], ends[k + 1 : k + 2], axis)
        for k in (0, 1)
    )
    parts = graph.add("Concat", lowest, graph.add("Softplus", further), axis=2)
    return graph.add("Flatten", graph.add("CumSum", parts, np.array(2)))


def _unscale(graph, step, value, names, kinds):
    """Bring numbers to the units of the targets, in float64."""
    size = np.abs(step.shift)
    lost = (size < _SMALLEST) & (size > _NEGLIGIBLE * step.scale)
    if lost.any():  # ONNX Runtime leaves out the sum with what float32 takes for 0
        raise ValueError(
            f"to_onnx cannot write targets around {show(step.shift[lost][0])}, which "
            "float32 takes for 0. Fit on targets in another unit."
        )
    value = graph.add("Mul", graph.add("Cast", value, to=11), step.scale)  # double
    return graph.add("Add", value, step.shift)


def _converted(graph, step, value, names, kinds):
    """Add a converted module, or another part between the steps."""
    return graph.graft(step.model, step.name, [value])[0]


def _estimated(graph, step, value, names, kinds):
    """Add a converted estimator, and give its label the name that `Given` reads."""
    *label, numbers = graft_rows(graph, step.model, "estimator", names)
    if label:
        graph.add("Identity", label[0], output=LABEL)
        return numbers
    return graph.add("Reshape", numbers, np.array([-1, step.n_outputs]))


#: What writes a step: from the name of what the step before it gave to another name.
_NODES = {
    Encode: _encode,
    Scale: lambda graph, step, value, names, kinds: scale_numbers(graph, step, *names),
    Dense: _dense,
    AddLevel: _add_level,
    Activate: _activate,
    Widen: _widen,
    Ascend: _ascend,
    Unscale: _unscale,
    Converted: _converted,
    Estimated: _estimated,
}
