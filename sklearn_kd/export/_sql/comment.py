"""The comment on top of a query: what it is of, and what the table has to have."""

import json

from sklearn_kd.export._program.levels import kind_of_levels
from sklearn_kd.export._program.metadata import metadata_of

_KINDS = {"string": "text", "whole number": "whole numbers, or booleans"}


def comment(program, title, names):
    """Describe a query.

    Parameters
    ----------
    program : Program
        The student.
    title : str
        What the database is called.
    names : list of str
        Of the outputs.

    Returns
    -------
    str
        Lines of ASCII, each of which is a comment.
    """
    lines = [f"A student of sklearn_kd for {title}: a SELECT of all columns and"]
    lines += [", ".join(map(json.dumps, names)), ""]
    lines += ["The table must have no column called so: make a view without it."]
    lines += ["It has to have the columns"]
    for column in program.inputs:
        kind = "numbers"
        if column.levels is not None:
            kind = _KINDS[kind_of_levels(column, "to_sql")]
        lines.append(f"  {json.dumps(column.label)}: {kind}")
    lines.append("")
    lines += [f"{name}: {value}" for name, value in metadata_of(program).items()]
    return "".join(f"-- {line}".rstrip() + "\n" for line in lines)
