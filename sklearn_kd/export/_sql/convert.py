"""A network with its encoder as a SELECT."""

from sklearn_kd._messages import show
from sklearn_kd.export._files import check_path, write
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
    """Write a fitted student."""
    table = read_table(table)
    if dialect not in _DIALECTS:
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
