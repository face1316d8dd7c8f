"""``objective=``: the teacher alone, or pooled with models of the labels."""

import warnings

import numpy as np
import pytest
from clocks import slowed, stopped
from numpy.testing import assert_array_equal
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler, Pool
from sklearn_kd.students.mlp._training import Trainer

pytestmark = pytest.mark.usefixtures("small_teachers")

X, y = load_digits(return_X_y=True)
X, X_TEST, y, Y_TEST = train_test_split(
    X[y < 3], y[y < 3], train_size=240, random_state=0
)
RNG = np.random.default_rng(2)
NOISY = np.where(RNG.random(len(y)) < 0.3, RNG.permutation(y), y)
SMALL = MLPStudent((16,), max_iter=3)
FOREST = RandomForestClassifier(30, random_state=0).fit(X, y)
BOOSTING = GradientBoostingClassifier(n_estimators=30, random_state=0).fit(X, y)
ALONE = {"teacher": 1.0, "booster": 0.0, "student": 0.0}


def distil(teacher=FOREST, student=SMALL, **params):
    params = {"transfer": MungeSampler(3000), "random_state": 0} | params
    return DistilledClassifier(teacher, student, **params)


class Kept(MLPStudent):
    """A student that keeps what it learned from."""

    def fit(self, X, y, sample_weight=None, soft_targets=None, **params):
        self.targets_ = None if soft_targets is None else soft_targets.proba
        self.codes_ = y
        return super().fit(X, y, sample_weight, soft_targets, **params)


def loss(model, rows=X_TEST, labels=Y_TEST):
    return log_loss(labels, model.predict_proba(rows))


@pytest.mark.parametrize("teacher", [FOREST, BOOSTING], ids=["out-of-bag", "none"])
def test_the_shares_of_the_pool_add_up_to_one(teacher):
    model = distil(teacher).fit(X, y)
    assert list(model.pool_weights_) == ["teacher", "booster", "student"]
    assert sum(model.pool_weights_.values()) == pytest.approx(1)
    assert min(model.pool_weights_.values()) >= 0
    assert type(model.student_on_labels_) is MLPStudent
    assert model.student_on_labels_.hidden_layer_sizes == (16,)
    assert model.student_on_labels_.random_state == 0
    assert_array_equal(model.student_on_labels_.classes_, [0, 1, 2])
    # it learned from labels, and predicts them
    assert model.student_on_labels_.score(X_TEST, Y_TEST) > 0.85


def test_with_fidelity_the_student_learns_from_the_teacher_alone():
    model = distil(objective="fidelity").fit(X, y)
    assert model.pool_weights_ == ALONE
    assert model.student_on_labels_ is None
    pool = Pool(booster=False, student=False, out_of_sample=False)
    same = distil(objective=pool).fit(X, y)
    assert_array_equal(model.predict_proba(X), same.predict_proba(X))


def test_without_a_teacher_there_is_no_pool():
    model = distil(None, alpha=0).fit(X, y)
    assert model.pool_weights_ is None
    assert model.student_on_labels_ is None


def test_without_synthetic_rows_the_training_rows_get_pooled_targets():
    model = distil(student=Kept((16,), max_iter=20), transfer=None).fit(X, y)
    alone = distil(
        student=Kept((16,), max_iter=20), transfer=None, objective="fidelity"
    ).fit(X, y)
    pooled, told = model.student_.targets_, alone.student_.targets_
    assert pooled.shape == told.shape
    assert model.pool_weights_["teacher"] < 1
    codes = alone.student_.codes_
    rows = np.arange(len(codes))
    assert np.log(pooled[rows, codes]).mean() > np.log(told[rows, codes]).mean()


def test_given_soft_targets_are_pooled():
    proba = RandomForestClassifier(30, oob_score=True, random_state=0).fit(X, y)
    proba = proba.oob_decision_function_
    model = distil(None, transfer=None).fit(X, y, teacher_proba=proba)
    assert model.pool_weights_["teacher"] == pytest.approx(0.5)
    declared = distil(None, transfer=None, objective=Pool(out_of_sample=True))
    weights = declared.fit(X, y, teacher_proba=proba).pool_weights_
    assert weights["teacher"] != pytest.approx(0.5)
    assert sum(weights.values()) == pytest.approx(1)


def test_linear_students_learn_from_the_teacher_alone():
    student = LogisticRegression(max_iter=5000)
    model = distil(student=student, transfer="auto").fit(X, y)
    assert model.pool_weights_ == ALONE


@pytest.mark.parametrize("member", ["booster", "student"])
def test_a_member_that_is_left_out_has_no_weight(member):
    model = distil(objective=Pool(**{member: False})).fit(X, y)
    assert model.pool_weights_[member] == 0
    assert (model.student_on_labels_ is None) == (member == "student")


def test_an_overconfident_teacher_is_corrected():
    digits, labels = load_digits(return_X_y=True)
    rng = np.random.default_rng(0)
    noisy = np.where(rng.random(len(labels)) < 0.2, rng.permutation(labels), labels)
    rows, held, told, truth = train_test_split(
        digits, noisy, train_size=700, random_state=0
    )
    teacher = DecisionTreeClassifier(random_state=0).fit(rows, told)
    losses = {
        objective: loss(
            distil(teacher, MLPStudent((32,), max_iter=20), objective=objective).fit(
                rows, told
            ),
            held,
            truth,
        )
        for objective in ("generalization", "fidelity")
    }
    assert losses["generalization"] < losses["fidelity"] - 0.1


class Guess(ClassifierMixin, BaseEstimator):
    """A teacher that learns nothing: its predictions are noise."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        noise = 4 * np.sin(1e4 * X.sum(axis=1)[:, None] * np.arange(1, 4))
        return np.exp(noise) / np.exp(noise).sum(axis=1, keepdims=True)


def test_a_teacher_that_adds_nothing_is_warned_of(monkeypatch):
    monkeypatch.undo()  # a booster of all its trees
    with pytest.warns(UserWarning, match=r"adds next to nothing.*fidelity"):
        model = distil(Guess(), cv=3).fit(X, NOISY)
    assert model.pool_weights_["teacher"] < 0.05
    assert model.score(X_TEST, Y_TEST) > 0.8


@pytest.mark.parametrize("cv", [3, None])
def test_a_constant_teacher_adds_nothing(cv):
    rows, labels = load_digits(return_X_y=True)
    rows, labels = rows[:700], labels[:700] % 3
    dummy = DummyClassifier(strategy="prior")
    teacher = dummy if cv else dummy.fit(rows, labels)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = distil(teacher, cv=cv).fit(rows, labels)
    assert model.pool_weights_["teacher"] < 0.05
    assert any("adds next to nothing" in str(one.message) for one in caught)
    assert model.score(rows, labels) > 0.8


def test_rows_in_the_sample_of_every_tree_are_not_out_of_bag():
    one = RandomForestClassifier(1, random_state=0).fit(X, y)
    many = RandomForestClassifier(60, random_state=0).fit(X, y)
    shares = [distil(forest).fit(X, y).pool_weights_ for forest in (one, many)]
    assert shares[0]["teacher"] < shares[1]["teacher"]


def test_noise_leaves_no_confidence():
    rng = np.random.default_rng(0)
    rows, noise = rng.normal(size=(600, 4)), rng.integers(3, size=600)
    forest = RandomForestClassifier(60, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = distil(forest, MLPStudent((16,), max_iter=10)).fit(rows, noise)
    far = rng.normal(size=(500, 4))
    entropy = -(model.predict_proba(far) * model.predict_log_proba(far)).sum(axis=1)
    assert entropy.mean() > 0.95 * np.log(3)


def test_row_weights_reach_the_default_ensemble_with_metadata_routing():
    with config_context(enable_metadata_routing=True):
        student = MLPStudent((8,), max_iter=1).set_fit_request(sample_weight=True)
        model = distil(None, student, transfer=MungeSampler(300))
        model.fit(X, y, sample_weight=np.ones(len(y)) + (y == 1))
    assert model.score(X, y) > 0.3


def test_a_good_teacher_has_the_most_of_the_pool():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(600, 5))
    labels = (rng.random(600) < 1 / (1 + np.exp(-3 * rows[:, 0]))).astype(int)
    teacher = LogisticRegression()
    model = distil(teacher, cv=3).fit(rows, labels)
    assert model.pool_weights_["teacher"] > 0.6


def test_a_chain_is_pooled_once():
    first = distil().fit(X, y)
    assert first.pool_weights_ != ALONE
    scaled = make_pipeline(StandardScaler(), distil()).fit(X, y)
    for teacher in (first, scaled, FrozenEstimator(first)):
        assert distil(teacher).fit(X, y).pool_weights_ == ALONE
    faithful = distil(objective="fidelity").fit(X, y)
    assert distil(faithful).fit(X, y).pool_weights_ != ALONE


def test_same_seed_same_bits_with_any_number_of_jobs():
    one, two = (
        distil(n_jobs=jobs, transfer=MungeSampler(500)).fit(X, y) for jobs in (1, 2)
    )
    assert one.pool_weights_ == two.pool_weights_
    assert_array_equal(one.predict_proba(X), two.predict_proba(X))


def test_rows_of_weight_zero_count_as_absent():
    weight = np.r_[np.ones(len(X)), np.zeros(40)]
    more = np.r_[X, X[:40]], np.r_[y, 1 - y[:40]]
    given = distil().fit(*more, sample_weight=weight)
    bare = distil(clone(FOREST)).fit(X, y)
    absent = distil(clone(FOREST)).fit(*more, sample_weight=weight)
    assert absent.pool_weights_ == bare.pool_weights_
    assert_array_equal(absent.predict_proba(X), bare.predict_proba(X))
    assert sum(given.pool_weights_.values()) == pytest.approx(1)


def test_weights_reach_the_members():
    weight = np.where(y == 1, 50.0, 1.0)
    params = {"student": MLPStudent((), max_iter=1, weight_decay=0)}
    plain, heavy = (
        distil(BOOSTING, **params).fit(X, y, sample_weight=w).student_on_labels_
        for w in (None, weight)
    )
    share = [m.predict_proba(X_TEST)[:, 1].mean() for m in (plain, heavy)]
    assert share[1] > share[0] + 0.05


def test_groups_stay_whole_in_the_folds():
    groups = np.arange(len(X)) // 8
    model = distil().fit(X, y, groups=groups)
    assert sum(model.pool_weights_.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    "student",
    [
        DecisionTreeClassifier(max_depth=3),
        MLPStudent((8,), max_iter=2, early_stopping=False),
        make_pipeline(StandardScaler(), MLPStudent((8,), max_iter=2)),
    ],
    ids=["tree", "no validation rows", "pipeline"],
)
def test_every_student_can_learn_from_a_pool(student):
    model = distil(BOOSTING, student, transfer=MungeSampler(400)).fit(X, y)
    assert model.pool_weights_["student"] > 0
    inner = getattr(model.student_on_labels_, "steps", [(0, model.student_on_labels_)])
    expected = (8,) if not isinstance(student, DecisionTreeClassifier) else (128, 128)
    assert inner[-1][1].hidden_layer_sizes == expected


@pytest.mark.parametrize(
    "seed", [2**32 - 1, np.random.RandomState(0)], ids=["int", "state"]
)
def test_the_student_may_have_any_seed(seed):
    student = MLPStudent((8,), max_iter=2, early_stopping=False, random_state=seed)
    model = distil(BOOSTING, student, transfer=MungeSampler(300)).fit(X, y)
    assert model.pool_weights_["student"] > 0


def test_few_rows_take_the_centre_of_the_ridge():
    few = np.flatnonzero(y < 2)[:40]
    teacher = LogisticRegression(max_iter=5000).fit(X[few], y[few])
    shares = distil(teacher).fit(X[few], y[few]).pool_weights_
    assert 0.3 <= shares["teacher"] <= 0.6
    assert shares["booster"] / shares["student"] == pytest.approx(0.50 / 0.45)


def test_many_rows_have_no_folds(monkeypatch, capsys):
    from sklearn_kd.pool import _fit

    few = {"transfer": MungeSampler(500), "verbose": 1}
    distil(**few).fit(X, y)
    assert "cross-fitted in 3 folds" in capsys.readouterr().out
    monkeypatch.setattr(_fit, "MOST_FOLDED", 100)
    model = distil(**few).fit(X, y)
    assert "cross-fitted" not in capsys.readouterr().out
    assert sum(model.pool_weights_.values()) == pytest.approx(1)
    assert min(model.pool_weights_.values()) > 0  # too few rows to move the centre


def test_a_class_of_one_row_leaves_no_folds():
    labels = y.copy()
    labels[0] = 7
    model = distil(clone(FOREST)).fit(X, labels)
    assert sum(model.pool_weights_.values()) == pytest.approx(1)
    assert_array_equal(model.classes_, [0, 1, 2, 7])


def test_a_time_limit_is_kept(monkeypatch):
    clock = stopped(monkeypatch)
    slowed(monkeypatch, clock, Trainer, "_epoch", 0.3)
    model = distil(FOREST, MLPStudent((16,)), transfer=MungeSampler(500), time_limit=8)
    with pytest.warns(UserWarning, match="that time_limit left for it"):
        model.fit(X, y)
    assert 7 < clock.now < 10  # 80 without a limit
    assert sum(model.pool_weights_.values()) == pytest.approx(1)


def test_the_members_are_cached(tmp_path, capsys, monkeypatch):
    from sklearn_kd.teachers import _fit
    from sklearn_kd.teachers.out_of_sample import _out_of_fold

    clock = stopped(monkeypatch, _fit)
    monkeypatch.setattr(_out_of_fold, "time", _fit.time)
    slowed(monkeypatch, clock, _fit, "clone", 1.0)  # of every fit, and not cached

    def printed():
        distil(memory=str(tmp_path), verbose=1).fit(X, y)
        return capsys.readouterr().out

    def seconds(text):
        lines = [line for line in text.splitlines() if "fitted" in line]
        return [float(line.split(" in ")[-1].split()[0]) for line in lines]

    first, second = printed(), printed()
    assert seconds(first) == [1.0, 1.0, 3.0, 3.0]  # two models, each in three folds
    assert seconds(second) == [0.0] * 4
    assert "weights in the pool: teacher 0." in first


def test_unlabelled_rows_get_pooled_targets(monkeypatch):
    monkeypatch.undo()  # a booster of all its trees
    teacher = DecisionTreeClassifier(random_state=0).fit(X, y)
    model = distil(teacher, Kept((8,), max_iter=2)).fit(X, y, X_unlabeled=X_TEST)
    targets = model.student_.targets_[-len(X_TEST) :]
    assert not np.isin(targets, [0, 1]).any()  # as the tree's own are
    hard = teacher.predict_proba(X_TEST)
    assert (np.abs(targets - hard) <= 0.6 + 1e-6).all()


def test_ctrl_c_in_a_member_ends_the_fit(monkeypatch):
    def interrupted(self, rows, generator):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "_epoch", interrupted)
    model = distil()
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert not hasattr(model, "student_")


@pytest.mark.parametrize(
    "objective", ["speed", None, 1, Pool, {"booster": True}, MLPStudent()], ids=repr
)
def test_other_objectives_are_refused(objective):
    with pytest.raises((TypeError, ValueError), match="objective"):
        distil(objective=objective).fit(X, y)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("booster", "yes"),
        ("student", 1.5),
        ("student", None),
        ("out_of_sample", "never"),
        ("calibration", "platt"),
    ],
)
def test_wrong_parameters_of_a_pool_are_refused_before_the_teacher(name, value):
    teacher = RandomForestClassifier()
    with pytest.raises(ValueError, match=f"'{name}' parameter of Pool"):
        distil(teacher, objective=Pool(**{name: value})).fit(X, y)


def test_parameters_of_a_pool_can_be_searched():
    model = distil(objective=Pool())
    model.set_params(objective__booster=False)
    assert model.objective.booster is False
    with pytest.raises(ValueError, match=r"objective__booster.*objective=Pool"):
        distil().set_params(objective__booster=False)
    assert repr(clone(model).objective) == "Pool(booster=False)"


def test_a_threshold_of_the_teacher_survives_the_pool():
    from sklearn.model_selection import FixedThresholdClassifier

    rows, labels = load_breast_cancer(return_X_y=True)
    rows, held, labels, _ = train_test_split(rows, labels, random_state=0)
    boosting = GradientBoostingClassifier(n_estimators=10, random_state=0)
    teacher = FixedThresholdClassifier(boosting, threshold=0.8).fit(rows, labels)
    model = distil(teacher, decision_threshold="teacher").fit(rows, labels)
    share = [(m.predict(held) == 1).mean() for m in (teacher, model)]
    assert abs(share[0] - share[1]) < 0.05
    assert model.pool_weights_["teacher"] < 1
