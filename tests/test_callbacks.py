"""Callbacks of users: on a teacher, a student, and around (scikit-learn 1.9)."""

import pickle
import warnings
from collections import Counter

import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.tree import DecisionTreeClassifier

from sklearn_kd import (
    DistilledClassifier,
    DistilledRegressor,
    MLPStudent,
    MLPStudentRegressor,
    MungeSampler,
)
from sklearn_kd.teachers import _label

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


# ---- tasks of our estimators


class Recording(Propagated):
    """Records each task with steps: who, what, of what, and how many of them began."""

    def __init__(self, depth=None, stop_at=None):
        super().__init__()
        self.max_propagation_depth = depth
        self.stop_at = stop_at
        self.begun, self.ended, self.torn_down = [], [], 0

    def teardown(self, estimator, context):
        self.torn_down += 1

    def on_fit_task_begin(self, estimator, context):
        path, parent = [], context
        while parent is not None:
            path.append(parent.task_name)
            parent = parent.parent
        owner = context.estimator_name
        self.begun.append((owner, tuple(path[::-1]), context.max_subtasks))

    def on_fit_task_end(self, estimator, context):
        self.ended.append((context.estimator_name, context.task_name))
        return self.stop_at == (context.task_name, context.task_id)

    def steps(self, name):
        return sum(path[-1] == name for _, path, _ in self.begun)

    def tasks(self, owner):
        """Give the tasks right below the fit of a class, with their steps."""
        top = next(path for one, path, _ in self.begun if one == owner)
        return [
            (path[-1], most)
            for one, path, most in self.begun
            if one == owner and len(path) == len(top) + 1
        ]


POOLED = DistilledClassifier(
    FOREST, small(), transfer=MungeSampler(60), cv=3, random_state=0
)


def test_stages_are_tasks_and_their_steps_are_counted(monkeypatch):
    monkeypatch.setattr(_label, "CHUNK", 30)
    recording = Recording()
    model = clone(POOLED).set_params(objective="fidelity").set_callbacks(recording)
    expected = clone(POOLED).set_params(objective="fidelity").fit(X, y)
    assert_array_equal(model.fit(X, y).predict_proba(X), expected.predict_proba(X))
    assert recording.tasks("DistilledClassifier") == [
        ("fit teacher (RandomForestClassifier)", 0),
        ("cross-fit teacher (RandomForestClassifier)", 3),
        ("label 60 rows (RandomForestClassifier)", 2),
    ]
    paths = {owner: path for owner, path, _ in reversed(recording.begun)}
    assert paths["MLPStudent"] == ("fit", "fit")  # it stands for the task "train"
    assert recording.tasks("MLPStudent") == [("epoch", 0)] * 2
    assert (recording.steps("fold"), recording.steps("chunk")) == (3, 2)
    begun = sorted((owner, path[-1]) for owner, path, _ in recording.begun)
    assert sorted(recording.ended) == begun
    assert recording.torn_down == 1
    assert not [name for name in vars(model.student_) if "callback" in name]


def test_trials_and_members_of_the_pool_do_not_report_as_the_student():
    recording = Recording()
    clone(POOLED).set_callbacks(recording).fit(X, y)
    fits = [path for owner, path, _ in recording.begun if owner == "MLPStudent"]
    assert fits.count(fits[0]) == 1
    assert recording.steps("epoch") == 2
    names = [name for name, _ in recording.tasks("DistilledClassifier")]
    assert "fit student on labels (OnLabels)" in names


def test_a_search_hands_its_callbacks_down():
    recording = Recording()
    model = distil(LogisticRegression(), transfer=None, objective="fidelity")
    search = GridSearchCV(model, {"alpha": [0.5, 1]}, cv=2).set_callbacks(recording)
    search.fit(X, y)
    trained = [path for owner, path, _ in recording.begun if path[-1] == "epoch"]
    assert len(trained) == 5 * 2
    assert trained[0][:2] == ("fit", "search")
    assert recording.torn_down == 1
    for depth, n_epochs in ((0, 0), (1, 0), (2, 10)):
        recording = Recording(depth)
        clone(search).set_callbacks(recording).fit(X, y)
        assert recording.steps("epoch") == n_epochs


@pytest.mark.parametrize("kind", [MLPStudent, MLPStudentRegressor])
def test_a_network_has_epochs_and_stops_when_it_is_told_to(kind):
    recording = Recording(stop_at=("epoch", 3))
    network = kind((8,), max_iter=20, random_state=0).set_callbacks(recording)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        network.fit(X, y)
    assert network.n_iter_ == recording.steps("epoch") == 4
    assert recording.begun[0] == (kind.__name__, ("fit",), 20)
    assert recording.ended[-1] == (kind.__name__, "fit")


def test_a_regressor_reports_too():
    recording = Recording()
    student = MLPStudentRegressor((8,), max_iter=3)
    model = DistilledRegressor(LinearRegression(), student, transfer=None)
    model.set_callbacks(recording).fit(X, y)
    assert recording.steps("epoch") == 3


def test_a_pipeline_with_a_network_is_a_student_that_reports():
    recording = Recording()
    student = make_pipeline(StandardScaler(), small())
    distil(student=student).set_callbacks(recording).fit(X, y)
    assert recording.steps("epoch") == 2


def test_a_student_that_takes_no_callbacks_is_one_task():
    recording = Recording()
    tree = DecisionTreeClassifier(random_state=0)
    distil(student=tree).set_callbacks(recording).fit(X, y)
    assert recording.tasks("DistilledClassifier")[-1] == ("train", 0)


def test_callbacks_of_a_student_that_want_to_be_outermost_stay_so():
    inner, outer = Recording(), Recording()
    student = small().set_callbacks(inner)
    distil(student=student).set_callbacks(outer).fit(X, y)
    assert inner.begun[0] == ("MLPStudent", ("fit",), 2)
    assert outer.steps("epoch") == 0
    assert (inner.torn_down, outer.torn_down) == (1, 1)


def test_callbacks_are_torn_down_after_an_error():
    recording = Recording()
    model = distil(student=small(learning_rate_init=1e20)).set_callbacks(recording)
    with pytest.raises(ValueError, match="diverged"):
        model.fit(X, y)
    assert recording.torn_down == 1
    assert not [name for name in vars(model) if name.startswith("_callback")]
    assert model.set_callbacks().set_params(student=small()).fit(X, y)


def test_callbacks_come_through_clones_and_pickles_and_are_no_parameters():
    model = clone(POOLED)
    params, text = model.get_params(), repr(model)
    model.set_callbacks(Recording())
    assert (model.get_params().keys(), repr(model)) == (params.keys(), text)
    assert clone(model)._skl_callbacks == model._skl_callbacks
    twin = pickle.loads(pickle.dumps(model.fit(X, y)))
    assert_array_equal(twin.predict_proba(X), model.predict_proba(X))


def test_what_is_fitted_is_scored_at_the_end():
    monitor = ScoringMonitor(scoring="accuracy")
    model = distil().set_callbacks(monitor).fit(X, y)
    scores = monitor.get_logs().data
    assert [row["accuracy"] for row in scores] == [model.score(X, y)]


def test_bars_nest_under_that_of_a_search(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "150")
    model = distil(clone(FOREST), cv=3, objective="fidelity")
    search = GridSearchCV(model, {"alpha": [0.5, 1]}, cv=2, n_jobs=2)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, y)
    bars = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert bars[0].startswith("GridSearchCV - fit")
    folds = "DistilledClassifier - cross-fit teacher (RandomForestClassifier) #1"
    assert sum(bar.startswith(folds) for bar in bars) == 5
    epochs = "DistilledClassifier - train | MLPStudent - fit #"
    assert sum(bar.startswith(epochs) for bar in bars) == 5
