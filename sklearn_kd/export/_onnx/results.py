"""The outputs of an ONNX model: labels, probabilities and numbers."""

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd.export._onnx.levels import check_text
from sklearn_kd.export._onnx.nodes import LABEL
from sklearn_kd.export._onnx.parts import Given
from sklearn_kd.export._program.levels import plain_labels
from sklearn_kd.export._program.steps import Greatest

_LABELS = {"i": "INT64", "O": "STRING", "b": "BOOL", "f": "DOUBLE"}


def _label(graph, proba, program):
    """Write the label of each row."""
    classes = plain_labels(program.classes, "to_onnx")
    for label in classes.tolist():
        check_text(label, f"the label {show(label)}")
    if isinstance(program.decision, Given):
        graph.add("Identity", LABEL, output="label")
    else:
        code = _codes(graph, proba, program.decision)
        graph.add("Gather", classes, code, output="label")
    graph.result("label", _LABELS[classes.dtype.kind])


def _probabilities(graph, proba, program):
    """Write the probabilities of all classes."""
    graph.add("Identity", proba, output="probabilities")
    graph.result("probabilities", "FLOAT", len(program.classes))


def _prediction(graph, value, program):
    """Write the numbers that are predicted, in one dimension for one target."""
    decision = program.decision
    n_columns, step = len(decision.deviation), decision.n_levels
    chosen = np.arange(decision.place, n_columns, step)
    widths = [len(chosen)] * (len(chosen) > 1)
    columns = chosen if widths else np.array(decision.place)
    graph.add("Gather", value, columns, axis=1, output="prediction")
    graph.result("prediction", "DOUBLE", *widths)


def _quantiles(graph, value, program):
    """Write all quantiles, with a dimension for the targets where there are several."""
    decision = program.decision
    n_targets = len(decision.deviation) // decision.n_levels
    widths = [n_targets] * (n_targets > 1) + [decision.n_levels]
    graph.add("Reshape", value, np.array([0, *widths]), output="quantiles")
    graph.result("quantiles", "DOUBLE", *widths)


def _code(graph, proba, program):
    """Write the position of each row's label in the classes."""
    graph.add("Identity", _codes(graph, proba, program.decision), output="code")
    graph.result("code", "INT64")


def _codes(graph, proba, decision):
    """Number the class of each row: the most probable, or by a threshold."""
    if isinstance(decision, Greatest | Given):
        return graph.add("ArgMax", proba, axis=1, keepdims=0)
    column, other = np.array(decision.column), np.array(decision.other)
    score = graph.add("Gather", proba, column, axis=1)
    least = np.array(decision.value, dtype=np.float32)
    above = graph.add("GreaterOrEqual", score, least)
    return graph.add("Where", above, column, other)


#: What writes an output, by its name.
RESULTS = {
    "label": _label,
    "code": _code,
    "probabilities": _probabilities,
    "prediction": _prediction,
    "quantiles": _quantiles,
}
