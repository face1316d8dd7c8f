"""Rows of Parquet: a file, or a folder of files that are one table."""

import json
import os
from pathlib import Path

import numpy as np

from sklearn_kd._messages import printable, show
from sklearn_kd._run.files import digest_of_file

_ENDINGS = (".parquet", ".pq", ".parq")

#: What names begin with that are passed over.
_HIDDEN = "._"

#: Rows that are decoded at a time, and bytes that are read ahead of them.
_BATCH, _BUFFER = 16_384, 1 << 20


class ParquetRows:
    """Parquet files, read a part at a time.

    Parameters
    ----------
    path : str
        A file, or a folder; those in it are one table, in the order of their names.

    Attributes
    ----------
    names : list of str
        Of all columns.
    n_rows, width : int
        Of the table.
    n_parts : None
        It is cut where one likes.
    """

    n_parts = None

    def __init__(self, path):
        self.path = path
        self.files = _files(path)
        self.names, self._groups, self.n_rows = None, [], 0
        self._counts, self._levels = [], {}
        for file in self.files:
            with _opened(file) as parquet:
                names, meta = parquet.schema_arrow.names, parquet.metadata
                sizes = [meta.row_group(g).num_rows for g in range(meta.num_row_groups)]
            if self.names is None:
                self.names = names
            elif set(names) != set(self.names):
                wrong = sorted(set(names) ^ set(self.names))
                raise ValueError(
                    f"{printable(file)} has other columns than "
                    f"{printable(self.files[0])}: one of them has {show(wrong)} and "
                    "the other has not. Files in a folder are one table."
                )
            for group, size in enumerate(sizes):
                self._groups.append((file, group, self.n_rows, size))
                self.n_rows += size
            self._counts.append(sum(sizes))
        self.width = len(self.names)

    @property
    def place(self):
        """What messages call it."""
        return self.path

    def identity(self):
        """Describe the contents: equal for equal files of equal names alone."""
        folder = self.path if os.path.isdir(self.path) else os.path.dirname(self.path)
        return {
            "files": [
                [os.path.relpath(file, folder or "."), n_rows, digest_of_file(file)]
                for file, n_rows in zip(self.files, self._counts, strict=True)
            ]
        }

    def holds(self, folder):
        """Return whether Parquet files in a folder would be rows."""
        try:
            below = Path(folder).resolve().relative_to(Path(self.path).resolve())
        except ValueError:
            return False
        return below.parts != () and all(name[0] not in _HIDDEN for name in below.parts)

    def where(self, rows):
        """Say for a message which rows of which files these are."""
        starts = np.cumsum([0, *self._counts])
        named = []
        for file, start, stop in zip(self.files, starts, starts[1:], strict=False):
            low, high = max(rows.start, start), min(rows.stop, stop)
            if low < high:
                named.append(f"rows {low - start} to {high - start - 1} of {file}")
        return printable(" and ".join(named))

    def read(self, parts, columns):
        """Give the rows of each slice, as tables of Arrow with these columns."""
        import pyarrow as pa

        levels = self._levels_of(columns)
        parts = iter(parts)
        rows, pieces = next(parts, None), []
        for file, group, start, size in self._groups:
            while rows is not None and rows.start < start + size:
                # batches of a group are decoded once, for all slices that it is in
                for low, batch in _batches(file, group, start, columns):
                    while rows is not None and rows.start < low + len(batch):
                        first = max(rows.start - low, 0)
                        length = min(rows.stop - low, len(batch)) - first
                        if length > 0:
                            pieces.append(_plain(batch.slice(first, length), levels))
                        if rows.stop > low + len(batch):
                            break
                        yield pa.concat_tables(pieces, promote_options="permissive")
                        rows, pieces = next(parts, None), []
                    if rows is None:
                        return
                break

    def _levels_of(self, columns):
        """Find the levels of columns of categories, in all files, one after another.

        Each file has its own, and a frame of all files has them together.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        for file in self.files if not self._levels else ():
            with _opened(file) as parquet:
                schema = parquet.schema_arrow
            for field in schema:
                if pa.types.is_dictionary(field.type):
                    self._levels[field.name] = None
        for name in columns:
            if name not in self._levels or self._levels[name] is not None:
                continue
            found, ordered = [], False
            for file, group, start, _ in self._groups:
                for _, batch in _batches(file, group, start, [name]):
                    values = batch.column(0)
                    if pa.types.is_dictionary(values.type):
                        ordered = values.type.ordered
                        values = values.dictionary
                    if not found or not values.equals(found[-1]):
                        found.append(values.cast(found[0].type) if found else values)
            every = pc.unique(pa.chunked_array(found).drop_null())
            self._levels[name] = every, ordered
        return {n: v for n, v in self._levels.items() if v is not None}


def _files(path):
    """List the Parquet files under a path, without hidden ones."""
    if os.path.isfile(path):
        return [path]
    files = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if name[0] not in _HIDDEN)
        files += [
            os.path.join(folder, name)
            for name in names
            if name[0] not in _HIDDEN and name.lower().endswith(_ENDINGS)
        ]
    if not files:
        raise ValueError(
            f"data={show(path)} has no Parquet files: expected names that end in "
            f"{', '.join(_ENDINGS)}."
        )
    return sorted(files)


def _opened(file):
    try:
        import pyarrow.parquet as pq
    except ImportError as error:
        raise ImportError(
            "Parquet files are read by pyarrow, which is not installed: pip install "
            "pyarrow"
        ) from error
    try:
        # what is read ahead would be a whole row group
        return pq.ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False)
    except (ValueError, OSError) as error:
        raise ValueError(
            f"{printable(file)} cannot be read as Parquet: {printable(error)}"
        ) from error


def _batches(file, group, start, columns):
    """Give batches of a row group, each with the number of its first row."""
    with _opened(file) as parquet:
        batches = parquet.iter_batches(_BATCH, row_groups=[group], columns=columns)
        for batch in batches:
            yield start, batch.select(columns)
            start += len(batch)


def _plain(batch, levels):
    """Give a table without an index, and with all levels of its categories."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.Table.from_batches([batch])
    for place, name in enumerate(table.column_names):
        if name not in levels:
            continue
        values, (every, ordered) = table.column(place), levels[name]
        if pa.types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        codes = pc.index_in(values.cast(every.type), value_set=every)
        parts = [
            pa.DictionaryArray.from_arrays(part, every, ordered=ordered)
            for part in codes.chunks
        ]
        table = table.set_column(place, name, pa.chunked_array(parts))
    return without_index(table)


def without_index(table):
    """Have pandas make no column of a table an index."""
    metadata = dict(table.schema.metadata or {})
    if b"pandas" in metadata:
        ours = json.loads(metadata[b"pandas"])
        metadata[b"pandas"] = json.dumps({**ours, "index_columns": []})
    return table.replace_schema_metadata(metadata)
