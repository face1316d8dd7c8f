"""What a header says of itself: the comment on top, macros and names."""

import json

from sklearn_kd import __version__
from sklearn_kd.export._c.levels import sorted_levels
from sklearn_kd.export._c.text import doubles, quoted, remark, whole
from sklearn_kd.export._program.levels import plain_labels
from sklearn_kd.export._program.metadata import metadata_of, plain
from sklearn_kd.export._program.steps import Scale

#: Levels of a column that the comment lists, of more, and characters of each.
_LISTED, _SHOWN = 20, 60
#: Characters of a string; a compiler of C99 need not take more than 4095.
_PIECE = 2000


def macros(header, program, loss):
    """Write the numbers of columns and outputs, and the version.

    Parameters
    ----------
    header : Header
        Gives the name.
    program : Program
        The student.
    loss : Change or None
        What eight bits change on average and at most.

    Returns
    -------
    str
        In C.
    """
    values = {"VERSION": quoted(__version__), "N_FEATURES": len(program.inputs)}
    if program.classes is not None:
        values["N_OUTPUTS"] = values["N_CLASSES"] = len(program.classes)
    else:
        decision = program.decision
        values["N_OUTPUTS"] = n_outputs = len(decision.deviation)
        values["N_TARGETS"] = n_outputs // decision.n_levels
        if decision.quantiles is not None:
            values["N_QUANTILES"] = decision.n_levels
    if loss is not None:
        values["MEAN_CHANGE"] = f"{loss.mean:.3g}"
        values["LARGEST_CHANGE"] = f"{loss.largest:.3g}"
    return "".join(f"#define {header.macro(k)} {v}\n" for k, v in values.items())


def names(header, program):
    """Write tables of the names of columns, the labels and the levels of quantiles."""
    header.strings("feature_names", [column.label for column in program.inputs])
    if program.classes is not None:
        classes = plain_labels(program.classes, "to_c")
        if classes.dtype == object:
            header.strings("classes", classes)
            return
        kind, literals = {
            "i": ("const long long ", lambda: list(map(whole, classes.tolist()))),
            "f": ("const double ", lambda: doubles(classes)),
            "b": ("const int ", lambda: list(map(str, classes.astype(int)))),
        }[classes.dtype.kind]
        header.text_table("classes", kind, literals())
    elif program.decision.quantiles is not None:
        header.text_table(
            "quantiles", "const double ", doubles(program.decision.quantiles)
        )


def metadata(header, program):
    """Write what the student says of itself, for programs that know no column by name.

    Parameters
    ----------
    header : Header
        Receives a table: JSON in pieces.
    program : Program
        The student.
    """
    described = metadata_of(program)
    levels = json.loads(described["feature_levels"])
    for own in levels.values():  # by their codes, and null for a missing value last
        own.sort(key=lambda level: (level is None, level))
    described["feature_levels"] = json.dumps(levels)
    for key in ("sklearn_kd_version", "task"):
        described[key] = json.dumps(described[key])
    pairs = ", ".join(f'"{key}": {value}' for key, value in described.items())
    text = f"{{{pairs}}}"
    pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
    header.text_table(
        "metadata", "const char *const ", [*map(quoted, pieces), "(const char *)0"]
    )


def comment(header, program, calls, loss):
    """Write the comment on top.

    Parameters
    ----------
    header : Header
        With all its tables.
    program : Program
        The student.
    calls : dict of int to str
        How the codes of nominal columns are asked for.
    loss : Change or None
        What eight bits change on average and at most.

    Returns
    -------
    str
        In C.
    """
    parts = [
        _WHAT.format(task="numbers" if program.classes is None else "classes"),
        *_call(header, program),
        *_columns(program, calls),
        *_results(program),
        _MEMORY.format(header=header),
        _LOST,
    ]
    if isinstance(program.steps[0], Scale):
        parts.append("A missing or infinite value may give NaN.")
    if loss is not None:
        what = "a probability"
        if program.classes is None:
            what = "a prediction, in standard deviations of its target,"
        figures = {"mean": loss.mean, "most": loss.largest}
        parts.append(_LOST_EIGHT_BITS.format(what=what, **figures))
    lines = "\n".join(parts).split("\n")
    return "\n".join(["/*", *(f" * {line}".rstrip() for line in lines), " */\n"])


_WHAT = f"""A fitted student for {{task}}, written by sklearn_kd {__version__}.

It is C99 and C++, uses no heap, and of the C library math.h alone. Include it in one
source file of a program: each that includes it has tables of its own. Compile without
-ffast-math, for which there is no NaN, and link with -lm.
"""

_MEMORY = """
A prediction reads {header.flash} bytes of tables, and its arrays take {header.stack}
bytes of the stack. What is not called is not linked."""

_LOST = """
It computes in float32: equal to the Python model within 1e-5 for the same float32
numbers. What has more than seven digits is rounded when x is filled."""

_LOST_EIGHT_BITS = """
Weights are whole numbers of eight bits. On rows with each value drawn from what the
encoder knows of its column, that changes {what} by {mean:.2g} on
average and by {most:.2g} at most."""


def _call(header, program):
    """Give an example of a call."""
    name, is_numbers = header.name, program.classes is None
    kind, out = ("double", "out") if is_numbers else ("float", "proba")
    yield f"    float x[{header.macro('N_FEATURES')}] = {{0.0f}}; (fill it)"
    yield f"    {kind} {out}[{header.macro('N_OUTPUTS')}];"
    yield f"    {name}_predict(x, {out});"
    if not is_numbers:
        yield f"    {name}_classes[{name}_class(proba)] is the label"
    elif program.decision.quantiles is not None:
        yield f"    double prediction[{header.macro('N_TARGETS')}];"
        yield f"    {name}_decide(out, prediction);"


def _columns(program, calls):
    """List the columns in order."""
    yield "\nThe columns of x, in which NaN is a missing value:"
    for at, column in enumerate(program.inputs):
        yield f"    x[{at}] {_shown(column.label)}: {calls.get(at, 'a number')}"
        levels = [] if column.levels is None else sorted_levels(column)
        listed = [f"{at} {_shown(level)}" for at, level in enumerate(levels[:_LISTED])]
        if len(levels) > _LISTED:
            listed.append(f"and {len(levels) - _LISTED} more")
        yield from (f"        {each}" for each in listed)
    if calls:
        yield "A code that is none of a level stands for an unknown level."


def _results(program):
    """List the outputs in order."""
    yield "\nThe outputs:"
    if program.classes is not None:
        for at, label in enumerate(plain_labels(program.classes, "to_c").tolist()):
            yield f"    proba[{at}] of the class {_shown(label)}"
        if program.threshold is not None:
            label, least = program.threshold
            yield f"The label is {_shown(plain(label))} if it has {least} or more."
        return
    decision = program.decision
    for at in range(len(decision.deviation)):
        target, level = divmod(at, decision.n_levels)
        what = f"target {target}"
        if decision.quantiles is not None:
            what = f"the quantile {decision.quantiles[level]} of {what}"
        yield f"    out[{at}] {what}"


def _shown(value):
    """Write a label or level for a comment."""
    shown = json.dumps(value, ensure_ascii=False)
    return remark(shown if len(shown) <= _SHOWN else f'{shown[:_SHOWN]}..."')
