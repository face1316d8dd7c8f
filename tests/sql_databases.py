"""Tables in real databases, and what a query gives there."""

import sqlite3

import duckdb
import numpy as np
import pandas as pd

from sklearn_kd.export._sql.text import quoted


def as_frame(rows):
    """Rows as a frame with the names that an export gives their columns."""
    if isinstance(rows, pd.DataFrame):
        return rows.set_axis([str(name) for name in rows], axis=1)
    return pd.DataFrame(rows, columns=[f"x{place}" for place in range(rows.shape[1])])


def _kind(values):
    """What a column holds, of its values in Python."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {bool}:
        return "boolean" if kinds else "text"
    if kinds <= {int}:
        return "bigint"
    return "double precision" if kinds <= {float, int} else "text"


def _columns(frame):
    """The kind of each column, and its values: None is a missing one."""
    columns = {}
    for name in frame:
        values = frame[name].astype(object).to_numpy()
        numbers = frame[name].dtype.kind == "f"
        values = [None if pd.isna(value) and not numbers else value for value in values]
        values = [v.item() if isinstance(v, np.generic) else v for v in values]
        kind = _kind(values)
        if kind == "text":  # also of codes beside an unknown level
            values = [None if value is None else str(value) for value in values]
        columns[name] = kind, values
    return columns


class Database:
    """A database that holds one table at a time.

    Parameters
    ----------
    connection : object
        As Python's databases have it.
    mark : str
        Of a parameter.
    """

    def __init__(self, connection, mark="?"):
        self.connection, self.mark = connection, mark

    def load(self, frame, table="rows"):
        """Make a table of a frame; NaN stays NaN where the database has it."""
        columns = _columns(frame)
        listed = ", ".join(f"{quoted(k)} {kind}" for k, (kind, _) in columns.items())
        self.connection.execute(f"DROP TABLE IF EXISTS {quoted(table)}")
        self.connection.execute(f"CREATE TABLE {quoted(table)} ({listed})")
        rows = list(zip(*(values for _, values in columns.values()), strict=True))
        if rows:
            marks = ", ".join([self.mark] * len(columns))
            cursor = self.connection.cursor()
            cursor.executemany(f"INSERT INTO {quoted(table)} VALUES ({marks})", rows)

    def query(self, sql):
        """Run a query; give a frame of Python's values, in the order of ``id``."""
        cursor = self.connection.cursor()
        cursor.execute(sql)
        names = [each[0] for each in cursor.description]
        rows = cursor.fetchall()
        frame = pd.DataFrame(rows, columns=names, dtype=object)
        return frame.sort_values("id", ignore_index=True) if "id" in frame else frame


def new_database(dialect):
    """An empty database in memory."""
    if dialect == "duckdb":
        return Database(duckdb.connect(config={"threads": 1}))
    return Database(sqlite3.connect(":memory:"))
