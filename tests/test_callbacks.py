"""Callbacks of users: on a teacher, a student, and around (scikit-learn 1.9)."""

from collections import Counter

import pytest
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler

pytestmark = pytest.mark.usefixtures("small_teachers")

X, y = load_wine(return_X_y=True)
X = scale(X)
FOREST = RandomForestClassifier(5, random_state=0)


class Counting:
    """Counts the fits of each class."""

    def __init__(self):
        self.fits = Counter()

    def setup(self, estimator, context):
        self.fits[type(estimator).__name__] += 1

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        pass


class Propagated(Counting):
    max_propagation_depth = None


def small(**params):
    return MLPStudent(hidden_layer_sizes=(8,), max_iter=2, random_state=0, **params)


def distil(teacher=FOREST, student=None, **params):
    params = {"transfer": None} | params
    student = small() if student is None else student
    return DistilledClassifier(teacher, student, random_state=0, **params)


def linear(*callbacks):
    return LogisticRegression().set_callbacks(*callbacks)


@pytest.mark.parametrize("kind", [Counting, Propagated])
def test_those_of_a_teacher_are_called_for_each_of_its_fits(kind):
    counting = kind()
    distil(linear(counting)).fit(X, y)
    assert counting.fits == {"LogisticRegression": 1}
    distil(linear(counting), cv=3, transfer=MungeSampler(100)).fit(X, y)
    assert counting.fits == {"LogisticRegression": 1 + 4}
    distil([clone(FOREST), linear(counting)]).fit(X, y)
    assert counting.fits == {"LogisticRegression": 1 + 4 + 1}


def test_those_of_a_student_are_called_once():
    students = [
        linear,
        lambda counting: make_pipeline(
            StandardScaler().set_callbacks(counting), LogisticRegression()
        ),
        lambda counting: small(encoder=StandardScaler().set_callbacks(counting)),
        lambda counting: GridSearchCV(
            LogisticRegression(), {"C": [1, 2]}, cv=2
        ).set_callbacks(counting),
    ]
    for make in students:
        counting = Counting()
        distil(student=make(counting)).fit(X, y)
        assert counting.fits.total() == 1


def test_those_of_a_pipeline_that_is_the_student_are_dropped_with_a_warning():
    counting = Counting()
    student = make_pipeline(StandardScaler(), LogisticRegression())
    student.set_callbacks(counting)
    with pytest.warns(UserWarning, match="callbacks that are set on the student's"):
        distil(student=student).fit(X, y)
    assert not counting.fits


def test_those_around_are_called_for_what_is_around():
    model = distil(LogisticRegression())
    counting = Counting()
    make_pipeline(StandardScaler(), model).set_callbacks(counting).fit(X, y)
    assert counting.fits == {"Pipeline": 1}
    search = GridSearchCV(model, {"temperature": [1, 2]}, cv=2)
    search.set_callbacks(counting).fit(X, y)
    assert counting.fits == {"Pipeline": 1, "GridSearchCV": 1}


def test_scikit_learn_says_that_ours_do_not_take_those_that_are_handed_down():
    counting = Propagated()
    around = make_pipeline(StandardScaler(), distil(LogisticRegression()))
    around.set_callbacks(counting)
    with pytest.warns(UserWarning, match="DistilledClassifier does not support"):
        around.fit(X, y)
    assert counting.fits == {"Pipeline": 1}
    assert not [name for name in vars(around[-1]) if "callback" in name]
