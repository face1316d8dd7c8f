"""``check_sampler`` names the fault of a sampler, and a fit refuses what would harm."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from own_samplers import Noise, Repeat
from refusals import refused
from scipy.sparse import issparse
from sklearn.tree import DecisionTreeClassifier
from synthetic_rows import BOOSTER, Shifted, X, y
from teacher_alone import distil
from untouched import Unfitted

from sklearn_kd import DistilledClassifier, MungeSampler
from sklearn_kd.transfer import check_sampler


class WithoutSample:
    def fit(self, X):
        return self


class ReturnsNothing(Noise):
    def fit(self, X, y=None):
        self.X_ = X


class WithoutSource(Noise):
    def sample(self, n_samples=None):
        return super().sample(n_samples)[0]


class OutOfRange(Noise):
    def sample(self, n_samples=None):
        X_new, source = super().sample(n_samples)
        return X_new, source + 1


class OtherType(Noise):
    def sample(self, n_samples=None):
        X_new, source = super().sample(n_samples)
        return pd.DataFrame(X_new), source


class OtherDtype(Noise):
    def sample(self, n_samples=None):
        X_new, source = super().sample(n_samples)
        return X_new.astype(np.float32), source


class FewColumns(Noise):
    def sample(self, n_samples=None):
        X_new, source = super().sample(n_samples)
        return X_new[:, :3], source


class Unseeded(Noise):
    def sample(self, n_samples=None):
        _, source = super().sample(n_samples)
        noise = np.random.default_rng().normal(size=(len(source), 4))
        return self.X_[source] + noise, source


class Global(Noise):
    def sample(self, n_samples=None):
        _, source = super().sample(n_samples)
        return self.X_[source] + np.random.normal(size=(1, 4)), source


class Writing(Noise):
    def fit(self, X, y=None):
        X *= 2
        return super().fit(X)


class Stubborn(Noise):
    def __init__(self, scale=0.1, random_state=None):
        super().__init__([scale], random_state)


class FlatNeighbors(Noise):
    def fit(self, X, y=None):
        self.neighbors_ = np.arange(len(X))
        return super().fit(X)


class OwnNeighbor(Noise):
    def fit(self, X, y=None):
        self.neighbors_ = np.arange(len(X))[:, None]
        return super().fit(X)


class WrongSize(Noise):
    def automatic_size(self, n_samples, n_columns):
        return 20

    def sample(self, n_samples=None):
        return super().sample()


class NoRows(Noise):
    def automatic_size(self, n_samples, n_columns):
        return -1


class HalfRows(Noise):
    def automatic_size(self, n_samples, n_columns):
        return 2.5 * n_samples


class OtherSize(Noise):
    def automatic_size(self, n_samples, n_columns):
        return 3 * n_samples


class Empty(Noise):
    def sample(self, n_samples=None):
        return self.X_[:0], np.arange(0)


class Spoiling(Noise):
    def __init__(self, scale=0.1, random_state=None, value=np.nan):
        super().__init__(scale, random_state)
        self.value = value

    def sample(self, n_samples=None):
        X_new, source = super().sample(n_samples)
        X_new[-1, 2] = self.value
        return X_new, source


class Started(Noise):
    def fit(self, X, y=None):
        self.rng_ = np.random.default_rng(self.random_state)
        return super().fit(X)

    def sample(self, n_samples=None):
        source = self.rng_.integers(len(self.X_), size=50)
        return self.X_[source], source


class Remembering(Noise):
    def fit(self, X, y=None):
        return self if hasattr(self, "X_") else super().fit(X)


class Labelled(Repeat):
    """Index labels for positions, which most tables do not tell apart."""

    def sample(self, n_samples=None):
        X_new, source = super().sample()
        return X_new, getattr(X_new, "index", source)


class Relabelling(Repeat):
    def fit(self, X, y=None):
        if hasattr(X, "index"):
            X.index = range(len(X))
        return super().fit(X)


class DenseOnly(Repeat):
    def fit(self, X, y=None):
        if issparse(X):
            raise TypeError("no sparse rows, please")
        return super().fit(X)


FAULTS = [
    (WithoutSample(), TypeError, "has no sample"),
    (MungeSampler, TypeError, "has no fit"),
    (ReturnsNothing(), AssertionError, "fit must return the sampler itself, got None"),
    (WithoutSource(), TypeError, r"must return \(X_new, source\)"),
    (OutOfRange(), ValueError, r"source .* must lie in \[0, 60\)"),
    (OtherType(), AssertionError, "type that fit got, ndarray, got DataFrame"),
    (OtherDtype(), AssertionError, "keep the dtypes of X"),
    (FewColumns(), AssertionError, r"shape \('n_new', 4\), got \(60, 3\)"),
    (Unseeded(), AssertionError, "other rows at the same seed"),
    (Global(), AssertionError, "global random state"),
    (Writing(), AssertionError, "writes into the rows"),
    (Stubborn(), AssertionError, "cannot be cloned"),
    (FlatNeighbors(), ValueError, r"have shape \(60, n_neighbors\)"),
    (OwnNeighbor(), ValueError, "positions of other rows, and row 0"),
    (WrongSize(), AssertionError, r"sample\(7\) has to make 7 rows; it made 60"),
    (NoRows(), ValueError, "automatic_size of NoRows must be at least 1, got -1"),
    (HalfRows(), TypeError, r"must be an integer of at least 1.*, got 150\.0"),
    (OtherSize(), AssertionError, r"180 for these rows, so sample\(\) has to make 180"),
    (Empty(), AssertionError, "must make rows, got none"),
    (Spoiling(), AssertionError, "made missing values where X has none"),
    (Spoiling(value=np.inf), AssertionError, "made infinity"),
    (Started(), AssertionError, "other rows in a second call of sample"),
    (Remembering(), AssertionError, "fitted on others before: fit must set anew"),
    (Labelled(), ValueError, r"must lie in \[0, 60\), got 61 to 120"),
    (Relabelling(), AssertionError, "writes into the rows"),
    (DenseOnly(), TypeError, r"(?s)please.*fitted DenseOnly on a csr_matrix of shape"),
]


@pytest.mark.parametrize(
    ("sampler", "error", "message"),
    FAULTS,
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_the_message_names_the_fault(sampler, error, message):
    with pytest.raises(error, match=message):
        check_sampler(sampler)


def test_a_frame_keeps_its_names_and_dtypes():
    class Renaming(Repeat):
        def sample(self, n_samples=None):
            X_new, source = super().sample()
            return X_new.rename({"a": "b"}), source

    with pytest.raises(AssertionError, match=r"keep the columns of X, \['a'\]"):
        check_sampler(Renaming(), pl.DataFrame({"a": [1, 2]}))


def test_texts_are_made_of_texts():
    class Forgetting(Repeat):
        def sample(self, n_samples=None):
            X_new, source = super().sample()
            return np.append(X_new[1:], None), source

    with pytest.raises(AssertionError, match="a value that is no text where X has"):
        check_sampler(Forgetting(), np.array(["a b", "c", "d"], dtype=object))


@pytest.mark.parametrize("rows", [["a", "bc", "d"], [["a", "x"], ["bc", "y"]]])
@pytest.mark.parametrize("given", ["U9", "S9", object])
def test_strings_may_be_of_another_width_or_objects(rows, given):
    class Narrow(Repeat):
        def sample(self, n_samples=None):
            X_new, source = super().sample()
            return X_new.astype(object).astype(
                "U" if given is object else given[0]
            ), source

    class Loose(Repeat):
        def sample(self, n_samples=None):
            X_new, source = super().sample()
            return X_new.astype(object), source

    for sampler in (Narrow(), Loose()):
        if not (given == "S9" and np.ndim(rows) == 1):
            check_sampler(sampler, np.array(rows, dtype=given))


def test_numbers_are_no_strings():
    class Written(Repeat):
        def sample(self, n_samples=None):
            X_new, source = super().sample()
            return X_new.astype(str), source

    with pytest.raises(AssertionError, match="keep the dtypes of X"):
        check_sampler(Written(), np.eye(3))


def test_a_sampler_of_sparse_rows_alone_needs_no_dense_table():
    class SparseOnly(Repeat):
        def fit(self, X, y=None):
            if not issparse(X):
                raise TypeError("sparse rows only, please")
            return super().fit(X)

        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.input_tags.two_d_array = tags.input_tags.categorical = False
            return tags

    check_sampler(SparseOnly())


# ---- in a fit

STUDENT = DecisionTreeClassifier(max_depth=3, random_state=0)

NEIGHBORS = {
    "too large": (lambda n: np.full((n, 3), n), r"in \[0, 300\), got 300 to"),
    "negative": (lambda n: np.full((n, 3), -1), r"in \[0, 300\), got -1"),
    "no integers": (lambda n: np.zeros((n, 3)), "whole numbers .* got dtype float64"),
    "of too few rows": (lambda n: np.ones((n - 5, 3), int), r"got .* shape \(295, 3\)"),
    "none": (lambda n: np.ones((n, 0), int), r"got .* shape \(300, 0\)"),
    "flat": (lambda n: np.zeros(n, int), r"got .* shape \(300,\)"),
    "their own": (lambda n: np.arange(n)[:, None], "row 0 is a neighbour of itself"),
}


@pytest.mark.parametrize("derived", [True, False])
@pytest.mark.parametrize("name", NEIGHBORS)
def test_neighbours_that_are_no_other_rows_are_refused_before_the_teacher(
    name, derived
):
    """They are read by compiled code, which does not check them."""
    neighbors_of, message = NEIGHBORS[name]

    class Near(Noise if derived else Shifted):
        def fit(self, X, y=None):
            super().fit(X)
            self.neighbors_ = neighbors_of(len(X))
            return self

    model = DistilledClassifier(Unfitted(), STUDENT, transfer=Near())
    with refused(ValueError, f"Near.neighbors_ must hold .*{message}"):
        model.fit(X, y)


@pytest.mark.parametrize("sampler", [NoRows(), HalfRows()])
def test_an_automatic_size_that_is_none_is_refused_before_the_teacher(sampler):
    model = DistilledClassifier(Unfitted(), STUDENT, transfer=sampler)
    with refused((TypeError, ValueError), "automatic_size of .* at least 1"):
        model.fit(X, y)


def test_a_sampler_without_parameters_is_fitted_in_a_copy():
    class Counting(Shifted):
        n_fits = 0

        def fit(self, X):
            self.n_fits += 1
            self.step *= self.n_fits
            return super().fit(X)

    sampler = Counting()
    before = dict(vars(sampler))
    students = [
        distil(BOOSTER, STUDENT, transfer=sampler, random_state=0)
        .fit(X, y)
        .student_.predict_proba(X)
        for _ in range(2)
    ]
    assert vars(sampler) == before
    np.testing.assert_array_equal(*students)
