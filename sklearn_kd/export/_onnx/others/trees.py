"""Missing values in trees of scikit-learn, which skl2onnx sends right in every node."""

import numpy as np
from sklearn.base import BaseEstimator

#: The operators, and which attribute says where a missing value goes.
_OPERATORS = ("TreeEnsembleClassifier", "TreeEnsembleRegressor")
_TRACKS = "nodes_missing_value_tracks_true"


def follow_missing(model, estimator):
    """Have the trees of a converted model send missing values where scikit-learn does.

    Parameters
    ----------
    model : onnx.ModelProto
        As skl2onnx has converted it; changed in place.
    estimator : estimator
        What it was converted from.
    """
    waiting = {}
    for tree in _trees(estimator, set()):
        waiting.setdefault(_shape_of(tree), []).append(tree)
    for node in model.graph.node:
        if node.op_type in _OPERATORS:
            _follow(node, waiting)


def _follow(node, waiting):
    """Set the attribute of a node from the trees, in order among those of one shape."""
    given = {each.name: each for each in node.attribute}
    numbers = np.array(given["nodes_treeids"].ints)
    tracks = np.array(given[_TRACKS].ints)
    read = {"nodes_truenodeids": 0, "nodes_falsenodeids": 0, "nodes_featureids": 0}
    for number in np.unique(numbers):
        own = numbers == number
        shape = tuple(tuple(np.array(given[name].ints)[own].tolist()) for name in read)
        trees = waiting.get(shape)
        if trees:
            tree = trees.pop(0) if len(trees) > 1 else trees[0]
            left = tree.missing_go_to_left.astype(bool) & (tree.children_left > 0)
            tracks[own] = left
    given[_TRACKS].ints[:] = tracks.tolist()


def _shape_of(tree):
    """Describe which children and feature each node has, as the operators do."""
    inner = tree.children_left > 0
    lists = tree.children_left, tree.children_right, tree.feature
    return tuple(tuple(np.where(inner, each, 0).tolist()) for each in lists)


def _trees(part, seen):
    """Find the trees in an estimator, in the order in which it holds them."""
    if id(part) in seen:
        return
    seen.add(id(part))
    if hasattr(part, "tree_"):
        yield part.tree_
    elif isinstance(part, BaseEstimator):
        for value in vars(part).values():
            yield from _trees(value, seen)
    elif isinstance(part, dict):
        for value in part.values():
            yield from _trees(value, seen)
    elif isinstance(part, (list, tuple)) or (
        isinstance(part, np.ndarray) and part.dtype == object
    ):
        for value in part:
            yield from _trees(value, seen)
