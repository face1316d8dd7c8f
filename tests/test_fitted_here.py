"""The members of a teacher that ``fit`` fits are out-of-bag without a test."""

import numpy as np
import pytest
from labelled import labelled
from numpy.testing import assert_allclose, assert_array_equal
from recorder import Recorder
from scipy.sparse import csr_array, issparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.naive_bayes import BernoulliNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags
from synthetic_rows import Seeded, Shifted
from teacher_alone import alone

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler
from sklearn_kd.teachers.out_of_sample._bagged import bagged_members

RNG = np.random.default_rng(0)
#: Two classes that every tree separates on out-of-bag rows, too.
EASY = RNG.normal(size=(120, 3)) + 10 * (np.arange(120) % 2)[:, None]
y = np.arange(120) % 2
FOREST = RandomForestClassifier(20, random_state=0)
MODEST = RandomForestClassifier(20, min_samples_leaf=30, random_state=0)
STUDENT = MLPStudent((8,), max_iter=30)
METHODS = CalibratedClassifierCV._parameter_constraints["method"][0].options


def distil(teacher, student=STUDENT, **params):
    params = {"transfer": MungeSampler(200), "random_state": 0} | params
    return DistilledClassifier(teacher, student, **params)


@pytest.mark.parametrize(
    "teacher",
    [
        FOREST,
        MODEST,
        make_pipeline(StandardScaler(), FOREST),
        BaggingClassifier(DecisionTreeClassifier(), 20, random_state=0),
    ],
    ids=["forest", "modest", "pipeline", "bagging"],
)
@pytest.mark.parametrize(
    "params",
    [
        {"objective": alone(out_of_sample=True)},
        *[{"objective": alone(calibration=method)} for method in sorted(METHODS)],
    ],
    ids=str,
)
def test_an_easy_table_is_no_reason_to_refuse(teacher, params):
    assert distil(teacher, **params).fit(EASY, y).score(EASY, y) > 0.9


def test_out_of_bag_predictions_need_no_memorised_labels():
    labels = (EASY[:, 0] + RNG.normal(0, 3, 120) > 5).astype(int)
    forest = clone(MODEST).set_params(oob_score=True)
    model = distil(
        forest, Recorder(), transfer=Shifted(), objective=alone(out_of_sample=True)
    )
    student = model.fit(EASY, labels).student_
    expected = model.teacher_.oob_decision_function_
    assert_allclose(student.soft_.proba[:120], expected, atol=1e-6)


def test_a_teacher_that_came_fitted_still_has_to_show_it():
    fitted = clone(FOREST).fit(EASY, y)
    with pytest.raises(ValueError, match="is known to be out of sample"):
        distil(fitted, objective=alone(out_of_sample=True)).fit(EASY, y)


def test_members_that_saw_every_row_are_no_help():
    teacher = BaggingClassifier(DecisionTreeClassifier(), 5, bootstrap=False)
    with pytest.raises(ValueError, match="is known to be out of sample"):
        distil(teacher, objective=alone(out_of_sample=True)).fit(EASY, y)


class Resampler(TransformerMixin, BaseEstimator):
    """As of imbalanced-learn: what is fitted behind it gets other rows."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X

    def fit_resample(self, X, y):
        return X[::-1], y[::-1]

    def __sklearn_is_fitted__(self):
        return True


class Reordering(RandomForestClassifier):
    """A subclass that fits its trees on other rows, as balanced forests do."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X[::-1], y[::-1], sample_weight)


class Renamed(RandomForestClassifier):
    """A subclass that is fitted like its parent."""


def test_membership_is_not_known_behind_a_resampler_or_in_a_frozen_part():
    rows = labelled(EASY, y, np.arange(2))
    backwards = clone(FOREST).fit(EASY[::-1], y[::-1])
    for teacher, known in [
        (clone(FOREST).fit(EASY, y), True),
        (make_pipeline(StandardScaler().fit(EASY), clone(FOREST).fit(EASY, y)), True),
        (Renamed(20, random_state=0).fit(EASY, y), True),
        (Reordering(20, random_state=0).fit(EASY, y), False),
        (make_pipeline(Resampler(), backwards), False),
        (make_pipeline(StandardScaler().fit(EASY), FrozenEstimator(backwards)), False),
    ]:
        bag = bagged_members(teacher, *rows, None, fitted_here=True)
        assert (bag is not None) == known


def test_labels_given_for_fitted_teachers_are_not_those_of_unfitted_ones():
    noise = np.arange(120) % 11 == 0  # so that the fitted forest shows its memory
    labels = np.array(["no", "yes"])[np.where(noise, 1 - y, y)]
    codes = (labels == "no").astype(int)
    fitted = clone(FOREST).fit(EASY, codes)
    given = {"teacher_classes": ["yes", "no"], "transfer": Shifted()}
    model = distil(
        [fitted, FOREST], Recorder(), objective=alone(out_of_sample=True), **given
    )
    student = model.fit(EASY, labels).student_
    expected = distil(
        FOREST, Recorder(), objective=alone(out_of_sample=True), transfer=Shifted()
    )
    expected = expected.fit(EASY, labels).student_
    gap = student.soft_.proba[:120] - expected.soft_.proba[:120]
    assert np.abs(gap).mean() < 0.1


# ---- sparse rows


class Dropping(Seeded):
    """A sampler of sparse rows with the tag."""

    def sample(self):
        return self.X_[: self.n_samples], np.arange(self.n_samples)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


@pytest.mark.parametrize(
    ("transfer", "sparse"),
    [
        ("auto", True),
        (None, True),
        ("munge", False),
        (MungeSampler(50), False),
        (Shifted(), False),
        (Seeded(), False),
        (Dropping(), True),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_sparse_rows_are_claimed_where_the_sampler_can_make_them(transfer, sparse):
    rows = csr_array((EASY > 5).astype(float))
    model = distil(BernoulliNB(), transfer=transfer)
    assert get_tags(model).input_tags.sparse == sparse
    assert get_tags(clone(model).set_params(alpha=0)).input_tags.sparse
    if sparse:
        model.fit(rows, y)
        assert model.n_transfer_rows_ == (40 if transfer.__class__ is Dropping else 0)
    else:
        with pytest.raises(TypeError, match="cannot make rows like sparse ones"):
            model.fit(rows, y)


def test_synthetic_sparse_rows_reach_the_student_as_such():
    rows = csr_array((EASY > 5).astype(float))
    student = distil(BernoulliNB(), Recorder(), transfer=Dropping(), alpha=0.5)
    X = student.fit(rows, y).student_.X_
    assert issparse(X)
    assert X.shape == (160, 3)
    assert_array_equal(np.unique(X.toarray()), [0, 1])
