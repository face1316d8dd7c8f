"""A folder of labels: what they are of, and a Parquet file for each part."""

import hashlib
import json
import os
from contextlib import contextmanager

import numpy as np

from sklearn_kd import __version__
from sklearn_kd._messages import printable, show
from sklearn_kd._run.files import PART, only_one, replacing, write

#: The file that says what the labels of a folder are of. Readers of Parquet pass over
#: names that begin with an underscore.
MANIFEST = "_labels.json"

#: What of a manifest has to be the same for a run to go on, and what it is called.
_SAME = {
    "teacher": "by another teacher, or by other versions of its packages",
    "data": "of other data",
    "columns": "of other columns",
    "classes": "of other classes",
    "chunk": "in chunks of another size",
}


class Parts:
    """The files of a folder of labels.

    Parameters
    ----------
    folder : str
        Where they are.
    manifest : dict
        What they are of.
    """

    def __init__(self, folder, manifest):
        self.folder, self.manifest = folder, manifest
        self._run = _digest([manifest[name] for name in _SAME])

    @property
    def n_parts(self):
        """How many there are when all are labelled."""
        return self.manifest["n_parts"]

    @property
    def classes(self):
        """Labels of the columns, ndarray; None of numbers."""
        listed = self.manifest["classes"]
        return None if listed is None else np.array(listed[0], dtype=listed[1])

    def slices(self):
        """Give the rows of each part; (k, k + 1) where their number is not known."""
        n_rows, chunk = self.manifest["n_rows"], self.manifest["chunk"]
        if n_rows is None:
            return [slice(part, part + 1) for part in range(self.n_parts)]
        return [
            slice(start, min(start + chunk, n_rows))
            for start in range(0, n_rows, chunk)
        ]

    def path(self, part):
        """Name the file of a part."""
        digits = max(5, len(str(self.n_parts - 1)))
        return os.path.join(self.folder, f"part-{part:0{digits}}.parquet")

    def count(self, part):
        """Give the rows of a part; None where it is not whole, or of another run."""
        import pyarrow.parquet as pq

        try:
            found = pq.read_metadata(self.path(part))
        except (OSError, ValueError):  # there is none, or it is torn
            return None
        rows, n_rows = self.slices()[part], found.num_rows
        expected = self.manifest["n_rows"] is None or n_rows == rows.stop - rows.start
        written = (found.metadata or {}).get(b"sklearn_kd")
        return n_rows if expected and written == self._seal(part) else None

    def _seal(self, part):
        """Give what the file of a part has, and none of another run or part."""
        return f"{self._run} {part}".encode()

    def missing(self):
        """List the parts that are still to be labelled."""
        return [part for part in range(self.n_parts) if self.count(part) is None]

    def start(self):
        """Write down what the labels are going to be of."""
        os.makedirs(self.folder, exist_ok=True)
        sealed = {**self.manifest, "sha256": _digest(self.manifest)}
        text = json.dumps(sealed, indent=1)
        write(os.path.join(self.folder, MANIFEST), f"{text}\n")

    def write(self, part, outputs):
        """Write the labels of a part: the file is there when it is whole."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = self.manifest["outputs"]
        columns = [np.ascontiguousarray(column) for column in outputs.T]
        table = pa.table(columns, names=names)
        table = table.replace_schema_metadata({"sklearn_kd": self._seal(part)})
        with replacing(self.path(part)) as name:
            pq.write_table(table, name, write_page_checksum=True)

    def read(self, part):
        """Read the labels of a part: of shape (n_rows, n_outputs)."""
        import pyarrow.parquet as pq

        path, names = self.path(part), self.manifest["outputs"]
        try:
            table = pq.read_table(path, page_checksum_verification=True)
        except (OSError, ValueError) as error:
            raise ValueError(
                f"{printable(path)} is damaged: {printable(error)}. Delete it, and "
                "call label_dataset again: it labels what is missing."
            ) from error
        return np.column_stack([table.column(name).to_numpy() for name in names])

    @contextmanager
    def held(self):
        """Keep other runs away while parts are written.

        Raises
        ------
        ValueError
            Where another run is writing.
        """
        with only_one(os.path.join(self.folder, MANIFEST)) as is_alone:
            if not is_alone:
                raise ValueError(
                    f"Another run is writing labels into out={show(self.folder)}: wait "
                    "for its end, or name another folder."
                )
            yield

    def clean(self):
        """Remove what runs that were killed have left of their files."""
        for name in os.listdir(self.folder):
            if name.startswith(PART) and name.endswith(".parquet"):
                os.remove(os.path.join(self.folder, name))


def opened(folder):
    """Open a folder of labels.

    Returns
    -------
    Parts or None
        None where there is no folder, or none with anything in it.

    Raises
    ------
    ValueError
        For a file, a folder with other things in it, and a later format.
    """
    if not os.path.isdir(folder):
        if os.path.exists(folder):
            raise ValueError(f"out={show(folder)} is a file: name a folder.")
        return None
    try:
        with open(os.path.join(folder, MANIFEST), encoding="utf-8") as file:
            manifest = json.load(file)
    except FileNotFoundError:
        if [name for name in os.listdir(folder) if not name.startswith(PART)]:
            raise ValueError(
                f"out={show(folder)} holds something else than labels: name a folder "
                "that does not exist, or an empty one."
            ) from None
        return None
    except ValueError as error:
        raise ValueError(
            f"{printable(os.path.join(folder, MANIFEST))} cannot be read: {error}. "
            "Name another folder."
        ) from error
    sealed = isinstance(manifest, dict) and manifest.pop("sha256", None)
    if sealed and manifest.get("format") != 1:
        raise ValueError(
            f"{show(folder)} was written by sklearn_kd {manifest.get('version')}, in a "
            f"format that {__version__} does not read: use that version."
        )
    if not sealed or sealed != _digest(manifest):
        raise ValueError(
            f"{printable(os.path.join(folder, MANIFEST))} was changed after it was "
            "written. Name another folder, or delete this one to label all rows anew."
        )
    return Parts(folder, manifest)


def _digest(value):
    """Compute a digest of what can be written as JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def check_same(parts, manifest):
    """Refuse to go on with labels of something else.

    Parameters
    ----------
    parts : Parts
        What is there.
    manifest : dict
        What is wanted.

    Raises
    ------
    ValueError
        Where they differ.
    """
    for name, meaning in _SAME.items():
        there, wanted = parts.manifest[name], manifest[name]
        if there == wanted:
            continue
        raise ValueError(
            f"out={show(parts.folder)} holds labels {meaning} ({_differ(there, wanted)}"
            "). Name another folder, or delete this one to label all rows anew."
        )


def _differ(there, wanted):
    """Say in a few words how two parts of a manifest differ."""
    if isinstance(there, dict) and "files" in there and "files" in wanted:
        files = [[tuple(file) for file in one["files"]] for one in (there, wanted)]
        names = sorted({file[0] for file in set(files[0]) ^ set(files[1])})
        return f"in {show(names)}" if names else "in another order"
    there, wanted = (show(json.dumps(one)) for one in (there, wanted))
    return f"{there} there, and {wanted} now"
