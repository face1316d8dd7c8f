"""``TransferSampler`` and ``check_sampler``: samplers of the user's own."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from mixed_tables import TABLES
from numpy.testing import assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from synthetic_rows import BOOSTER, Seeded, Shifted, X, rows_of

from sklearn_kd import MungeSampler, TransferSampler
from sklearn_kd.transfer import check_sampler
from sklearn_kd.transfer._choice import choose_sampler


class Noise(TransferSampler):
    """Rows with noise, by the rules."""

    def __init__(self, scale=0.1, random_state=None):
        self.scale = scale
        self.random_state = random_state

    def fit(self, X, y=None):
        self.X_ = X
        return self

    def sample(self, n_samples=None):
        rng = np.random.default_rng(self.random_state)
        source = np.arange(n_samples or len(self.X_)) % len(self.X_)
        return self.X_[source] + rng.normal(scale=self.scale, size=(1, 4)), source


class Repeat(TransferSampler):
    """Copies of rows of any container, sparse ones and missing values included."""

    def fit(self, X, y=None):
        self.X_ = X
        return self

    def sample(self, n_samples=None):
        return self.X_, np.arange(self.X_.shape[0])

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags


# ---- those that pass


@pytest.mark.parametrize(
    "sampler",
    [
        MungeSampler(100),
        MungeSampler(),
        MungeSampler(30, n_neighbors=3, swap_probability=1.0, random_state=5),
        MungeSampler(100, swap_probability=0, local_variance=3),
        Noise(),
        Repeat(),
        Seeded(),
        Shifted(),
    ],
    ids=lambda sampler: type(sampler).__name__,
)
def test_a_sampler_that_follows_the_rules_passes(sampler):
    before = dict(vars(sampler))
    check_sampler(sampler)
    assert vars(sampler) == before  # copies were fitted


@pytest.mark.parametrize("X", TABLES.values(), ids=TABLES)
def test_munge_passes_on_tables_of_all_kinds(X):
    check_sampler(MungeSampler(100, n_neighbors=3), X)


@pytest.mark.parametrize(
    "rows",
    [csr_array(np.eye(5)), np.array(["a b", "c"], dtype=object), [[1, "a"], [2, "b"]]],
    ids=["sparse", "texts", "lists"],
)
def test_rows_of_other_kinds_are_checked_where_they_are_passed(rows):
    check_sampler(Repeat(), rows)


# ---- faults, each by name


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
    (FlatNeighbors(), AssertionError, r"have shape \(60, n_neighbors\)"),
    (OwnNeighbor(), AssertionError, "positions of other rows"),
    (WrongSize(), AssertionError, r"sample\(7\) has to make 7 rows; it made 60"),
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


# ---- the base class in a fit


def test_what_is_optional_has_a_default():
    sampler = Noise().fit(X)
    assert sampler.neighbors_ is None
    assert sampler.automatic_size(10, 4) is None
    assert clone(sampler).get_params() == {"scale": 0.1, "random_state": None}
    with pytest.raises(TypeError, match="abstract"):
        TransferSampler()


def test_a_sampler_with_an_automatic_size_is_asked_for_fewer_rows():
    """As MUNGE is where there is little time: fewer sources, and a number of rows."""
    asked = []

    class Sized(Noise):
        def automatic_size(self, n_samples, n_columns):
            return 10 * n_samples

        def sample(self, n_samples=None):
            asked.append((len(self.X_), n_samples))
            return super().sample(n_samples)

    for params in ({}, {"time_limit": 1e-9}):
        rows_of(BOOSTER, transfer=Sized(), **params)
    (n_rows, most), (few_rows, few) = asked
    assert (n_rows, most) == (300, 3000)
    assert few == few_rows == 200


def test_own_samplers_and_foreign_ones_make_the_same_rows():
    """A sampler is what has fit and sample: the base class changes no row."""

    class Foreign:
        def __init__(self, sampler):
            self.sampler = sampler

        def fit(self, X):
            self.sampler.fit(X)

        def sample(self):
            return self.sampler.sample()

    own = rows_of(transfer=Noise(random_state=0))[0].X_
    foreign = rows_of(transfer=Foreign(Noise(random_state=0)))[0].X_
    assert_array_equal(own, foreign)


# ---- what "auto" decides


DATES = pd.DataFrame({"day": pd.to_datetime(["2020-01-01", "2021-05-05"])})


@pytest.mark.parametrize(
    ("rows", "params", "reason"),
    [
        (X, {"linear": True}, "the student is linear"),
        (csr_array(np.eye(3)), {}, "the rows are sparse"),
        (np.array(["a b", "c"], dtype=object), {}, "the rows are texts"),
        (DATES, {}, "neither numeric nor nominal"),
        (np.array([[np.inf], [1.0]], dtype=object), {}, "infinity"),
    ],
    ids=["linear", "sparse", "texts", "dates", "infinity"],
)
def test_auto_makes_no_rows_and_says_why(rows, params, reason):
    said = []
    params = {"linear": False, "seed": 0} | params
    sampler, why = choose_sampler("auto", rows, report=said.append, **params)
    assert sampler is None
    assert reason in str(why)
    assert said == [f"no synthetic rows: {why}"]
    assert choose_sampler(None, rows, report=said.append, **params) == (None, None)
    assert len(said) == 1


def test_auto_is_munge_where_nothing_is_in_its_way():
    params = {"linear": False, "seed": 7, "report": None}
    for transfer in ("auto", "munge", MungeSampler()):
        sampler, reason = choose_sampler(transfer, X, **params)
        assert isinstance(sampler, MungeSampler)
        assert sampler.random_state == 7
        assert reason is None
