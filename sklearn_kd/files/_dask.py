"""Rows of a DataFrame of Dask: its partitions are the parts."""

from sklearn_kd.files._parquet import without_index


class DaskRows:
    """A DataFrame of Dask, computed a partition at a time.

    Parameters
    ----------
    data : dask.dataframe.DataFrame
        The rows.

    Attributes
    ----------
    names : list of str
        Of all columns.
    n_rows : None
        It is known of no partition before it is computed.
    width, n_parts : int
        Numbers of columns and of partitions.
    """

    n_rows = path = None
    place = "a DataFrame of Dask"

    def __init__(self, data):
        self.data = data
        self.names = list(data.columns)
        self.width, self.n_parts = len(self.names), data.npartitions

    def identity(self):
        """Describe the contents, as Dask does: by the steps that make them."""
        from dask.base import tokenize

        return {"partitions": self.n_parts, "token": tokenize(self.data)}

    def holds(self, folder):
        """Return whether files in a folder would be rows."""
        return False

    def where(self, rows):
        """Say for a message which partition a slice stands for."""
        return f"partition {rows.start} of {self.n_parts}"

    def read(self, parts, columns):
        """Give the partition that each slice begins with, as a table of Arrow."""
        from pyarrow import Table

        for rows in parts:
            part = self.data[columns].partitions[rows.start].compute()
            yield without_index(Table.from_pandas(part, preserve_index=False))


def is_of_dask(data):
    """Return whether an object is a DataFrame of Dask."""
    module = type(data).__module__.partition(".")[0]
    is_table = getattr(data, "ndim", None) == 2 and hasattr(data, "columns")
    return module.startswith("dask") and is_table
