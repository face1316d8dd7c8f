"""Piecewise-linear components: how far a value has come between each two edges."""

from dataclasses import dataclass

import numpy as np

# Values handled at a time: the work arrays of a block fit in the processor's cache.
_BLOCK_SIZE = 1 << 15


@dataclass(frozen=True, eq=False)
class ComponentTable:
    """The stretches between edges of several columns, one component each.

    Parameters
    ----------
    column : ndarray of shape (n_components,), intp
        Which column of the input the component reads.
    lower : ndarray of shape (n_components,), float64
        Edge below.
    scale : ndarray of shape (n_components,), float64
        One over the distance to the edge above.

    References
    ----------
    Gorishniy, Rubachev and Babenko, "On Embeddings for Numerical Features in Tabular
    Deep Learning", 2022. :doi:`10.48550/arXiv.2203.05556`
    """

    column: np.ndarray
    lower: np.ndarray
    scale: np.ndarray

    def __len__(self):
        return len(self.column)

    def __getstate__(self):
        """Keep how many components a column has, instead of a number a component."""
        counts = np.bincount(self.column)
        return {"counts": counts, "lower": self.lower, "scale": self.scale}

    def __setstate__(self, state):
        counts = state["counts"]
        column = np.repeat(np.arange(len(counts)), counts)
        tables = {"lower": state["lower"], "scale": state["scale"]}
        self.__dict__.update(column=column, **tables)

    def edges(self):
        """Give the column and the edge below of each component, as Python numbers."""
        return zip(self.column.tolist(), self.lower.tolist(), strict=True)

    def read(self, X, out):
        """Compute the components: 0 below a stretch, 1 above it, linear within.

        Parameters
        ----------
        X : ndarray of shape (n_samples, n_columns), float64
            Values; NaN gives 0 in every component.
        out : ndarray of shape (n_samples, n_components), float32 or float64
            Receives them.
        """
        n_rows = max(1, _BLOCK_SIZE // max(1, len(self)))
        for start in range(0, len(X), n_rows):
            block = slice(start, start + n_rows)
            part = X[block].take(self.column, axis=1)
            with np.errstate(over="ignore"):  # what overflows is cut off below
                part -= self.lower
                part *= self.scale
            # fmax: NaN counts as 0
            np.fmax(part, 0.0, out=part)
            np.minimum(part, 1.0, out=out[block], casting="same_kind")


def build_components(edges):
    """Lay the edges of several columns out as one table.

    Parameters
    ----------
    edges : list of ndarray
        For each column its increasing edges. A single stretch is left out: a column
        that is read linearly has its normal score. So is one that is too narrow or
        too wide for its width to have an inverse.

    Returns
    -------
    ComponentTable
        The table, column by column.
    """
    counts = [len(each) - 1 if len(each) > 2 else 0 for each in edges]
    column = np.repeat(np.arange(len(edges)), counts)
    kept = [each for each in edges if len(each) > 2]
    empty = [np.empty(0)]
    lower = np.concatenate([each[:-1] for each in kept] or empty)
    with np.errstate(over="ignore", divide="ignore"):
        width = np.concatenate([np.diff(each) for each in kept] or empty)
        scale = 1 / width
    # neighbouring floats and the ends of their range span nothing that can be divided
    usable = np.isfinite(scale) & (scale > 0)
    return ComponentTable(column[usable], lower[usable], scale[usable])
