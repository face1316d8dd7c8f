"""Names in a query: the table, its columns and the outputs."""

from sklearn_kd._messages import show
from sklearn_kd.export._program.metadata import plain
from sklearn_kd.export._sql.text import quoted, refuse_unwritable

#: Bytes of a name in PostgreSQL; further ones are cut off.
_LONGEST = 63


def read_table(table):
    """Quote the name of a table.

    Parameters
    ----------
    table : str
        The name, with that of its schema and of its database in front, if any.

    Returns
    -------
    str
        Each part in quotes.

    Raises
    ------
    TypeError
        For anything but a string.
    ValueError
        For an empty name or part, and for one that cannot be written.
    """
    if not isinstance(table, str):
        raise TypeError(
            f'table must be the name of a table, such as "people" or "main.people", '
            f"got {show(table)}."
        )
    parts = table.split(".")
    if not all(part.strip() for part in parts) or len(parts) > 3:
        raise ValueError(
            f"table={show(table)} is not the name of a table: expected a name, with at "
            'most a schema and a database in front, such as "people" or '
            '"main.people". Give a query, or a table with a dot in its name, the name '
            "of a view."
        )
    refuse_unwritable(table, "the table")
    return ".".join(map(quoted, parts))


def check_columns(inputs, dialect):
    """Refuse columns that the table cannot have.

    Parameters
    ----------
    inputs : tuple of Input
        The columns of a :class:`Program`.
    dialect : str
        The database.

    Raises
    ------
    ValueError
        For empty names, names that cannot be written, and two that are one in the
        database.
    """
    seen = {}
    for column in inputs:
        label = column.label
        refuse_unwritable(label, "the column")
        if not label:
            raise ValueError(
                "A column of the student has an empty name, which no table has. "
                "Rename it before fitting."
            )
        other = seen.setdefault(_identity(label, dialect), label)
        if other is not label:
            raise ValueError(
                f"Columns {show(other)} and {show(label)} are one column in "
                f"{dialect}. Rename one of them before fitting."
            )


def _identity(name, dialect):
    """Give what a database tells names apart by."""
    written = name.encode("utf-8")
    if dialect == "postgresql":  # it cuts between two characters
        return written[:_LONGEST].decode("utf-8", "ignore").encode("utf-8")
    return written.lower()  # of ASCII alone, as they do


def output_names(program, dialect):
    """Name the outputs of a program.

    Parameters
    ----------
    program : Program
        The student.
    dialect : str
        The database.

    Returns
    -------
    list of str
        ``label`` and ``probability_<class>`` for each class; or ``prediction``, and
        ``quantile_<level>``; of several targets ``prediction_<place>`` and
        ``quantile_<level>_<place>``. Classes are numbered instead where the database
        would not tell their names apart.

    Raises
    ------
    ValueError
        For an output that has the name of a column of the student.
    """
    names = _class_names(program, dialect)
    if program.classes is None:
        names = _number_names(program.decision)
    columns = {_identity(each.label, dialect): each.label for each in program.inputs}
    taken = [name for name in names if _identity(name, dialect) in columns]
    if taken:
        raise ValueError(
            f"Columns of the student have the names of outputs: {show(taken)}. Rename "
            "them before fitting."
        )
    return names


def _class_names(program, dialect):
    """Name the label and the probabilities."""
    if program.classes is None:
        return []
    names = [f"probability_{plain(label)}" for label in program.classes]
    for name in names:
        refuse_unwritable(name, "the name of the output")
    distinct = {_identity(name, dialect) for name in names}
    too_long = any(len(name.encode("utf-8")) > _LONGEST for name in names)
    if len(distinct) < len(names) or (too_long and dialect == "postgresql"):
        names = [f"probability_{place}" for place in range(len(names))]
    return ["label", *names]


def _number_names(decision):
    """Name the predictions and the quantiles."""
    n_targets = len(decision.deviation) // decision.n_levels
    endings = [f"_{place}" for place in range(n_targets)] if n_targets > 1 else [""]
    names = [f"prediction{ending}" for ending in endings]
    for ending in endings:
        names += [f"quantile_{level}{ending}" for level in decision.quantiles or ()]
    return names


def free_prefix(inputs, table):
    """Give a beginning that neither a column nor the table has."""
    prefix, names = "kd_", [*(each.label for each in inputs), *table.split('"')]
    while any(name.lower().startswith(prefix) for name in names):
        prefix = f"{prefix}_"
    return prefix
