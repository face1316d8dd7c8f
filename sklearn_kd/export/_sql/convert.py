"""A network with its encoder as a SELECT."""

from sklearn_kd._messages import show
from sklearn_kd._run.files import check_path, write
from sklearn_kd.export._program.program import program_of
from sklearn_kd.export._sql.comment import comment
from sklearn_kd.export._sql.duckdb import DuckDB
from sklearn_kd.export._sql.names import (
    check_columns,
    free_prefix,
    output_names,
    read_table,
)
from sklearn_kd.export._sql.network import write_outputs, write_steps
from sklearn_kd.export._sql.postgresql import PostgreSQL
from sklearn_kd.export._sql.sqlite import SQLite

_DIALECTS = {"duckdb": DuckDB, "sqlite": SQLite, "postgresql": PostgreSQL}


def to_sql(estimator, table, dialect, *, path=None):
    """Write a fitted student, with its encoder, as one SELECT.

    Parameters
    ----------
    estimator : MLPStudent, MLPStudentRegressor, DistilledClassifier or \
DistilledRegressor
        Fitted, as :func:`to_onnx` takes it: with the same encoders, and with or without
        a threshold for the label.
    table : str
        The table or view with the rows, such as ``"people"``, with its schema and
        database in front where it needs them, ``"main.people"``. It is quoted: to
        predict for a query, or for a name that contains a dot, make a view of it.
    dialect : {"duckdb", "sqlite", "postgresql"}
        The database that runs it.
    path : str, os.PathLike or None, default=None
        The file to write, such as ``"student.sql"``; None writes none.

    Returns
    -------
    str
        The SELECT, without a semicolon, so that it may stand in
        ``CREATE VIEW scored AS``, in ``CREATE TABLE`` or in parentheses. It gives every
        column of the table and, of a classifier, ``label`` in the type of ``classes_``
        and ``probability_<class>`` for each class; of a regressor ``prediction``, and
        ``quantile_<level>`` for each quantile. Several outputs of ``y`` are numbered,
        ``prediction_0`` and ``quantile_0.1_0``. Where the database would not tell the
        names of two classes apart, such as "a" and "A", or PostgreSQL would shorten
        one, classes are numbered by their place in ``classes_``.

        The table must have no column of its own that is called as an output, such as
        ``label``: databases hide one of the two, or fail. Make a view without it.

        The comment on top lists the columns that the table has to have and, as JSON,
        version, features, levels, classes, threshold and quantiles.

    Raises
    ------
    TypeError
        For another student, another encoder, labels or levels that are neither all
        numbers nor all strings, and parameters of another type.
    ValueError
        For another dialect, an empty name, columns of the student that have the name of
        an output or are one column in the database, strings with a null character,
        labels and levels outside the range of int64, columns and targets whose slopes
        or scales leave 1e-307 to 1e307, and layers of more than 900 units in SQLite, or
        1500 in PostgreSQL.

    See Also
    --------
    to_onnx : The same student for ONNX Runtime.
    to_c : The same student for a compiler.

    Notes
    -----
    .. versionadded:: 0.1

    **What it needs.** DuckDB 1.0; PostgreSQL 12; SQLite 3.38 with the mathematical
    functions (``SQLITE_ENABLE_MATH_FUNCTIONS``, for ``EXP`` and ``LN``). The columns
    are found by name: ``feature_names_in_``, or ``x0``, ``x1``, ... for a student of
    arrays; the table may have others, in any order. Names inside the query begin with
    ``kd_``, and no column that the student does not read may begin so. Text is
    compared letter by letter, whatever the collation of a column.

    **What is lost.** Nothing by rounding: all is computed in double. Probabilities
    agree with the student to 1e-6; :meth:`MLPStudent.predict_proba` itself computes
    many rows in float32. NULL and NaN are missing values; an infinity is the end of the
    range. With another encoder than :class:`TabularEncoder`, where the student refuses
    missing values, all outputs of such a row are NULL. SQLite reads text in a numeric
    column as the number that it begins with, and an empty one as missing.

    Examples
    --------
    >>> import sqlite3
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn_kd import MLPStudentRegressor
    >>> from sklearn_kd.export import to_sql
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> student = MLPStudentRegressor(16, random_state=0).fit(X, y)
    >>> database = sqlite3.connect(":memory:")
    >>> _ = X.to_sql("patients", database, index=False)
    >>> rows = database.execute(to_sql(student, "patients", "sqlite")).fetchall()
    >>> len(rows), f"{rows[0][-1]:.6f}" == f"{student.predict(X[:1])[0]:.6f}"
    (442, True)
    """
    table = read_table(table)
    if not isinstance(dialect, str) or dialect not in _DIALECTS:
        raise ValueError(
            f"dialect must be one of {list(_DIALECTS)}, got {show(dialect)}. Pass the "
            "database that is to run the query."
        )
    check_path(path)
    program = program_of(estimator, "to_sql")
    check_columns(program.inputs, dialect)
    names = output_names(program, dialect)
    prefix = free_prefix(program.inputs, table)
    query = _DIALECTS[dialect](table, program.inputs, prefix)
    outputs = write_outputs(query, program, names, write_steps(query, program))
    content = comment(program, query.title, names) + query.select(outputs)
    write(path, content)
    return content
