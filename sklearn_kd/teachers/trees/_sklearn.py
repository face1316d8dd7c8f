"""Trees, forests and boosting of scikit-learn, read into flat arrays."""

import numpy as np
from joblib import effective_n_jobs
from scipy.sparse import issparse
from sklearn.base import is_classifier
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from sklearn_kd._compat import first_predictions, rows_of_trees
from sklearn_kd.teachers.trees._flat import (
    CATEGORICAL,
    MISSING_LEFT,
    flatten,
    is_too_large,
)
from sklearn_kd.teachers.trees._walker import Walker, public_class

TREES = (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)


class MeanWalker(Walker):
    """The mean of the trees of a forest, or one tree alone."""

    @property
    def replaces(self):
        """The method that gives the outputs."""
        return "predict_proba" if is_classifier(self.model) else "predict"

    def can_walk(self):
        """Return whether these are scikit-learn's own trees, of one output."""
        trees = self._trees()
        return (
            getattr(self.model, "n_outputs_", None) == 1
            and self.keeps_method(self.replaces)
            and len(trees) > 0
            and all(public_class(tree) in TREES for tree in trees)
        )

    def read(self):
        """Read the trees; None where the arrays would be too large."""
        trees = [tree.tree_ for tree in self._trees()]
        if is_classifier(self.model):
            return read_trees(trees, holds_classes=True)
        return read_trees(trees)

    def predict_proba(self, X, *args, **params):
        """Predict the probabilities of rows."""
        means = None if args or params else self._means(X)
        return self.own(X, *args, **params) if means is None else means

    def predict(self, X, *args, **params):
        """Predict a number a row."""
        means = None if args or params else self._means(X)
        return self.own(X, *args, **params) if means is None else means[:, 0]

    def _means(self, X):
        if self.trees is None:
            return None
        rows = rows_of_trees(self.model, X)
        if issparse(rows):
            return None
        means = self.trees.predict(rows, n_threads=self._n_threads())
        means /= self.trees.n_trees
        return means

    def _n_threads(self):
        """Give the number of threads in which the forest predicts."""
        n_jobs = getattr(self.model, "n_jobs", None)
        return 1 if n_jobs is None else effective_n_jobs(n_jobs)

    def _trees(self):
        alone = hasattr(self.model, "tree_")
        return [self.model] if alone else getattr(self.model, "estimators_", [])


def read_trees(trees, *, holds_classes=False, n_outputs=1, factor=1.0):
    """Read trees of scikit-learn.

    Parameters
    ----------
    trees : list of sklearn.tree._tree.Tree
        At least one, of one output.
    holds_classes : bool, default=False
        Whether leaves hold a share for each class, and not one number.
    n_outputs : int, default=1
        Of trees that hold a number: they add to one output after the other.
    factor : float, default=1.0
        What the numbers are multiplied by.

    Returns
    -------
    FlatTrees or None
        None where the arrays would be too large.
    """
    sizes = [tree.node_count for tree in trees]
    if is_too_large(sum(sizes), 0):
        return None
    entries, n_entries, start = [], 0, 0
    for number, tree in enumerate(trees):
        leaves = np.flatnonzero(tree.children_left < 0)
        held = tree.value[leaves, 0, :]
        if holds_classes:
            # most leaves of a deep tree hold one class: an absent one adds nothing
            rows, codes = np.nonzero(held)
            entries.append((start + leaves[rows], codes, held[rows, codes]))
        else:
            codes = np.full(len(leaves), number % n_outputs)
            entries.append((start + leaves, codes, factor * held[:, 0]))
        start += tree.node_count
        n_entries += len(codes)
        if is_too_large(sum(sizes), n_entries):
            return None

    def joined(name):
        return np.concatenate([getattr(tree, name) for tree in trees])

    return flatten(
        trees[0].n_features,
        trees[0].max_n_classes if holds_classes else n_outputs,
        sizes,
        {
            "column": joined("feature"),
            "threshold": joined("threshold"),
            "left": joined("children_left"),
            "right": joined("children_right"),
            "flags": MISSING_LEFT * (joined("missing_go_to_left") > 0),
        },
        tuple(map(np.concatenate, zip(*entries, strict=True))),
    )


class StagesWalker(Walker):
    """The sum of the trees of gradient boosting, before the link."""

    replaces = "_raw_predict"

    def can_walk(self):
        """Return whether it is fitted."""
        return hasattr(self.model, "estimators_")

    def read(self):
        """Read the trees; None where the arrays would be too large."""
        stages = self.model.estimators_
        return read_trees(
            [tree.tree_ for tree in stages.ravel()],
            n_outputs=stages.shape[1],
            factor=self.model.learning_rate,
        )

    def _raw_predict(self, X):
        """Add the predictions of all trees to those of the first model."""
        if self.trees is None or issparse(X):
            return self.own(X)
        totals = np.ascontiguousarray(first_predictions(self.model, X))
        self.trees.add(X, totals)
        return totals


class HistogramWalker(Walker):
    """The sum of the trees of histogram gradient boosting, before the link."""

    replaces = "_predict_iterations"

    def can_walk(self):
        """Return whether it is fitted."""
        return bool(getattr(self.model, "_predictors", ()))

    def read(self):
        """Read the trees; None where the arrays would be too large."""
        predictors = [tree for row in self.model._predictors for tree in row]
        sizes = [len(tree.nodes) for tree in predictors]
        if is_too_large(sum(sizes), sum(sizes)):
            return None
        nodes = np.concatenate([tree.nodes for tree in predictors])
        number = np.repeat(np.arange(len(sizes)), sizes)
        leaf = nodes["is_leaf"] > 0
        split = (nodes["is_categorical"] > 0) & ~leaf
        goes_left = nodes["missing_go_to_left"] > 0
        sets, threshold = None, nodes["num_threshold"].copy()
        if split.any():
            words = np.concatenate([tree.raw_left_cat_bitsets for tree in predictors])
            counts = [len(tree.raw_left_cat_bitsets) for tree in predictors]
            begin = np.cumsum([0, *counts])
            place = begin[number[split]] + nodes["bitset_idx"][split]
            heads = np.full(len(words), 2 * words.shape[1], dtype=np.uint32)
            heads[place] += goes_left[split]
            sets = np.column_stack([heads, words]).ravel()
            threshold[split] = place * (1 + words.shape[1])
        holders, n_outputs = np.flatnonzero(leaf), self.model.n_trees_per_iteration_
        return flatten(
            self.model.n_features_in_,
            n_outputs,
            sizes,
            {
                "column": nodes["feature_idx"],
                "threshold": threshold,
                "left": np.where(leaf, -1, nodes["left"].astype(np.int64)),
                "right": np.where(leaf, -1, nodes["right"].astype(np.int64)),
                "flags": MISSING_LEFT * goes_left + CATEGORICAL * split,
            },
            (holders, number[holders] % n_outputs, nodes["value"][holders]),
            sets,
        )

    def _predict_iterations(self, X, predictors, raw_predictions, is_binned, n_threads):
        """Add the predictions of all trees to the raw ones."""
        if self.trees is None or is_binned:
            self.own(X, predictors, raw_predictions, is_binned, n_threads)
            return
        mapper = self.model._bin_mapper
        nominal = np.flatnonzero(mapper.is_categorical_).tolist()
        if nominal:
            X = np.array(X, dtype=np.float64)
        for column in nominal:  # unknown categories count as missing values
            known = np.isin(np.trunc(X[:, column]), mapper.bin_thresholds_[column])
            X[~known | (X[:, column] < 0), column] = np.nan
        totals = np.ascontiguousarray(raw_predictions)
        self.trees.add(X, totals, n_threads=n_threads)
        raw_predictions[...] = totals
