"""Trees of any library as arrays that the compiled core walks."""

from dataclasses import dataclass

import numpy as np

from sklearn_kd._native import core

#: A node: its threshold, its column and its left child; the right one is behind that.
_NODE = np.dtype([("threshold", "f8"), ("column", "i4"), ("left", "i4")])

#: What flags of a node say, as in the compiled core.
MISSING_LEFT, CATEGORICAL = 1, 2

#: Bytes that the arrays of one model may take: above it predicts in its own way.
MOST_BYTES = 500e6

#: Bytes of a node with its flags, and of an entry of a leaf.
_NODE_BYTES, _ENTRY_BYTES = _NODE.itemsize + 5, 12


@dataclass(frozen=True, eq=False)
class FlatTrees:
    """Trees that add numbers to the outputs of a row, one after the other.

    Parameters
    ----------
    n_outputs : int
        Numbers that a row has.
    nodes : ndarray of shape (n_nodes,)
        Tree by tree, breadth first.
    flags : ndarray of shape (n_nodes,), uint8, or None
        Whether missing values go left, and whether categories are split.
    first : ndarray of shape (n_nodes + 1,), int32
        Where the entries of each node begin.
    outputs, values : ndarray of shape (n_entries,), int32 and float64
        Which output an entry of a leaf adds to, and what.
    sets : ndarray of uint32, or None
        For each set of categories the number of its words, and these: a bit a category.
    roots : ndarray of shape (n_trees + 1,), int32
        Where each tree begins.
    """

    n_outputs: int
    nodes: np.ndarray
    flags: np.ndarray | None
    first: np.ndarray
    outputs: np.ndarray
    values: np.ndarray
    sets: np.ndarray | None
    roots: np.ndarray

    def add(self, X, totals, skipped=None):
        """Add what the leaves hold for rows to their totals.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns), float32 or float64
            The rows; missing values are NaN.
        totals : ndarray of shape (n_rows, n_outputs), float64, C-contiguous
            Changed in place, in the order of the trees.
        skipped : ndarray of shape (n_rows, ceil(n_trees / 8)), uint8, or None
            Bits of the trees to leave out for each row, as ``numpy.packbits`` sets
            them; None leaves out none.
        """
        core().walk_trees(
            np.ascontiguousarray(X),
            self.nodes,
            self.flags,
            self.first,
            self.outputs,
            self.values,
            self.sets,
            self.roots,
            None if skipped is None else np.ascontiguousarray(skipped),
            totals,
        )

    def predict(self, X, skipped=None):
        """Give the sums of what the leaves hold, of shape (n_rows, n_outputs)."""
        totals = np.zeros((len(X), self.n_outputs))
        self.add(X, totals, skipped)
        return totals


def is_too_large(n_nodes, n_entries):
    """Return whether arrays of so many nodes and entries take too much memory."""
    large = n_nodes * _NODE_BYTES + n_entries * _ENTRY_BYTES > MOST_BYTES
    return large or max(n_nodes, n_entries) >= np.iinfo(np.int32).max


def flatten(n_columns, n_outputs, sizes, nodes, entries, sets=None):
    """Bring trees into the order for a walk.

    Parameters
    ----------
    n_columns, n_outputs : int
        Of the rows, and of the predictions.
    sizes : array-like of shape (n_trees,), int
        Numbers of nodes.
    nodes : dict of ndarray of shape (n_nodes,)
        ``column``, ``threshold``, ``left`` and ``right`` (numbers in their own tree,
        below 0 in a leaf) and ``flags``, tree by tree. The threshold of a node that
        splits categories is the place of its set.
    entries : tuple of ndarray of shape (n_entries,)
        Of each the node that holds it, among all nodes, its output and its value.
    sets : ndarray of uint32, or None, default=None
        Sets of categories.

    Returns
    -------
    FlatTrees
        The same trees.

    Raises
    ------
    ValueError
        For children that are no nodes of their tree.
    """
    roots = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    start = np.repeat(roots[:-1], np.diff(roots))
    leaf = nodes["left"] < 0
    left, right = (
        np.where(leaf, -1, start + nodes[side]).astype(np.int32)
        for side in ("left", "right")
    )
    place = np.empty(len(left), dtype=np.int32)
    core().order_nodes(roots, left, right, place)
    ordered = np.empty(len(left), dtype=_NODE)
    ordered["threshold"][place] = np.where(leaf, np.inf, nodes["threshold"])
    ordered["column"][place] = np.where(leaf, n_columns, nodes["column"])
    ordered["left"][place] = np.where(leaf, place, place[left])
    flags = None
    if nodes["flags"].any():
        flags = np.empty(len(left), dtype=np.uint8)
        flags[place] = np.where(leaf, 0, nodes["flags"])
    holders, outputs, values = entries
    holders = place[holders]
    order = np.argsort(holders, kind="stable")
    counts = np.bincount(holders, minlength=len(left))
    return FlatTrees(
        n_outputs,
        ordered,
        flags,
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        np.ascontiguousarray(outputs[order], dtype=np.int32),
        np.ascontiguousarray(values[order], dtype=np.float64),
        sets,
        roots,
    )
