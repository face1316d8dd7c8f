"""``TransferSampler`` and ``check_sampler``: samplers of the user's own."""

import numpy as np
import pandas as pd
import pytest
from mixed_tables import TABLES
from numpy.testing import assert_array_equal
from own_samplers import Noise, Repeat
from scipy.sparse import csr_array
from sklearn.base import clone
from synthetic_rows import BOOSTER, Seeded, Shifted, X, rows_of

from sklearn_kd import MungeSampler, TransferSampler
from sklearn_kd.transfer import check_sampler
from sklearn_kd.transfer._choice import choose_sampler
from sklearn_kd.transfer._draw import draw_rows

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


def test_a_subclass_of_munge_may_sample_without_a_number():
    class Clipped(MungeSampler):
        def sample(self):
            rows, source = super().sample()
            return np.clip(rows, 0, None), source

    X_new, source, _ = draw_rows(
        Clipped(), np.random.default_rng(0).normal(size=(40, 2)), 0, 50
    )
    assert X_new.min() == 0
    assert len(X_new) == len(source) > 50
