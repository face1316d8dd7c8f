"""Models of LightGBM, read from the text that they are saved as."""

import re

import numpy as np
from scipy.special import expit

from sklearn_kd.teachers.trees._flat import (
    CATEGORICAL,
    MISSING_LEFT,
    flatten,
    is_too_large,
)
from sklearn_kd.teachers.trees._walker import Walker

#: Numbers that are as good as zero to LightGBM.
_ZERO = float(np.float32(1e-35))

#: What a call may say without a change of what is predicted.
_USUAL = {
    "raw_score": False,
    "start_iteration": 0,
    "num_iteration": None,
    "pred_leaf": False,
    "pred_contrib": False,
    "validate_features": False,
}

#: What names of settings contain that change predictions.
_CHANGING = re.compile("pred|raw|contrib|leaf_index|iteration|shape_check")

#: Bits of the type of a decision: how a node splits, and where missing values go; and
#: what is missing in its column: nothing, zeros and NaN, or NaN.
_CATEGORIES, _LEFT = 1, 2
_NONE, _ZEROS, _NAN = range(3)


class LightGBMWalker(Walker):
    """Stands in for the booster of a model: all that is around it stays."""

    replaces = "_Booster"

    def __getattr__(self, name):
        if name.startswith("__") or "model" not in vars(self):
            raise AttributeError(name)
        return getattr(self.model._Booster, name)

    def can_walk(self):
        """Return whether it is fitted."""
        return getattr(self.model, "_Booster", None) is not None

    def read(self):
        """Read the trees; None where anything in the text is unknown."""
        text = self.model._Booster.model_to_string()
        head, *_ = text.split("\nTree=", 1)
        self.link = _link_of(head)
        fields = _fields_of(text)
        if self.link is None or fields is None:
            return None
        self.n_averaged = 0
        n_outputs = int(re.search(r"^num_tree_per_iteration=(\d+)$", head, re.M)[1])
        n_columns = int(re.search(r"^max_feature_idx=(\d+)$", head, re.M)[1]) + 1
        if re.search(r"^average_output$", head, re.M):
            self.n_averaged = len(fields["num_leaves"]) // n_outputs
        kinds = _kinds_of_columns(fields, n_columns)
        if kinds is None:
            return None
        self.never_missing, self.missing_at_zero = kinds
        return _flat(fields, n_columns, n_outputs)

    @property
    def _Booster(self):
        return self

    def predict(self, X, **params):
        """Predict rows as the booster does."""
        rows = None
        if self.trees is not None and _is_usual(params):
            rows = self._rows(X)
        if rows is None:
            return self.model._Booster.predict(X, **params)
        totals = self.trees.predict(rows, n_threads=params.get("num_threads", 1))
        if self.n_averaged:
            totals /= self.n_averaged
        outputs = self.link(totals)
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def _rows(self, X):
        """Read rows as the booster does; None for a container that is not known."""
        if hasattr(X, "iloc"):
            X = _of_frame(X, self.model._Booster.pandas_categorical)
        if type(X) is not np.ndarray or X.ndim != 2:
            return None
        if X.shape[1] != self.model._Booster.num_feature():
            return None
        # it reads anything else as float32, whole numbers too
        dtype = X.dtype if X.dtype in (np.float32, np.float64) else np.float32
        rows = np.array(X, dtype=dtype, order="C")
        rows[np.abs(rows) <= _ZERO] = 0
        for columns, old, new in (
            (self.never_missing, np.isnan, 0),
            (self.missing_at_zero, np.logical_not, np.nan),
        ):
            if len(columns):
                part = rows[:, columns]
                part[old(part)] = new
                rows[:, columns] = part
        return rows


def _is_usual(params):
    """Return whether a call of the booster asks for what it predicts by default."""
    others = params.keys() - _USUAL.keys()
    return all(params.get(name, value) == value for name, value in _USUAL.items()) and (
        not any(map(_CHANGING.search, others))
    )


def _of_frame(X, levels):
    """Read a frame of pandas by LightGBM's own function; None where that is no more."""
    from lightgbm import basic

    read = getattr(basic, "_data_from_pandas", None)
    if read is None:
        return None
    return read(
        data=X,
        feature_name="auto",
        categorical_feature="auto",
        pandas_categorical=levels,
    )[0]


def _fields_of(text):
    """Collect the numbers of all trees by name; None for trees of another kind."""

    lines = {}
    for line in text.split("\n"):
        name, _, value = line.partition("=")
        lines.setdefault(name, []).append(value)

    def numbers(name, dtype):
        return np.array(" ".join(lines.get(name, ())).split(), dtype=dtype)

    n_trees = len(lines.get("Tree", ()))
    fields = {
        name: numbers(name, dtype)
        for name, dtype in (
            ("num_leaves", np.int64),
            ("num_cat", np.int64),
            ("split_feature", np.int64),
            ("threshold", np.float64),
            ("decision_type", np.int64),
            ("left_child", np.int64),
            ("right_child", np.int64),
            ("leaf_value", np.float64),
            ("cat_boundaries", np.int64),
            ("cat_threshold", np.uint32),
        )
    }
    n_leaves = fields["num_leaves"]
    n_inner = n_leaves.sum() - n_trees
    inner = ("split_feature", "threshold", "decision_type", "left_child", "right_child")
    if (
        len(n_leaves) != n_trees
        or n_trees == 0
        or set(lines.get("is_linear", ())) - {"0"}
        or len(fields["num_cat"]) != n_trees
        or len(fields["leaf_value"]) != n_leaves.sum()
        or any(len(fields[name]) != n_inner for name in inner)
        or is_too_large(n_leaves.sum() + n_inner, n_leaves.sum())
    ):
        return None
    return fields


def _kinds_of_columns(fields, n_columns):
    """Find columns in which NaN counts as zero, and in which zero counts as missing.

    None where a column is split in two ways.
    """
    of_categories = (fields["decision_type"] & _CATEGORIES) > 0
    missing = np.where(of_categories, _NAN + 1, fields["decision_type"] >> 2)
    column, kind = np.unique([fields["split_feature"], missing], axis=1)
    if len(np.unique(column)) < len(column) or (missing > _NAN + 1).any():
        return None
    if len(column) and not 0 <= column.min() <= column.max() < n_columns:
        return None
    return column[kind == _NONE], column[kind == _ZEROS]


def _flat(fields, n_columns, n_outputs):
    """Number inner nodes and leaves of each tree in sequence, the inner nodes first."""
    n_leaves = fields["num_leaves"]
    sizes = 2 * n_leaves - 1
    begin = np.cumsum(sizes) - sizes
    tree = np.repeat(np.arange(len(sizes)), sizes)
    inner = np.arange(len(tree)) - begin[tree] < n_leaves[tree] - 1
    n_inner = (n_leaves - 1)[tree[inner]]
    nodes = {}
    for side, name in (("left", "left_child"), ("right", "right_child")):
        child = fields[name]  # leaves are numbered -1, -2, ...
        nodes[side] = np.full(len(tree), -1)
        nodes[side][inner] = np.where(child < 0, n_inner + ~child, child)
    kind = fields["decision_type"]
    of_categories = (kind & _CATEGORIES) > 0
    # in a column without missing values, NaN counts as zero
    goes_left = (kind & _LEFT > 0) & (kind >> 2 != _NONE) & ~of_categories
    sets, place = _sets(fields, tree[inner], of_categories)
    for name, values in (
        ("column", fields["split_feature"]),
        ("threshold", place),
        ("flags", MISSING_LEFT * goes_left + CATEGORICAL * of_categories),
    ):
        nodes[name] = np.zeros(len(tree), dtype=values.dtype)
        nodes[name][inner] = values
    holders = np.flatnonzero(~inner)
    entries = holders, tree[holders] % n_outputs, fields["leaf_value"]
    return flatten(n_columns, n_outputs, sizes, nodes, entries, sets)


def _sets(fields, tree, of_categories):
    """Write the sets of categories one behind the other, and where each node's begins.

    The threshold of a node is the number of its set in its tree, and the boundaries of
    a tree with n sets are n + 1 numbers.
    """
    place = fields["threshold"].copy()
    if not of_categories.any():
        return None, place
    n_sets = fields["num_cat"]
    n_bounds = np.where(n_sets > 0, n_sets + 1, 0)
    lengths = np.diff(fields["cat_boundaries"])
    # between two trees, the last boundary of one stands before the zero of the next
    between = np.cumsum(n_bounds[n_bounds > 0])[:-1] - 1
    lengths = np.delete(lengths, between)
    words = np.cumsum(lengths) - lengths
    sets = np.insert(fields["cat_threshold"], words, 2 * lengths.astype(np.uint32))
    number = (np.cumsum(n_sets) - n_sets)[tree[of_categories]]
    number = number + fields["threshold"][of_categories].astype(np.int64)
    place[of_categories] = words[number] + number
    return sets, place


def _softmax(totals):
    totals -= totals.max(axis=1, keepdims=True)
    np.exp(totals, out=totals)
    totals /= totals.sum(axis=1, keepdims=True)
    return totals


def _link_of(head):
    """Give the function from sums to predictions; None for an unknown objective."""
    found = re.search(r"^objective=(\S+)(.*)$", head, re.M)
    if found is None:
        return None
    name, settings = found[1], found[2].split()
    values = dict(one.split(":", 1) for one in settings if ":" in one)
    slope = float(values.get("sigmoid", 1))
    if name in ("binary", "multiclassova", "cross_entropy"):
        return lambda totals: expit(slope * totals)
    if name == "multiclass":
        return _softmax
    if name in ("poisson", "gamma", "tweedie"):
        return np.exp
    if name == "regression" and "sqrt" in settings:
        return lambda totals: np.sign(totals) * totals * totals
    if name in ("regression", "regression_l1", "huber", "fair", "quantile", "mape"):
        return lambda totals: totals
    return None
