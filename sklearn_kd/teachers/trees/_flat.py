"""Trees of any library as arrays that the compiled core walks."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sklearn_kd._native import core

#: A node: of its threshold the rank in the column, the column of codes, and the left
#: child; the right one is behind that.
_NODE = np.dtype([("rank", "u2"), ("column", "u2"), ("left", "i4")])

#: What flags of a node say: missing values go left; it splits categories.
MISSING_LEFT, CATEGORICAL = 1, 2

#: What a leaf adds to an output.
_ENTRY = np.dtype([("value", "f8"), ("output", "i4"), ("unused", "i4")])

#: The rank of a leaf; the most thresholds of a column, and the most columns of codes.
_LEAF, _MOST_EDGES, _MOST_COLUMNS = 65535, 65534, 65535

#: Bytes that the arrays of one model may take: above it predicts in its own way.
MOST_BYTES = 500e6

#: The fewest rows that a thread is worth.
_ROWS_OF_THREAD = 2000

#: Bytes of a node with where its entries begin and its threshold, and of an entry.
_NODE_BYTES, _ENTRY_BYTES = _NODE.itemsize + 12, _ENTRY.itemsize


@dataclass(frozen=True, eq=False)
class FlatTrees:
    """Trees that add numbers to the outputs of a row, one after the other.

    Parameters
    ----------
    n_trees, n_outputs : int
        Number of trees, and of the numbers that a row gets.
    parts : list of tuple
        Arguments of ``walk_trees`` for some trees in sequence, and how many these are.
        One part is enough unless a column has more thresholds than codes of 16 bits.
    """

    n_trees: int
    n_outputs: int
    parts: list

    def add(self, X, totals, skipped=None, n_threads=1):
        """Add what the leaves hold for rows to their totals.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_columns), float32 or float64
            The rows; missing values are NaN.
        totals : ndarray of shape (n_rows, n_outputs), float64, C-contiguous
            Changed in place, in the order of the trees.
        skipped : ndarray of shape (n_rows, n_trees), bool, or None, default=None
            Trees to leave out for each row; None leaves out none.
        n_threads : int, default=1
            Most threads, each with some of the rows. The sums do not depend on it.
        """
        X = np.ascontiguousarray(X)

        def walk(rows):
            begin = 0
            for n_trees, *arrays in self.parts:
                bits = None
                if skipped is not None:
                    of_part = skipped[rows, begin : begin + n_trees]
                    bits = np.ascontiguousarray(np.packbits(of_part, axis=1))
                core().walk_trees(X[rows], *arrays, bits, totals[rows])
                begin += n_trees

        n_threads = max(1, min(n_threads, len(X) // _ROWS_OF_THREAD))
        if n_threads == 1:
            walk(slice(None))
            return
        ends = np.linspace(0, len(X), n_threads + 1).astype(int).tolist()
        with ThreadPoolExecutor(n_threads) as pool:
            list(pool.map(walk, map(slice, ends[:-1], ends[1:])))

    def predict(self, X, skipped=None, n_threads=1):
        """Give the sums of what the leaves hold, of shape (n_rows, n_outputs)."""
        totals = np.zeros((len(X), self.n_outputs))
        self.add(X, totals, skipped, n_threads)
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
        Of each the node that holds it, among all nodes and in their order, its output
        and its value.
    sets : ndarray of uint32, or None, default=None
        Sets of categories: twice the number of words, one more where a missing value
        is in the set, and words with a bit a category.

    Returns
    -------
    FlatTrees or None
        The same trees; None where one of them has more thresholds in a column than
        there are codes.

    Raises
    ------
    ValueError
        For children that are no nodes of their tree.
    """
    roots = _starts(sizes)
    left, right = (nodes[side].astype(np.int32) for side in ("left", "right"))
    place, children = np.empty_like(left), np.empty_like(left)
    core().order_nodes(roots, left, right, place, children)
    ordered = {"left": children}
    for name, dtype in (
        ("column", np.int32),
        ("threshold", np.float64),
        ("flags", np.uint8),
    ):
        ordered[name] = np.empty(len(place), dtype=dtype)
        ordered[name][place] = nodes[name]
    parts = _parts(n_columns, roots, ordered, _leaves(place, *entries), sets)
    return parts and FlatTrees(len(sizes), n_outputs, parts)


def _starts(counts):
    """Give where each of some runs begins, and the end."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def _leaves(place, holders, outputs, values):
    """Bring entries into the order of the nodes, with where those of each begin."""
    counts = np.bincount(holders, minlength=len(place)).astype(np.int32)
    within = np.arange(len(holders), dtype=np.int32) - _starts(counts)[holders]
    ordered = np.empty_like(counts)
    ordered[place] = counts
    first = _starts(ordered)
    to = first[place[holders]] + within
    entries = np.zeros(len(holders), dtype=_ENTRY)
    entries["value"][to], entries["output"][to] = values, outputs
    return first, entries


def _parts(n_columns, roots, nodes, leaves, sets):
    """Prepare a walk through trees in as few parts as codes of 16 bits allow."""
    inner = np.flatnonzero(nodes["left"] != np.arange(len(nodes["left"])))
    column, threshold, flags = (
        nodes[name][inner] for name in ("column", "threshold", "flags")
    )
    is_number = (flags & CATEGORICAL) == 0
    edges, edge_first = _edges(n_columns, column[is_number], threshold[is_number])
    sources, kinds, codes = _columns_of_codes(n_columns, column, flags)
    if (np.diff(edge_first) > _MOST_EDGES).any() or len(sources) > _MOST_COLUMNS:
        half = (len(roots) - 1) // 2
        if not half:
            return None
        parts = []
        for few in (roots[: half + 1], roots[half:]):
            within, (first, entries) = slice(few[0], few[-1]), leaves
            some = {name: values[within] for name, values in nodes.items()}
            some["left"] = some["left"] - few[0]
            first = first[few[0] : few[-1] + 1]
            some_leaves = first - first[0], entries[first[0] : first[-1]]
            found = _parts(n_columns, few - few[0], some, some_leaves, sets)
            if found is None:
                return None
            parts += found
        return parts
    ranks = np.empty(len(inner), dtype=np.uint16)
    core().rank_values(threshold, column, edges, edge_first, ranks)
    records = np.zeros(len(nodes["left"]), dtype=_NODE)
    records["left"], records["rank"] = nodes["left"], _LEAF
    records["rank"][inner], records["column"][inner] = ranks, codes
    categories = None
    if sets is not None:
        set_of = np.full(len(records), -1, dtype=np.int32)
        set_of[inner[~is_number]] = threshold[~is_number]
        categories = set_of, np.ascontiguousarray(sets, dtype=np.uint32)
    columns = sources, kinds, edges, edge_first
    return [(len(roots) - 1, columns, (records, roots), leaves, categories)]


def _edges(n_columns, column, threshold):
    """Sort the thresholds of each column; give them, and where each column begins."""
    # NumPy sorts short integers faster
    by = column.astype(np.uint16 if n_columns <= 65536 else np.int32)
    threshold = threshold[np.argsort(by, kind="stable")]
    ends = pairwise(_starts(np.bincount(column, minlength=n_columns)))
    edges = [np.unique(threshold[begin:end]) for begin, end in ends]
    return np.concatenate([[], *edges]), _starts([len(each) for each in edges])


def _columns_of_codes(n_columns, column, flags):
    """Find the columns of codes, what each says, and which a node reads.

    A column of the rows is read twice where missing values go both ways.
    """
    # what is missing may be in a set of categories
    kinds = np.where(flags & CATEGORICAL, CATEGORICAL, flags & MISSING_LEFT)
    key = 4 * column + kinds
    is_used = np.bincount(key, minlength=4 * n_columns) > 0
    is_used[0] |= not is_used.any()  # leaves name a column too
    keys = np.flatnonzero(is_used)
    codes = (np.cumsum(is_used) - 1)[key]
    return (keys // 4).astype(np.int32), (keys % 4).astype(np.uint8), codes
