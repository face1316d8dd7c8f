"""Layers, activations and outputs in C."""

import numpy as np

from sklearn_kd.export._c.levels import add_level
from sklearn_kd.export._c.numbers import encode_numbers, scale_numbers
from sklearn_kd.export._program.steps import (
    Activate,
    AddLevel,
    Ascend,
    Dense,
    Encode,
    Greatest,
    Middle,
    Scale,
    Unscale,
    Widen,
)

#: Each activation of one number in C, where f stands for the end of functions of float.
_ACTIVATIONS = {
    "relu": "{0} < 0.0f ? 0.0f : {0}",  # NaN stays NaN
    "tanh": "tanh{1}({0})",
    "logistic": "1.0{1} / (1.0{1} + exp{1}(-{0}))",
    "exp": "exp{1}({0})",
}


def write_steps(header, program, scales):
    """Write the body of the prediction.

    Parameters
    ----------
    header : Header
        Receives it.
    program : Program
        The student; with `scales` its weights are whole numbers times these.
    scales : list of ndarray, or None
        For each `Dense`, one of each output.
    """
    context = _Context(program, iter(scales) if scales is not None else None)
    for step in program.steps:
        if not isinstance(step, AddLevel):
            context.finish(header)
        _STEPS[type(step)](header, step, context)
    context.finish(header)
    if header.value != "out":
        header.line(
            f"for (int u = 0; u < {header.width}; u++)",
            f"    out[u] = {header.value}[u];",
        )


class _Context:
    """What a step has to know of others.

    Parameters
    ----------
    program : Program
        The student.
    scales : iterator of ndarray, or None
        Those of the layers to come.
    """

    def __init__(self, program, scales):
        self.inputs, self._scales = program.inputs, scales
        self.numbers = self.scale = self._due = None

    def begin(self, header, intercept):
        """Write the biases of a layer; give its number."""
        self.scale = None if self._scales is None else next(self._scales)
        layer, self._due = header.layer(), None
        if self.scale is not None:
            self._due = header.table(f"scales_{layer}", self.scale)
            intercept = intercept / self.scale
        header.next_buffer(len(intercept))
        biases = header.table(f"biases_{layer}", intercept)
        header.line(f"{header.each} {header.value}[u] = {biases}[u];")
        return layer

    def finish(self, header):
        """Multiply the sums of whole numbers, once they are complete."""
        if self._due is not None:
            header.line(f"{header.each} {header.value}[u] *= {self._due}[u];")
            self._due = None


def _first(header, step, context):
    """Keep how numbers are read until their weights are known."""
    context.numbers = step


def _dense(header, step, context):
    """Write a layer; the first takes the numbers of the row as it reads them."""
    numbers, context.numbers = context.numbers, None
    before = header.value
    layer = context.begin(header, step.intercept)
    if isinstance(numbers, Encode):
        encode_numbers(header, numbers.parts, step.coef, context.scale)
    elif isinstance(numbers, Scale):
        scale_numbers(header, numbers, step.coef, context.scale)
    else:
        factor = f"{before}[{{i}}]"
        header.add_rows(f"weights_{layer}", step.coef, context.scale, factor)


def _add_level(header, step, context):
    """Write the addition of the vector of a level."""
    add_level(header, step, context.inputs[step.column], context.scale)


def _activate(header, step, context):
    """Write a function of the numbers."""
    value, ending = header.value, "f" if header.kind == "float" else ""
    if step.function == "softmax":
        header.define(_SOFTMAX)
        header.line(f"@_softmax({value}, {header.width});")
        return
    written = _ACTIVATIONS[step.function].format(f"{value}[u]", ending)
    header.line(f"{header.each} {value}[u] = {written};")


_SOFTMAX = """
static inline void @_softmax(float *values, int n) {
    float most = values[0], sum = 0.0f;
    for (int i = 1; i < n; i++)
        most = values[i] > most ? values[i] : most;
    for (int i = 0; i < n; i++) {
        values[i] = expf(values[i] - most);
        sum += values[i];
    }
    for (int i = 0; i < n; i++)
        values[i] /= sum;
}
"""


def _widen(header, step, context):
    """Write the probabilities of all classes; those that are not known have none."""
    places = header.table("known", step.columns)
    header.line(
        f"for (int u = 0; u < {step.n_columns}; u++) out[u] = 0.0f;",
        f"{header.each} out[{places}[u]] = {header.value}[u];",
    )
    header.value, header.width = "out", step.n_columns


def _ascend(header, step, context):
    """Write the sums of quantiles: each adds its softplus to the one before."""
    header.call("softplus")
    value = header.value
    header.line(
        f"for (int u = 0; u < {header.width}; u++)",
        f"    if (u % {step.n_levels} != 0)",
        f"        {value}[u] = {value}[u - 1] + @_softplus({value}[u]);",
    )


def _unscale(header, step, context):
    """Write the change to the units of the targets, in double."""
    layer = header.layer()
    scale = header.double_table(f"unit_{layer}", step.scale)
    shift = header.double_table(f"offset_{layer}", step.shift)
    value = f"{'(double)' if header.kind == 'float' else ''}{header.value}[u]"
    header.line(f"{header.each} out[u] = {value} * {scale}[u] + {shift}[u];")
    header.value, header.kind = "out", "double"


#: What writes a step.
_STEPS = {
    Encode: _first,
    Scale: _first,
    Dense: _dense,
    AddLevel: _add_level,
    Activate: _activate,
    Widen: _widen,
    Ascend: _ascend,
    Unscale: _unscale,
}


def decision(header, program):
    """Write the function that makes a label or predictions of the outputs; or none."""
    decided = program.decision
    if isinstance(decided, Middle):
        if decided.quantiles is None:
            return ""
        n_targets = len(decided.deviation) // decided.n_levels
        code = f"""
/* Takes the quantile nearest to the median of each target, which is the prediction. */
static inline void @_decide(const double *out, double *prediction) {{
    for (int i = 0; i < {n_targets}; i++)
        prediction[i] = out[i * {decided.n_levels} + {decided.place}];
}}
"""
    elif isinstance(decided, Greatest):
        code = f"""
/* Gives the place in @_classes of the most probable class. */
static inline int @_class(const float *proba) {{
    int best = 0;
    for (int i = 1; i < {len(program.classes)}; i++)
        best = proba[i] > proba[best] ? i : best;
    return best;
}}
"""
    else:
        least = repr(float(np.float32(decided.value)))
        code = f"""
/* Gives the place in @_classes of the label, by the threshold of one of them. */
static inline int @_class(const float *proba) {{
    return proba[{decided.column}] >= (float){least}
        ? {decided.column} : {decided.other};
}}
"""
    return header.own(code)
