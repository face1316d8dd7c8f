"""The recipe: what the student learns, and from whom."""

import functools
import pickle
from functools import partial

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from wine import FOREST, STUDENT, X, distil, y

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler
from sklearn_kd._rows import TransferSet
from sklearn_kd._task import Classification
from sklearn_kd.datasets import load_adult
from sklearn_kd.students.weighted._expansion import expand
from sklearn_kd.targets import SoftTargets


class Unusable:
    """A fitted teacher that must not predict."""

    classes_ = (0, 1, 2)

    def predict_proba(self, X):
        raise AssertionError("the teacher predicted")


class Unfittable(ClassifierMixin, BaseEstimator):
    """An unfitted teacher that must not be fitted."""

    def fit(self, X, y):
        raise AssertionError("the teacher was fitted")

    def predict_proba(self, X):
        raise AssertionError("the teacher predicted")


# ---- alpha: from the labels alone to the teacher alone


WEIGHT = np.random.default_rng(0).uniform(0.5, 2.0, size=len(y))


@pytest.mark.parametrize(
    "student",
    [
        STUDENT,
        MLPStudent((8,), max_iter=10, early_stopping=False, dtype="float64"),
        MLPStudent((8,), max_iter=10, random_state=3),
        MLPStudent((8,), max_iter=10, random_state=np.random.RandomState(3)),
        LogisticRegression(),
        DecisionTreeClassifier(max_features=3),
        HistGradientBoostingClassifier(max_iter=5, early_stopping=True),
        HistGradientBoostingClassifier(max_iter=5),
        LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1),
        make_pipeline(StandardScaler(), LogisticRegression()),
    ],
    ids=lambda student: type(student).__name__,
)
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["", "weighted"])
@pytest.mark.parametrize("teacher", [Unusable(), Unfittable(), None])
def test_alpha_0_is_the_student_alone(student, weight, teacher):
    """Bit for bit, and without a teacher; ``cv`` and the rest have no effect."""
    distilled = distil(teacher, student, alpha=0, temperature=3.0, cv=3)
    distilled.fit(X, y, sample_weight=weight, X_unlabeled=X)
    assert distilled.teacher_ is None
    plain, names = clone(student), ["sample_weight"]
    if getattr(student, "random_state", 0) is None:
        plain.set_params(random_state=0)
    if isinstance(student, Pipeline):  # every step that takes weights gets them
        names = [f"{name}__sample_weight" for name, _ in student.steps]
    params = {} if weight is None else dict.fromkeys(names, weight)
    plain.fit(X, y, **params)
    assert_array_equal(distilled.predict_proba(X), plain.predict_proba(X))
    assert_array_equal(distilled.predict(X), plain.predict(X))


def test_alpha_weighs_the_soft_term():
    """From the labels to a teacher that predicts otherwise, in equal steps."""
    wrong = 0.05 + 0.85 * np.eye(3)[(y + 1) % 3]
    for alpha in (0.25, 0.5, 1.0):
        distilled = distil(None, Recorder(), alpha=alpha, temperature=2.0)
        with pytest.warns(UserWarning, match="no higher probability"):
            soft = distilled.fit(X, y, teacher_proba=wrong).student_.soft_
        assert_array_equal(soft.row_alpha, np.full(len(y), alpha))
        assert_allclose(soft.proba, wrong, atol=1e-7)
        assert soft.temperature == 2.0
        assert soft.loss == "kl"
    shares = []
    for alpha in (0.0, 0.3, 0.7, 1.0):
        distilled = distil(None, LogisticRegression(C=100.0), alpha=alpha)
        if alpha:
            with pytest.warns(UserWarning, match="no higher probability"):
                distilled.fit(X, y, teacher_proba=wrong)
        else:
            distilled.fit(X, y, teacher_proba=wrong)
        shares.append(distilled.predict_proba(X)[np.arange(178), y].mean())
    assert_allclose(shares, np.array([1, 0.7, 0.3, 0.0]) * 0.95 + 0.05, atol=0.06)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_at_alpha_1_the_student_says_what_the_teacher_says(temperature):
    """Neither sharpened nor flattened, whatever T: it divides both sides.

    The student is a linear softmax and so is the teacher: the optimum is the teacher.
    """
    teacher = LogisticRegression(C=0.1).fit(X, y)
    exact = {"dtype": "float64", "early_stopping": False, "batch_size": 178}
    student = MLPStudent(
        (),
        encoder=None,
        max_iter=3000,
        learning_rate_init=0.05,
        weight_decay=0,
        **exact,
    )
    distilled = distil(teacher, student, alpha=1.0, temperature=temperature).fit(X, y)
    assert_allclose(distilled.predict_proba(X), teacher.predict_proba(X), atol=1e-3)


# ---- students of other kinds


@pytest.mark.parametrize("alpha", [0.4, 1.0])
def test_expansion_is_exact_for_log_loss(alpha):
    """The expanded fit minimises the blended cross-entropy: no other fit is lower.

    Reference: multinomial logistic regression by a general optimiser, on the loss as
    it stands in the documentation.
    """
    C = 0.05
    student = LogisticRegression(C=C, tol=1e-10, max_iter=5000)
    distilled = distil(student=student, alpha=alpha).fit(X, y, sample_weight=WEIGHT)
    target = alpha * FOREST.predict_proba(X) + (1 - alpha) * np.eye(3)[y]

    def objective(flat):
        coef, intercept = flat[:39].reshape(3, 13), flat[39:]
        logs = log_softmax(X @ coef.T + intercept, axis=1)
        return -C * (WEIGHT[:, None] * target * logs).sum() + 0.5 * (coef**2).sum()

    best = minimize(objective, np.zeros(42), options={"gtol": 1e-6})
    assert_allclose(distilled.student_.coef_, best.x[:39].reshape(3, 13), atol=2e-4)


def test_expansion_writes_each_row_once_per_class_with_mass():
    soft = SoftTargets(
        [[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.2, 0.3, 0.5]],
        classes=["a", "b", "c"],
        row_alpha=[0.5, 1.0, 1.0],
    )
    rows = TransferSet(
        np.arange(6.0).reshape(3, 2),
        Classification(np.array(["a", "b", "c"])),
        np.array([2, 1, 0]),
        np.array([1.0, 2.0, 4.0]),
        soft,
    )
    expanded, labels, weight, source = expand(rows)
    assert_array_equal(expanded[:, 0], [0, 0, 0, 2, 4, 4, 4])
    assert_array_equal(labels, list("abcbabc"))
    assert_array_equal(source, [0, 0, 0, 1, 2, 2, 2])
    assert_allclose(weight, [0.25, 0.25, 0.5, 2.0, 0.8, 1.2, 2.0])


SOFT_STUDENTS = {
    "logistic": LogisticRegression(),
    "tree": DecisionTreeClassifier(min_samples_leaf=5),
    "boosting": HistGradientBoostingClassifier(max_iter=50),
    "boosting that stops": HistGradientBoostingClassifier(early_stopping=True),
    "lightgbm": LGBMClassifier(n_estimators=50, verbose=-1, n_jobs=1),
    "pipeline": make_pipeline(StandardScaler(), LogisticRegression()),
    "pipeline of ours": make_pipeline(StandardScaler(), STUDENT),
    "nested pipeline": make_pipeline(
        StandardScaler(), make_pipeline("passthrough", STUDENT)
    ),
}


@pytest.mark.parametrize("name", SOFT_STUDENTS)
def test_students_of_other_kinds_learn_softly(name):
    """Closer to the teacher's probabilities than the same student on the labels."""
    teacher = LogisticRegression(C=0.02).fit(X, y)
    soft = teacher.predict_proba(X)
    student = SOFT_STUDENTS[name]
    before = pickle.dumps(student)
    taught = distil(teacher, student, alpha=1.0).fit(X, y)
    alone = distil(teacher, student, alpha=0.0).fit(X, y)
    distance = [np.abs(one.predict_proba(X) - soft).mean() for one in (taught, alone)]
    assert distance[0] < 0.5 * distance[1]
    assert taught.score(X, y) > 0.9
    assert pickle.dumps(student) == before
    assert type(taught.student_) is type(student)


def test_a_student_that_splits_rows_off_by_itself_gets_them_all():
    """Gradient boosting takes ``X_val`` too: only those of our rule get one."""
    seen = []

    class Watched(HistGradientBoostingClassifier):
        def fit(self, X, y, sample_weight=None, *, X_val=None):
            seen.append((len(np.unique(X, axis=0)), X_val))
            return super().fit(X, y, sample_weight)

    for alpha in (0.0, 1.0):
        distil(student=Watched(max_iter=2), alpha=alpha).fit(X, y)
    assert seen == [(178, None), (178, None)]


class Counter(BaseEstimator):
    """A transformer without ``fit_transform`` that counts what it is fitted on."""

    def fit(self, X, y=None):
        self.n_rows_, self.mean_, self.labels_ = len(X), X.mean(axis=0), y
        return self

    def transform(self, X):
        return X - self.mean_


@pytest.mark.parametrize("last", [LogisticRegression(), STUDENT, Recorder()])
def test_transformers_of_a_student_see_the_rows_as_they_are(last):
    """Expansion would shift a scaler's mean, to the rows with soft teachers."""
    student = Pipeline(
        [("scale", StandardScaler()), ("count", Counter()), ("last", last)]
    )
    fitted = distil(student=student).fit(X, y).student_
    n_rows = fitted["count"].n_rows_
    assert fitted["scale"].n_samples_seen_ == n_rows
    if isinstance(last, MLPStudent):  # a tenth decides when training stops
        assert 178 - n_rows == pytest.approx(17.8, abs=1)
    else:
        assert n_rows == 178
        assert_allclose(fitted["scale"].mean_, X.mean(axis=0), atol=1e-12)
        assert_array_equal(fitted["count"].labels_, y)


def test_validation_rows_pass_the_transformers_too():
    class Watched(MLPStudent):
        @functools.wraps(MLPStudent.fit)
        def fit(self, X, y, **params):
            self.lowest_ = X.min(), params["X_val"].min()
            return super().fit(X, y, **params)

    last = Watched((8,), max_iter=2)
    student = make_pipeline(FunctionTransformer(lambda X: X + 100), last)
    assert min(distil(student=student).fit(X, y).student_[-1].lowest_) > 90


def test_a_class_without_any_mass_stays_a_class():
    """A student of the other kind is never shown it; its column is 0."""
    proba = np.eye(3)[np.where(y == 2, 0, y)] * 0.9 + [0.05, 0.05, 0.0]
    distilled = distil(None, LogisticRegression(), alpha=1.0)
    distilled.fit(X, y, teacher_proba=proba)
    assert_array_equal(distilled.classes_, [0, 1, 2])
    assert_array_equal(distilled.student_.classes_, [0, 1])
    assert_array_equal(distilled.predict_proba(X)[:, 2], 0)
    assert_array_equal(distilled.predict_log_proba(X)[:, 2], -np.inf)
    assert_allclose(distilled.predict_proba(X).sum(axis=1), 1)


def test_a_student_offers_what_it_has():
    distilled = distil(student=LinearSVC())
    for method in ("predict_proba", "predict_log_proba"):
        assert not hasattr(distilled, method)
        assert hasattr(distil(), method)
    assert distilled.fit(X, y).score(X, y) > 0.9


# ---- real data


REAL = {
    "breast cancer": load_breast_cancer,
    "digits": partial(load_digits, n_class=5),
    "wine": load_wine,
}


@pytest.mark.parametrize("name", REAL)
def test_real_numbers(name):
    """A forest, and a student that follows it on rows that neither was fitted on."""
    rows, labels = REAL[name](return_X_y=True)
    parts = train_test_split(
        rows, labels, test_size=0.4, random_state=0, stratify=labels
    )
    X_train, X_test, y_train, y_test = parts
    teacher = RandomForestClassifier(100, random_state=0).fit(X_train, y_train)
    distilled = DistilledClassifier(
        teacher, transfer=MungeSampler(2000), random_state=0
    )
    distilled.fit(X_train, y_train)
    assert distilled.score(X_test, y_test) > 0.97 * teacher.score(X_test, y_test)
    agreement = np.mean(distilled.predict(X_test) == teacher.predict(X_test))
    assert agreement > 0.93


def test_real_mixed_columns():
    """Adult: categories, missing values, and a teacher that needs its frame."""
    adult = load_adult()
    rows, labels = adult.data.sample(1500, random_state=0), adult.target
    labels = labels.loc[rows.index]
    X_train, X_test, y_train, y_test = train_test_split(rows, labels, random_state=0)
    encoder = make_column_transformer(
        (SimpleImputer(), make_column_selector(dtype_include="number")),
        (
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
            make_column_selector(dtype_exclude="number"),
        ),
    )
    teacher = make_pipeline(encoder, RandomForestClassifier(50, min_samples_leaf=3))
    teacher.set_params(randomforestclassifier__random_state=0).fit(X_train, y_train)
    distilled = DistilledClassifier(
        teacher, transfer=MungeSampler(4000), random_state=0
    )
    distilled.fit(X_train, y_train)
    assert distilled.score(X_test, y_test) > 0.97 * teacher.score(X_test, y_test)
    plain = DistilledClassifier(alpha=0, random_state=0).fit(X_train, y_train)
    soft = teacher.predict_proba(X_test)
    losses = [
        -(soft * one.predict_log_proba(X_test)).sum(axis=1).mean()
        for one in (distilled, plain)
    ]
    assert losses[0] < losses[1]
