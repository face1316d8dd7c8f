"""A program as an ONNX model."""

from dataclasses import replace

from sklearn_kd._messages import show
from sklearn_kd.export._onnx.graph import Graph
from sklearn_kd.export._onnx.levels import check_text, input_kind
from sklearn_kd.export._onnx.nodes import graft_rows, write_steps
from sklearn_kd.export._onnx.results import RESULTS
from sklearn_kd.export._program.metadata import metadata_of


def build(program, outputs, front=None):
    """Write a program as an ONNX model.

    Parameters
    ----------
    program : Program
        The student.
    outputs : sequence of str
        Names of outputs, in this order.
    front : Front or None, default=None
        Steps of a pipeline in front of the student.

    Returns
    -------
    onnx.ModelProto
        A checked model.
    """
    whole = program if front is None else replace(program, inputs=front.inputs)
    graph, names, kinds = _start(whole)
    if front is not None:
        names = graft_rows(graph, front.model, "front", names)
        kinds = ["FLOAT"] * len(program.inputs)
    value = write_steps(graph, program.steps, names, kinds)
    for name in outputs:
        RESULTS[name](graph, value, program)
    return graph.model(metadata_of(whole))


def _start(program):
    """Begin a graph; give it with its inputs and the kinds of the columns of rows."""
    inputs = program.inputs
    if all(column.levels is None for column in inputs):
        return Graph([("X", "FLOAT", len(inputs))]), ["X"], ["FLOAT"] * len(inputs)
    names = [each.label for each in inputs]
    taken = set(names) & set(program.outputs)
    if taken:
        raise ValueError(
            f"Columns named {show(sorted(taken))} would be inputs of the same name as "
            "an output. Rename them before fitting."
        )
    for name in names:
        check_text(name, f"a column named {show(name)}")
        if not name or name.startswith("kd:"):
            raise ValueError(
                f"to_onnx cannot write a column named {show(name)}: an input has a "
                'name, and those that begin with "kd:" are of the model itself. Rename '
                "the column before fitting."
            )
    kinds = list(map(input_kind, inputs))
    columns = [(name, kind, 1) for name, kind in zip(names, kinds, strict=True)]
    return Graph(columns), names, kinds
