"""``transfer=``: which rows are made, and what labels them."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
from synthetic_rows import BOOSTER, FEW, SMALL, Seeded, Shifted, X, rows_of, y
from teacher_alone import distil

from sklearn_kd.transfer import MungeSampler

# ---- which rows are made


def test_auto_is_munge_and_none_makes_none():
    few, y_few = X[:40], y[:40]
    made = {}
    for transfer in ("auto", "munge", MungeSampler(random_state=0), None):
        student, distilled = rows_of(X=few, y=y_few, transfer=transfer)
        made[repr(transfer)] = student.X_
        assert distilled.n_transfer_rows_ == (0 if transfer is None else 40**2)
    first, second, third, none = made.values()
    assert_array_equal(first, second)
    assert_array_equal(first, third)
    assert_array_equal(none, few)


def test_every_synthetic_row_is_labelled_by_the_teacher():
    student, distilled = rows_of()
    assert distilled.n_transfer_rows_ == 2 * len(X)
    assert_array_equal(student.X_, np.r_[X, X] + [0, 0.25, 0, 0])
    assert_allclose(student.soft_.proba, BOOSTER.predict_proba(student.X_), atol=1e-7)
    assert_array_equal(student.soft_.row_alpha, 1)
    assert student.weight_ is None


def test_a_sampler_with_parameters_is_cloned_and_seeded():
    sampler = Seeded()
    for seed in (3, 3, 4):
        Seeded.seeds.clear()
        rows_of(transfer=sampler, random_state=seed)
        assert Seeded.seeds == [seed]
    rows_of(transfer=Seeded(random_state=11))
    assert Seeded.seeds[-1] == 11
    assert not hasattr(sampler, "X_")
    assert sampler.random_state is None


def test_parameters_of_the_sampler_can_be_searched():
    search = distil(BOOSTER, transfer=Seeded(10))
    search.set_params(transfer__n_samples=20)
    assert rows_of(transfer=search.transfer)[1].n_transfer_rows_ == 20


class Returning:
    def __init__(self, *made):
        self.made = made[0] if len(made) == 1 else made

    def fit(self, X):
        return self

    def sample(self):
        return self.made


@pytest.mark.parametrize(
    ("sampler", "error", "message"),
    [
        (Returning(X), TypeError, r"must return \(X_new, source\)"),
        (Returning([X, X]), TypeError, r"must return \(X_new, source\).*got list"),
        (Returning(X, np.arange(5)), ValueError, r"one integer for each of the 300"),
        (Returning(X, np.zeros(300)), ValueError, "dtype float64"),
        (Returning(X, np.full(300, 300)), ValueError, r"lie in \[0, 300\), got 300"),
        (Returning(X, np.full(300, -1)), ValueError, r"lie in \[0, 300\), got -1"),
        (
            Returning(X[:, :3], np.arange(300)),
            ValueError,
            "The rows made by the sampler: X has 3 features",
        ),
        (
            Returning(X[:0], np.arange(0)),
            ValueError,
            "The rows made by the sampler: Found array with 0 sample",
        ),
    ],
    ids=["no source", "list", "length", "floats", "above", "below", "columns", "none"],
)
def test_samplers_that_return_nonsense(sampler, error, message):
    with pytest.raises(error, match=message):
        rows_of(transfer=sampler)


@pytest.mark.parametrize(
    "transfer", ["smote", 7, StandardScaler(), True], ids=lambda value: str(value)
)
def test_what_is_no_sampler_is_refused(transfer):
    with pytest.raises(ValueError, match="The 'transfer' parameter"):
        rows_of(transfer=transfer)


def test_a_class_is_no_sampler():
    with pytest.raises(TypeError, match="transfer must be"):
        rows_of(transfer=MungeSampler)


class Silent:
    """A fitted teacher that must not predict."""

    classes_ = np.array([0, 1])

    def predict_proba(self, X):
        if len(X) > 1:  # one row shows that it is fitted
            raise AssertionError("the teacher predicted")
        return np.full((len(X), 2), 0.5)


# ---- no teacher to label them


def test_precomputed_probabilities_label_no_other_row():
    proba = BOOSTER.predict_proba(X)
    student, distilled = rows_of(
        None, transfer="auto", fit_params={"teacher_proba": proba}
    )
    assert_array_equal(student.X_, X)
    assert distilled.n_transfer_rows_ == 0
    for transfer in ("munge", Shifted()):
        with pytest.raises(ValueError, match="teacher_proba is for the rows of X only"):
            rows_of(None, transfer=transfer, fit_params={"teacher_proba": proba})


@pytest.mark.parametrize("transfer", ["auto", "munge", Shifted()], ids=type)
def test_alpha_0_uses_no_teacher_and_makes_nothing(transfer):
    student, distilled = rows_of(Silent(), alpha=0, transfer=transfer)
    assert_array_equal(student.X_, X)
    assert student.soft_ is None
    assert distilled.n_transfer_rows_ == 0
    assert distilled.teacher_ is None


def test_sparse_rows(capsys):
    sparse = csr_array(X * (X > 0))
    teacher = RandomForestClassifier(10, random_state=0).fit(sparse, y)
    student, distilled = rows_of(teacher, sparse, transfer="auto", verbose=1)
    assert student.X_.shape == X.shape
    assert distilled.n_transfer_rows_ == 0
    line = "[DistilledClassifier] no synthetic rows: the rows are sparse\n"
    assert line in capsys.readouterr().out
    rows_of(teacher, sparse, transfer="auto")
    assert capsys.readouterr().out == ""
    for transfer in ("munge", MungeSampler()):
        with pytest.raises(TypeError, match="cannot make rows like sparse ones"):
            rows_of(teacher, sparse, transfer=transfer)


def test_verbose_tells_how_many_rows_there_are(capsys):
    rows_of(verbose=1, transfer=MungeSampler(400, swap_probability=0))
    line = "] 400 synthetic rows labelled\n"
    assert line in capsys.readouterr().out
    rows_of(verbose=1)
    assert "] 600 synthetic rows labelled\n" in capsys.readouterr().out


# ---- frames


def frame():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "size": X[:, 1],
            "count": rng.poisson(4, len(X)),
            "level": pd.Categorical(
                np.array(["a", "b", "c"])[rng.integers(3, size=300)]
            ),
        }
    )
    table.loc[:20, "size"] = np.nan
    return table


class Looking:
    """A fitted teacher that keeps the rows that it gets."""

    classes_ = np.array([0, 1])

    def __init__(self, model):
        self.model, self.seen = model, []

    def predict_proba(self, X):
        self.seen.append(X)
        return self.model.predict_proba(X)


def test_rows_come_in_the_container_that_went_in():
    table = pd.DataFrame(X, columns=list("abcd"))
    other = Returning(X, np.arange(len(X)))
    teacher = clone(BOOSTER).fit(table, y)
    with pytest.raises(TypeError, match="got, DataFrame, got ndarray"):
        rows_of(teacher, table, transfer=other, alpha=0.5)
    other = Returning(table, np.arange(len(X)))
    with pytest.raises(TypeError, match="got, ndarray, got DataFrame"):
        rows_of(transfer=other)
    shuffled = Returning(table[::-1], np.arange(len(X))[::-1])
    student, _ = rows_of(teacher, table, transfer=shuffled, alpha=0.5)
    assert_array_equal(student.X_, np.r_[X, X[::-1]])
    assert student.X_.columns.tolist() == list("abcd")


def test_the_teacher_of_a_frame_is_asked_about_frames():
    table = frame()
    encode = make_column_transformer(
        (OrdinalEncoder(), ["level"]), remainder="passthrough"
    )
    teacher = Looking(make_pipeline(encode, clone(BOOSTER)).fit(table, y))
    distilled = distil(teacher, SMALL, transfer=FEW, random_state=0)
    distilled.fit(table, y)
    assert distilled.n_transfer_rows_ == 500
    sizes = [len(seen) for seen in teacher.seen if len(seen) > 1]
    assert sizes == [300, 500]
    for seen in teacher.seen:
        assert_array_equal(seen.dtypes, table.dtypes)
    synthetic = teacher.seen[-1]
    assert synthetic["size"].isna().any()
    assert set(synthetic["level"]) == {"a", "b", "c"}
    assert distilled.predict_proba(table).shape == (300, 2)
