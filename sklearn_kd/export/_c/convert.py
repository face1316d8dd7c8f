"""A network with its encoder as a C99 header."""

from sklearn_kd._parameters import check_boolean
from sklearn_kd._run.files import check_path, write
from sklearn_kd.export._c.comment import comment, macros, metadata, names
from sklearn_kd.export._c.header import Header
from sklearn_kd.export._c.levels import look_ups
from sklearn_kd.export._c.network import decision, write_steps
from sklearn_kd.export._c.quantize import loss, quantized
from sklearn_kd.export._c.text import check_name
from sklearn_kd.export._program.program import program_of
from sklearn_kd.export._program.rounding import warn_of_rounding


def to_c(estimator, name="student", *, path=None, quantize=False):
    """Write a fitted student, with its encoder, as one C99 header.

    Parameters
    ----------
    estimator : MLPStudent, MLPStudentRegressor, DistilledClassifier or \
DistilledRegressor
        Fitted, as :func:`to_onnx` takes it: with the same encoders, and with or without
        a threshold for the label.
    name : str, default="student"
        What all names in the header begin with; macros begin with it in capitals. Of
        several students in one program each has a name of its own.
    path : str, os.PathLike or None, default=None
        The file to write, such as ``"student.h"``; None writes none.
    quantize : bool, default=False
        Whether weights are whole numbers of eight bits, times a float for each unit of
        a layer: a quarter of the memory. The tables of the encoder stay float.

    Returns
    -------
    str
        The header, in ASCII but for the comment on top, which is UTF-8. With the name
        "student" it has

        - ``void student_predict(const float *x, float *proba)`` for a classifier, and
          ``(const float *x, double *out)`` for a regressor: from
          ``STUDENT_N_FEATURES`` numbers to ``STUDENT_N_OUTPUTS``, which are the
          probabilities of all classes, the numbers that are predicted, or all quantiles
          of the first target, then of the second, and so on;
        - ``int student_class(const float *proba)``, the position of the label in
          ``student_classes``, by the threshold where there is one;
        - ``void student_decide(const double *out, double *prediction)`` where there
          are quantiles: the one nearest to the median for each of
          ``STUDENT_N_TARGETS``;
        - ``float student_code_job(const char *level)`` for each nominal column, here
          "job", or ``(long long level)`` where levels are whole numbers: the number
          that stands for a level in ``x``, NaN for NULL and -1 for an unknown level;
          ``student_code(column, level)`` and ``student_number_code(column, level)``
          find it by the position of the column;
        - ``student_feature_names``, ``student_classes``, ``student_quantiles`` and
          ``STUDENT_VERSION``;
        - ``student_metadata``, the metadata of :func:`to_onnx` as JSON, in pieces up to
          a NULL, with the levels of a column in the order of their codes.

        The comment on top lists columns, codes, outputs, bytes of the tables and of the
        stack, and what is lost.

    Raises
    ------
    TypeError
        For another student, another encoder, labels or levels that are neither all
        numbers nor all strings, and parameters of another type.
    ValueError
        For a `name` that is none in C, numbers outside the range of float32, labels and
        levels outside that of int64, and strings with a null character.

    Warns
    -----
    UserWarning
        For columns in which rounding to float32 moves a probability by more than .001,
        or a number by more than .001 standard deviations of ``y``, judged by the values
        that the encoder has stored.

    See Also
    --------
    to_onnx : The same student for ONNX Runtime.

    Notes
    -----
    .. versionadded:: 0.1

    **What it needs.** A compiler of C99 or C++11, and of the C library ``math.h``
    alone. There is no heap and no state, so threads may share it. Flags
    that take away NaN, such as ``-ffast-math``, are refused when it is compiled.

    **What is lost.** It computes in float32, and applies the units of the targets in
    float64: for the same float32 numbers it agrees with the student within 1e-5, in
    standard deviations of ``y`` for numbers. Infinity is the end of the range with a
    :class:`TabularEncoder`, which no number makes NaN; with other encoders a missing or
    infinite value may give NaN.

    With `quantize` the mean and the largest change of a probability, or of a prediction
    in standard deviations of ``y``, stand in the comment and in
    ``STUDENT_MEAN_CHANGE`` and ``STUDENT_LARGEST_CHANGE``. They are measured on rows
    that are drawn from what the encoder knows: values at and between the knots of each
    column, and the levels that occurred. On real rows the mean was between a third and
    three times as large.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from sklearn_kd import MLPStudent
    >>> from sklearn_kd.export import to_c
    >>> X, y = load_wine(return_X_y=True)
    >>> student = MLPStudent(hidden_layer_sizes=16, random_state=0).fit(X, y)
    >>> header = to_c(student, "wine")
    >>> print("\\n".join(line for line in header.splitlines() if "#define" in line))
    #define WINE_H
    #define WINE_VERSION ...
    #define WINE_N_FEATURES 13
    #define WINE_N_OUTPUTS 3
    #define WINE_N_CLASSES 3
    """
    check_name(name)
    check_path(path)
    check_boolean("quantize", quantize)
    program = whole = program_of(estimator, "to_c")
    scales = changes = None
    if quantize:
        rounded, scales = quantized(program)
        program, changes = rounded, loss(whole, rounded)
    header = Header(name, quantize)
    write_steps(header, program, scales)
    names(header, program)
    functions, calls = look_ups(header, program.inputs)
    metadata(header, program)
    guard, kind = header.macro("H"), "float" if header.kind == "float" else "double"
    text = "\n".join(
        [
            comment(header, program, calls, changes),
            f"#ifndef {guard}\n#define {guard}\n",
            "#include <math.h>\n",
            "#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__",
            '#error "NaN is a missing value: compile without -ffast-math"',
            "#endif\n",
            macros(header, program, changes),
            '#ifdef __cplusplus\nextern "C" {\n#endif\n',
            "\n\n".join(header.tables),
            "".join(header.functions.values()),
            "/* Predicts one row. */",
            f"static inline void {name}_predict(const float *x, {kind} *out) {{",
            *header.declarations(),
            *header.body,
            *["    (void)x; /* no column varies */"] * (not header.reads_row),
            "}",
            decision(header, program),
            *functions,
            "#ifdef __cplusplus\n}\n#endif\n",
            f"#endif /* {guard} */\n",
        ]
    )
    warn_of_rounding(whole, "C header")
    write(path, text)
    return text
