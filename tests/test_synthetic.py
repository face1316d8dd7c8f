"""``transfer=``: synthetic rows, from the sampler to the student."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, clone
from sklearn.compose import make_column_transformer
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_kd import DistilledClassifier, MLPStudent
from sklearn_kd.students import TransferSet, split_validation
from sklearn_kd.teachers._default import small_booster
from sklearn_kd.transfer import MungeSampler


def distil(teacher=None, student=None, **params):
    """Make a ``DistilledClassifier`` whose soft targets are the teacher's alone."""
    return DistilledClassifier(teacher, student, **{"booster_weight": 0} | params)


def noisy_table(n_samples=300, flipped=0.0, seed=0):
    """Rows that begin with their number, and two classes."""
    rng = np.random.default_rng(seed)
    X = np.c_[np.arange(n_samples), rng.normal(size=(n_samples, 3))]
    y = (X[:, 1] + X[:, 2] ** 2 > 0.7).astype(int)
    return X, np.where(rng.random(n_samples) < flipped, 1 - y, y)


X, y = noisy_table()
BOOSTER = HistGradientBoostingClassifier(max_iter=10).fit(X, y)
FOREST = RandomForestClassifier(30, random_state=0).fit(X, y)
SMALL = MLPStudent((8,), max_iter=3)
FEW = MungeSampler(500)


class Shifted:
    """Each row twice, a little to the side: its number says where it comes from."""

    def __init__(self, step=0.25):
        self.step = step

    def fit(self, X):
        self.X = X
        return self

    def sample(self):
        source = np.tile(np.arange(len(self.X)), 2)
        X_new = self.X[source]
        X_new[:, 1] += self.step
        return X_new, source


class Seeded(BaseEstimator):
    """A sampler that follows scikit-learn's rules."""

    seeds = []

    def __init__(self, n_samples=40, random_state=None):
        self.n_samples = n_samples
        self.random_state = random_state

    def fit(self, X):
        self.X_ = X
        return self

    def sample(self):
        self.seeds.append(self.random_state)
        rng = np.random.default_rng(self.random_state)
        source = rng.integers(len(self.X_), size=self.n_samples)
        return self.X_[source], source


class Silent:
    """A fitted teacher that must not be asked."""

    classes_ = np.array([0, 1])

    def predict_proba(self, X):
        if len(X) > 1:  # one row shows that it is fitted
            raise AssertionError("asked")
        return np.full((len(X), 2), 0.5)


def rows_of(teacher=BOOSTER, X=X, y=y, fit_params=None, **params):
    """Give the student's rows: (X, y, weight, soft) as its ``fit`` got them."""
    params = {"transfer": Shifted(), "random_state": 0} | params
    distilled = distil(teacher, Recorder(), **params)
    student = distilled.fit(X, y, **fit_params or {}).student_
    return student, distilled


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


# ---- nobody to ask


def test_precomputed_probabilities_answer_for_no_other_row():
    proba = BOOSTER.predict_proba(X)
    student, distilled = rows_of(
        None, transfer="auto", fit_params={"teacher_proba": proba}
    )
    assert_array_equal(student.X_, X)
    assert distilled.n_transfer_rows_ == 0
    for transfer in ("munge", Shifted()):
        with pytest.raises(ValueError, match="teacher_proba answers for X only"):
            rows_of(None, transfer=transfer, fit_params={"teacher_proba": proba})


@pytest.mark.parametrize("transfer", ["auto", "munge", Shifted()], ids=type)
def test_alpha_0_asks_nobody_and_makes_nothing(transfer):
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
    assert (
        "] 400 synthetic rows labelled 400 of them known\n" in capsys.readouterr().out
    )
    rows_of(verbose=1)
    assert "] 600 synthetic rows labelled\n" in capsys.readouterr().out


# ---- what they are made of


class Validated(Recorder):
    """A student that keeps validation rows apart, as MLPStudent does."""

    def __init__(self, early_stopping=True, validation_fraction=0.2, random_state=None):
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def fit(
        self,
        X,
        y,
        sample_weight=None,
        soft_targets=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        soft_targets_val=None,
    ):
        self.X_val_, self.soft_val_ = X_val, soft_targets_val
        return super().fit(X, y, sample_weight, soft_targets)


@pytest.mark.parametrize("transfer", [Shifted(), MungeSampler(2000)], ids=type)
def test_no_synthetic_row_is_made_of_a_validation_row(transfer):
    distilled = distil(FOREST, Validated(), transfer=transfer, random_state=5)
    student = distilled.fit(X, y).student_
    kept = set(student.X_val_[:, 0])
    assert len(kept) == 60
    every = TransferSet(X, y, np.ones(len(y)), np.array([0, 1]), None)
    train, validation = split_validation(Validated(random_state=5), every)
    assert kept == set(validation.X[:, 0])
    synthetic = student.X_[len(train.X) :]
    assert len(synthetic) == distilled.n_transfer_rows_
    if isinstance(transfer, Shifted):
        assert set(synthetic[:, 0]) == set(train.X[:, 0])
    else:  # values that are not rounded away are those of training rows, or drawn
        same = np.isin(synthetic[:, 1], X[:, 1])
        assert 0.4 < same.mean() < 0.9
        assert not np.isin(synthetic[same, 1], validation.X[:, 1]).any()


def test_rows_of_weight_0_are_no_sources():
    weight = np.ones(len(y))
    weight[:50] = 0
    student, _ = rows_of(fit_params={"sample_weight": weight})
    assert set(student.X_[:, 0]) == set(X[50:, 0])


def test_the_weight_of_a_synthetic_row_is_that_of_its_source():
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    student, _ = rows_of(
        alpha=0.7, transfer_weight=0.2, fit_params={"sample_weight": weight}
    )
    assert_allclose(student.weight_[: len(X)], 0.3 * weight)
    assert_allclose(student.weight_[len(X) :], 0.7 * 0.2 * np.r_[weight, weight])


def test_unlabelled_rows_come_after_the_synthetic_ones():
    student, distilled = rows_of(
        transfer_weight=0.5, fit_params={"X_unlabeled": X[:7] + 1}
    )
    assert distilled.n_transfer_rows_ == 2 * len(X) + 7
    assert_array_equal(student.X_[-7:], X[:7] + 1)
    assert_allclose(student.soft_.proba, BOOSTER.predict_proba(student.X_), atol=1e-7)
    assert_array_equal(student.weight_, 0.5)


# ---- what becomes of the training rows


def test_beside_a_booster_they_are_left_out():
    student, _ = rows_of(BOOSTER)
    assert not np.isin(student.X_[:, 1], X[:, 1]).any()


def test_beside_a_booster_their_labels_stay_at_the_weight_of_the_hard_term():
    student, _ = rows_of(BOOSTER, alpha=0.7)
    assert_array_equal(student.X_[: len(X)], X)
    assert_array_equal(student.y_[: len(X)], y)
    assert_array_equal(student.soft_.row_alpha, np.repeat([0, 1], [len(X), 2 * len(X)]))
    assert_allclose(student.weight_, np.repeat([0.3, 0.7], [len(X), 2 * len(X)]))


@pytest.mark.parametrize("alpha", [1.0, 0.7])
def test_beside_a_forest_they_have_out_of_bag_targets(alpha):
    forest = clone(FOREST).set_params(oob_score=True).fit(X, y)
    student, _ = rows_of(forest, alpha=alpha)
    assert_array_equal(student.X_[: len(X)], X)
    assert len(student.X_) == 3 * len(X)
    soft = student.soft_[: len(X)]
    assert_allclose(soft.proba, forest.oob_decision_function_, atol=1e-6)
    assert_array_equal(soft.row_alpha, alpha)
    weight = np.ones(3 * len(X)) if student.weight_ is None else student.weight_
    assert_allclose(weight, np.repeat([1, alpha], [len(X), 2 * len(X)]))


def test_without_synthetic_rows_they_have_the_targets_of_all_trees():
    student, _ = rows_of(FOREST, transfer=None)
    assert_allclose(student.soft_.proba, FOREST.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("cross_fit", [True, False, "auto"])
def test_with_cv_they_have_out_of_fold_targets(cross_fit):
    teacher = DecisionTreeClassifier(max_depth=3, random_state=0)
    folds = StratifiedKFold(3)
    student, _ = rows_of(teacher, cv=folds, cross_fit=cross_fit)
    assert_array_equal(student.X_[: len(X)], X)
    expected = np.empty((len(X), 2))
    for train, test in folds.split(X, y):
        expected[test] = clone(teacher).fit(X[train], y[train]).predict_proba(X[test])
    assert_allclose(student.soft_.proba[: len(X)], expected, atol=1e-6)


def test_a_booster_beside_a_forest_has_seen_them_too():
    student, _ = rows_of([FOREST, BOOSTER])
    assert len(student.X_) == 2 * len(X)


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
    """A fitted teacher that keeps what it is asked about."""

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


# ---- same seed, same bits


@pytest.mark.parametrize("cv", [None, 3])
def test_same_seed_same_bits_for_any_number_of_jobs(cv):
    def fit(seed, n_jobs=None):
        distilled = distil(
            RandomForestClassifier(10),
            SMALL,
            transfer=FEW,
            cv=cv,
            n_jobs=n_jobs,
            random_state=seed,
        )
        return distilled.fit(X, y).predict_proba(X)

    first = fit(0)
    assert_array_equal(fit(0), first)
    assert_array_equal(fit(0, n_jobs=2), first)
    assert np.abs(fit(1) - first).max() > 1e-3


@pytest.mark.parametrize("transfer", ["munge", Seeded(200), Shifted()], ids=type)
def test_global_random_state_is_left_alone(transfer):
    few = X[:60], y[:60]
    before = np.random.get_state()
    distil(FOREST, SMALL, transfer=transfer).fit(*few)
    after = np.random.get_state()
    assert_array_equal(after[1], before[1])
    assert after[2] == before[2]


class Drawing(Shifted):
    """It draws from the global generator."""

    def sample(self):
        X_new, source = super().sample()
        X_new[:, 1] += np.random.normal(size=len(X_new))
        return X_new, source


def test_a_sampler_that_draws_globally_is_contained():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    first = rows_of(transfer=Drawing())[0].X_
    assert_array_equal(np.random.get_state()[1], before)
    np.random.seed(1)
    assert_array_equal(rows_of(transfer=Drawing())[0].X_, first)


# ---- memory


ASKED = []


class CountedTree(DecisionTreeClassifier):
    def predict_proba(self, X, check_input=True):
        ASKED.append(len(X))
        return super().predict_proba(X, check_input)


class CountedForest(RandomForestClassifier):
    def predict_proba(self, X):
        ASKED.append(len(X))
        return super().predict_proba(X)


@pytest.mark.parametrize("cross_fit", [True, False])
@pytest.mark.parametrize("cv", [None, 3])
def test_a_second_fit_asks_nothing_about_synthetic_rows(cv, cross_fit, tmp_path):
    """Neither the whole teacher, nor those of the folds, nor members out of the bag."""
    if cv is None:
        teacher = BaggingClassifier(CountedTree(), 10, random_state=0).fit(X, y)
    else:
        teacher = CountedForest(5)

    def fit(memory):
        ASKED.clear()
        distilled = distil(
            teacher,
            SMALL,
            transfer=FEW,
            cv=cv,
            cross_fit=cross_fit,
            memory=memory,
            random_state=0,
        )
        return distilled.fit(X, y).predict_proba(X), sum(n for n in ASKED if n > 1)

    plain, _ = fit(None)
    first, asked = fit(tmp_path)
    assert asked >= 500
    second, asked = fit(tmp_path)
    # whether the members remember X is looked into once more
    evidence = 10 * len(X) if cv is None and cross_fit else 0
    assert asked <= evidence
    assert_array_equal(first, plain)
    assert_array_equal(second, plain)


# ---- the small booster


def voices(**params):
    """Give the student's rows with a booster on the labels, and without one."""
    both = []
    for weight in (0.3, 0.0):
        student, distilled = rows_of(booster_weight=weight, **params)
        both.append(student)
    assert_array_equal(both[0].X_, both[1].X_)
    return [*both, distilled]


def test_a_small_booster_has_a_vote_in_the_soft_targets():
    voted, plain, _ = voices(teacher=FOREST)
    booster = small_booster(X).set_params(random_state=0).fit(X, y)
    expected = 0.7 * plain.soft_.proba + 0.3 * booster.predict_proba(voted.X_)
    assert_allclose(voted.soft_.proba, expected, atol=1e-6)


def test_validation_rows_teach_no_booster_and_have_its_vote():
    fits = []
    for weight in (0.3, 0.0):
        student = Validated(random_state=5)
        distilled = distil(
            FOREST, student, transfer=Shifted(), booster_weight=weight, random_state=5
        )
        fits.append(distilled.fit(X, y).student_)
    voted, plain = fits
    train = np.setdiff1d(X[:, 0], voted.X_val_[:, 0]).astype(int)
    booster = small_booster(X).set_params(random_state=5).fit(X[train], y[train])
    for rows, soft, alone in (
        (voted.X_val_, voted.soft_val_, plain.soft_val_),
        (voted.X_, voted.soft_, plain.soft_),
    ):
        expected = 0.7 * alone.proba + 0.3 * booster.predict_proba(rows)
        assert_allclose(soft.proba, expected, atol=1e-6)


def test_without_synthetic_rows_nobody_votes():
    voted, plain, _ = voices(teacher=FOREST, transfer=None)
    assert_array_equal(voted.soft_.proba, plain.soft_.proba)
    proba = {"teacher_proba": BOOSTER.predict_proba(X)}
    voted, plain, _ = voices(teacher=None, transfer="auto", fit_params=proba)
    assert_array_equal(voted.soft_.proba, plain.soft_.proba)


@pytest.mark.filterwarnings("ignore:The teacher puts all mass")
def test_rows_that_the_teacher_does_not_know_stay_left_out():
    voted, _, distilled = voices(teacher=Partly(), transfer=Jumping())
    assert distilled.n_transfer_rows_ == len(voted.X_) == 540


def test_weights_reach_the_booster():
    weight = np.random.default_rng(0).uniform(0.5, 2, len(y))
    voted, plain, _ = voices(teacher=FOREST, fit_params={"sample_weight": weight})
    booster = small_booster(X).set_params(random_state=0)
    booster.fit(X, y, sample_weight=weight)
    expected = 0.7 * plain.soft_.proba + 0.3 * booster.predict_proba(voted.X_)
    assert_allclose(voted.soft_.proba, expected, atol=1e-6)


@pytest.mark.parametrize("booster_weight", [-0.1, 1.1, "much", None])
def test_a_strange_weight_of_the_booster(booster_weight):
    with pytest.raises(ValueError, match="'booster_weight' parameter"):
        rows_of(booster_weight=booster_weight)


# ---- strange rows, strange students


class Partly:
    """A fitted teacher that knows one more class, and far to the right no other."""

    classes_ = np.array([0, 1, 2])

    def predict_proba(self, X):
        known = BOOSTER.predict_proba(X)
        far = (X[:, 1] > 100)[:, None]
        return np.where(far, [0, 0, 1], np.c_[known, np.zeros(len(X))])


class Jumping(Shifted):
    def sample(self):
        X_new, source = super().sample()
        X_new[::10, 1] += 1000
        return X_new, source


def test_rows_of_classes_that_are_not_in_y_are_left_out():
    message = "classes that are not in y for 60 of 600 synthetic rows: they are left"
    with pytest.warns(UserWarning, match=message):
        student, distilled = rows_of(Partly(), transfer=Jumping())
    assert distilled.n_transfer_rows_ == 540
    assert student.X_[:, 1].max() < 100
    assert_allclose(student.soft_.proba.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize(
    "student",
    [
        LogisticRegression(),
        DecisionTreeClassifier(max_depth=4),
        make_pipeline(StandardScaler(), LogisticRegression()),
        make_pipeline(StandardScaler(), MLPStudent((16,), max_iter=20)),
    ],
    ids=["logistic", "tree", "pipeline", "pipeline of a network"],
)
@pytest.mark.parametrize("alpha", [1.0, 0.7])
def test_any_student_learns_from_synthetic_rows(student, alpha):
    distilled = distil(
        BOOSTER, student, alpha=alpha, transfer=MungeSampler(2000), random_state=0
    )
    distilled.fit(X, y)
    assert distilled.n_transfer_rows_ == 2000
    assert np.mean(distilled.predict(X) == BOOSTER.predict(X)) > 0.7


def test_a_tree_on_synthetic_rows_is_the_tree_on_weighted_copies():
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    distilled = distil(BOOSTER, tree, transfer=Shifted()).fit(X, y)
    rows = np.r_[X, X] + [0, 0.25, 0, 0]
    proba = BOOSTER.predict_proba(rows)
    copies = np.repeat(rows, 2, axis=0), np.tile([0, 1], len(rows))
    expected = clone(tree).fit(*copies, proba.ravel()).predict_proba(X)
    assert_allclose(distilled.predict_proba(X), expected, atol=1e-5)


# ---- among scikit-learn's other tools


def test_as_the_last_step_of_a_pipeline():
    distilled = distil(RandomForestClassifier(20), SMALL, transfer=FEW, random_state=0)
    model = make_pipeline(StandardScaler(), distilled).fit(X, y)
    assert model[-1].n_transfer_rows_ == 500
    assert model.score(X, y) > 0.6


GRID = {"alpha": [0.5, 1.0], "cross_fit": [True, False], "transfer": [None, "munge"]}


def search(labels, seed):
    X, y = noisy_table(120, flipped=0.2, seed=seed)
    y = y if labels == "noisy" else np.random.default_rng(seed).permutation(y)
    distilled = distil(
        RandomForestClassifier(15),
        MLPStudent((8,), max_iter=3, learning_rate_init=0.02),
        random_state=0,
    )
    return GridSearchCV(distilled, GRID, cv=StratifiedKFold(3)).fit(X[:, 1:], y)


def test_a_search_finds_alpha_labels_and_transfer():
    found = search("noisy", seed=0)
    assert set(found.best_params_) == set(GRID)
    assert found.best_score_ > 0.6
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()
    assert found.best_estimator_.score(*noisy_table_columns(seed=9)) > 0.6


def noisy_table_columns(seed):
    X, y = noisy_table(400, seed=seed)
    return X[:, 1:], y


def test_a_search_is_honest():
    """On labels drawn by lot no student of an unfitted teacher looks good."""
    scores = np.concatenate(
        [search("lots", seed).cv_results_["mean_test_score"] for seed in (0, 1)]
    )
    assert 0.38 < scores.mean() < 0.6
    assert scores.max() < 0.68
