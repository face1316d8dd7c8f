"""A table on disk with its soft targets: read whole, in batches, or a sample of it."""

import os

import numpy as np
from sklearn.utils import check_random_state

from sklearn_kd._messages import show
from sklearn_kd._parameters import MOST, check_number
from sklearn_kd._run.random import as_seed
from sklearn_kd.files import _parts
from sklearn_kd.files._collect import collected
from sklearn_kd.files._rows import as_input, as_labels, open_rows, stacked, taken


class LabelledDataset:
    """A table on disk, and the soft targets that :func:`label_dataset` wrote for it.

    Parameters
    ----------
    out : str or os.PathLike
        The folder of the labels.
    data : str, os.PathLike, ndarray, dask.dataframe.DataFrame or None, default=None
        The rows, as they were labelled. None takes them from where they were, which is
        known of files.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,), or None
        What the columns of the soft targets stand for; None for the numbers that a
        regressor predicts.
    columns : list, or None
        The columns that the teacher read; None for all of an array.
    n_rows, n_outputs : int
        Numbers of rows, and of columns of the soft targets.

    Raises
    ------
    TypeError
        For `out` and `data` of another kind.
    ValueError
        For a folder without labels, or with some missing: :func:`label_dataset` goes on
        with these.

    See Also
    --------
    label_dataset : Makes the folder.

    Notes
    -----
    .. versionadded:: 0.1

    What reads rows compares them with those that were labelled, by the digest of all,
    once.

    Examples
    --------
    >>> import os
    >>> from tempfile import mkdtemp
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.ensemble import RandomForestClassifier
    >>> from sklearn_kd import DistilledClassifier, LabelledDataset, label_dataset
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> forest = RandomForestClassifier(random_state=0).fit(X, y)
    >>> folder = mkdtemp()
    >>> X.assign(kind=y).to_parquet(os.path.join(folder, "wine.parquet"))
    >>> out = os.path.join(folder, "soft")
    >>> _ = label_dataset(forest, os.path.join(folder, "wine.parquet"), out)
    >>> labelled = LabelledDataset(out)
    >>> labelled.classes.tolist(), labelled.n_rows
    ([0, 1, 2], 178)
    >>> rows, kinds, proba = labelled.sample(100, target="kind", random_state=0)
    >>> rows.shape, kinds.shape, proba.shape
    ((100, 13), (100,), (100, 3))
    >>> model = DistilledClassifier(random_state=0)
    >>> model.fit(rows, kinds, teacher_proba=proba).score(X, y) > 0.9
    True
    """

    def __init__(self, out, data=None):
        if not isinstance(out, (str, os.PathLike)):
            raise TypeError(f"out must be the name of a folder, got {show(out)}.")
        out = os.fsdecode(out)
        parts = _parts.opened(out)
        if parts is None:
            raise ValueError(
                f"out={show(out)} has no labels: make them by label_dataset."
            )
        counts = [parts.count(part) for part in range(parts.n_parts)]
        missing = counts.count(None)
        if missing:
            raise ValueError(
                f"{missing} of {parts.n_parts} parts in {show(out)} are missing or "
                "torn: call label_dataset again, which labels these alone."
            )
        self.out, self.data = out, data
        self.classes = parts.classes
        self.columns = parts.manifest["columns"]
        self.n_rows, self.n_outputs = sum(counts), len(parts.manifest["outputs"])
        self._parts, self._counts, self._rows = parts, counts, None

    def __repr__(self):
        return (
            f"<LabelledDataset of {self.n_rows} rows and {self.n_outputs} outputs in "
            f"{show(self.out)}>"
        )

    def soft_targets(self, path=None):
        """Read all soft targets, in the order of the rows.

        Parameters
        ----------
        path : str, os.PathLike or None, default=None
            The name of a ``.npy`` file to write, which then is a memory map. None keeps
            them in memory.

        Returns
        -------
        ndarray of shape (n_rows, n_outputs), float32 or float64
            Class probabilities (float32), or the numbers of a regressor (float64).

        Raises
        ------
        ValueError
            For a file that is damaged.
        """
        every = ([outputs] for outputs in self._outputs())
        (outputs,) = collected(every, self.n_rows, None if path is None else [path])
        return outputs

    def batches(self, target=None):
        """Read rows with their soft targets, a part at a time.

        Parameters
        ----------
        target : str, int or None, default=None
            The column of the labels ``y``; of an array its position.

        Yields
        ------
        X : ndarray or DataFrame of shape (n_part, n_features)
            Rows as the teacher read them.
        y : ndarray of shape (n_part,), or None
            Their labels; None without `target`.
        outputs : ndarray of shape (n_part, n_outputs), float32 or float64
            Their soft targets.

        Raises
        ------
        ValueError
            For other rows than were labelled, and for a `target` that is not there.
        """
        for table, outputs in zip(self._tables(target), self._outputs(), strict=True):
            if len(outputs):  # partitions of Dask may be empty
                yield *self._split(table, target), outputs

    def sample(self, n_rows, *, target=None, random_state=None):
        """Read a random sample of the rows with their soft targets.

        Parameters
        ----------
        n_rows : int
            How many; all where there are no more.
        target : str, int or None, default=None
            The column of the labels ``y``; of an array its position.
        random_state : int, RandomState instance or None, default=None
            Chooses the rows, each at most once.

        Returns
        -------
        X : ndarray or DataFrame of shape (n_rows, n_features)
            Rows as the teacher read them, in their order.
        y : ndarray of shape (n_rows,), or None
            Their labels; None without `target`.
        outputs : ndarray of shape (n_rows, n_outputs), float32 or float64
            Their soft targets.

        Raises
        ------
        ValueError
            For `n_rows` below 1, for other rows than were labelled, and for a `target`
            that is not there.
        """
        n_rows = check_number("n_rows", n_rows, least=1, most=MOST, whole=True)
        if random_state is not None:
            check_random_state(random_state)
        generator = np.random.default_rng(as_seed(random_state))
        size = min(n_rows, self.n_rows)
        chosen = np.sort(generator.choice(self.n_rows, size, replace=False))
        tables, soft = [], []
        start = 0
        for table, outputs in zip(self._tables(target), self._outputs(), strict=True):
            low, high = np.searchsorted(chosen, [start, start + len(outputs)])
            at = chosen[low:high] - start
            if len(at):
                tables.append(taken(table, at))
                soft.append(outputs[at])
            start += len(outputs)
        return *self._split(stacked(tables), target), np.concatenate(soft)

    def arrays(self, folder, target=None):
        """Write rows and soft targets as memory maps, for a fit on all of them.

        Parameters
        ----------
        folder : str or os.PathLike
            Where ``X.npy``, ``soft_targets.npy`` and, with a target, ``y.npy`` go. It
            is made where there is none.
        target : str, int or None, default=None
            The column of the labels ``y``; of an array its position.

        Returns
        -------
        X : memmap of shape (n_rows, n_features)
            The rows.
        y : memmap of shape (n_rows,), or None
            Their labels; None without `target`.
        outputs : memmap of shape (n_rows, n_outputs), float32 or float64
            Their soft targets.

        Raises
        ------
        TypeError
            For columns that are no numbers: those are read by :meth:`batches` and
            :meth:`sample`.
        ValueError
            For other rows than were labelled, and for a `target` that is not there.
        """
        os.makedirs(folder, exist_ok=True)
        names = ["X", "soft_targets"] if target is None else ["X", "y", "soft_targets"]
        paths = [os.path.join(os.fsdecode(folder), f"{name}.npy") for name in names]

        def plain():
            for one in self.batches(target):
                kept = [np.asarray(part) for part in one if part is not None]
                if any(part.dtype.kind not in "biuf" for part in kept):
                    raise TypeError(
                        "arrays() is for columns of numbers, and there are others: use "
                        "batches() or sample(), or write codes into the files."
                    )
                yield kept

        X, *y, outputs = collected(plain(), self.n_rows, paths)
        return X, y[0] if y else None, outputs

    def _outputs(self):
        """Read the soft targets of each part."""
        return map(self._parts.read, range(self._parts.n_parts))

    def _tables(self, target):
        """Read the rows of each part, with the target behind the other columns."""
        rows = self._opened_rows()
        columns = self.columns
        if target is not None:
            there = range(rows.width) if rows.names is None else rows.names
            if target not in there:
                raise ValueError(
                    f"target={show(target)} is no column of {show(rows.place)}, which "
                    f"has {show(list(there))}."
                )
            read = there if columns is None else columns
            if target in read:
                raise ValueError(
                    f"target={show(target)} is a column that the teacher reads, "
                    f"{show(list(read))}: name the column of the labels."
                )
            columns = [*read, target]
        return rows.read(self._parts.slices(), columns)

    def _opened_rows(self):
        """Open the rows, and compare them with those that were labelled."""
        if self._rows is None:
            data, manifest = self.data, self._parts.manifest
            if data is None:
                data = manifest["place"]
                if data is None or not os.path.exists(data):
                    where = f"are not in {show(data)}" if data else "were no file"
                    raise ValueError(
                        f"The rows {where}: pass them, as "
                        f"LabelledDataset({show(self.out)}, data)."
                    )
            rows = open_rows(data)
            _parts.check_same(self._parts, {**manifest, "data": rows.identity()})
            self._rows = rows
        return self._rows

    def _split(self, table, target):
        """Give the rows as the teacher read them, and the labels, or None."""
        y = None
        if target is not None:
            table, y = as_labels(table)
        return as_input(table, self._parts.manifest["named"]), y
