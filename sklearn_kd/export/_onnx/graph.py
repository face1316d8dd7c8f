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
        self._opsets = {"": OPSET}

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

    def add(self, kind, *inputs, output=None, domain="", name=None, **attributes):
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
        name : str, default=None
            Of the node.
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
            kind, names, [output], name, domain=domain, **attributes
        )
        self.nodes.append(node)
        if domain:
            self._opsets[domain] = max(ML_OPSET, self._opsets.get(domain, 0))
        return output

    def graft(self, model, name, inputs):
        """Add all nodes of a model.

        Parameters
        ----------
        model : onnx.ModelProto
            What another package has converted.
        name : str
            What names in it are to begin with.
        inputs : list of str
            What holds its inputs.

        Returns
        -------
        list of str
            The names of its outputs.
        """
        compose = import_module("onnx.compose")
        if model.functions:
            model = import_module("onnx.inliner").inline_local_functions(model)
        part = compose.add_prefix(model, f"kd:{name}:").graph
        for value, own in zip(inputs, part.input, strict=True):
            self.add("Identity", value, output=own.name)
        for node in part.node:  # where in which file a node comes from
            node.doc_string = ""
            del node.metadata_props[:]
        for constant in part.initializer:
            constant.doc_string = ""
            del constant.metadata_props[:]
        self.nodes.extend(part.node)
        self.constants.extend(part.initializer)
        for opset in model.opset_import:
            least = self._opsets.get(opset.domain, 0)
            self._opsets[opset.domain] = max(opset.version, least)
        return [output.name for output in part.output]

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
        used = {"", *(node.domain for node in self.nodes)}
        opsets = [
            helper.make_opsetid(domain, version)
            for domain, version in sorted(self._opsets.items())
            if domain in used
        ]
        model = helper.make_model(
            graph,
            producer_name="sklearn_kd",
            opset_imports=opsets,
            ir_version=max(IR_VERSION, helper.find_min_ir_version_for(opsets)),
        )
        helper.set_model_props(model, metadata)
        self._onnx.checker.check_model(model, full_check=True)
        return model
