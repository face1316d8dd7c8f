"""An ONNX graph under construction: nodes and constants with names of their own."""

from importlib import import_module

import numpy as np

#: Read by ONNX Runtime from 1.17 on, and by most others.
OPSET, ML_OPSET, IR_VERSION = 17, 3, 8


class Graph:
    """Collects the nodes of a model.

    Parameters
    ----------
    inputs : list of (str, str, int)
        Name, element type ("FLOAT", "INT64" or "STRING") and number of columns.
    """

    def __init__(self, inputs):
        try:
            self._onnx = import_module("onnx")
        except ImportError as error:
            raise ImportError(
                "to_onnx needs the package onnx. Install it with "
                "`pip install sklearn-kd[onnx]`."
            ) from error
        self.inputs = [self._describe(*each) for each in inputs]
        self.nodes, self.constants, self.outputs = [], [], []

    def _describe(self, name, kind, *widths):
        """Describe an input or output of any number of rows."""
        element = getattr(self._onnx.TensorProto, kind)
        return self._onnx.helper.make_tensor_value_info(name, element, ["N", *widths])

    def constant(self, values):
        """Add an array; strings are objects or of a fixed width.

        Parameters
        ----------
        values : array-like
            Of a dtype that ONNX has.

        Returns
        -------
        str
            Its name.
        """
        values = np.asarray(values)
        if values.dtype.kind == "U":
            values = values.astype(object)
        name = f"kd:constant_{len(self.constants)}"
        self.constants.append(self._onnx.numpy_helper.from_array(values, name))
        return name

    def add(self, kind, *inputs, output=None, domain="", **attributes):
        """Add a node of one output.

        Parameters
        ----------
        kind : str
            The operator.
        *inputs : {str, ndarray}
            Names; an array becomes a constant.
        output : str, default=None
            Name of the output; None makes one up.
        domain : str, default=""
            Of the operator.
        **attributes : object
            Of the operator.

        Returns
        -------
        str
            The name of the output.
        """
        names = [
            each if isinstance(each, str) else self.constant(each) for each in inputs
        ]
        output = output or f"kd:{kind}_{len(self.nodes)}"
        node = self._onnx.helper.make_node(
            kind, names, [output], domain=domain, **attributes
        )
        self.nodes.append(node)
        return output

    def result(self, name, kind, *widths):
        """Declare an output, with its dimensions beyond the rows."""
        self.outputs.append(self._describe(name, kind, *widths))

    def model(self, metadata):
        """Put the graph together.

        Parameters
        ----------
        metadata : dict of str to str
            What the model says of itself.

        Returns
        -------
        onnx.ModelProto
            A checked model.
        """
        helper = self._onnx.helper
        graph = helper.make_graph(
            self.nodes, "student", self.inputs, self.outputs, self.constants
        )
        opsets = [helper.make_opsetid("", OPSET)]
        if any(node.domain for node in self.nodes):
            opsets.append(helper.make_opsetid("ai.onnx.ml", ML_OPSET))
        model = helper.make_model(
            graph,
            producer_name="sklearn_kd",
            opset_imports=opsets,
            ir_version=IR_VERSION,
        )
        helper.set_model_props(model, metadata)
        self._onnx.checker.check_model(model, full_check=True)
        return model
