"""Pickles carry the version of the package, and loading another one warns."""

import copy
import io
import pickle
import warnings

import joblib
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone
from sklearn.datasets import load_wine
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale
from skorch_nets import net

import sklearn_kd
from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    MungeSampler,
    SkorchStudent,
    SoftTargets,
    TabularEncoder,
    UnlabeledRows,
)
from sklearn_kd._run import versions
from sklearn_kd.decoded import DecodedClassifier
from sklearn_kd.inspection import pickled_size
from sklearn_kd.teachers.average import AveragedTeachers
from sklearn_kd.torch import DistillationLoss, TabularMLP

X, y = load_wine(return_X_y=True)
X = scale(X)
STUDENT = MLPStudent(hidden_layer_sizes=(8,), max_iter=2, random_state=0)
LINEAR = LogisticRegression()


def distil(**params):
    params = {"student": STUDENT, "transfer": None, "random_state": 0} | params
    return DistilledClassifier(LINEAR, **params, objective="fidelity")


MODELS = {
    "DistilledClassifier": lambda: distil().fit(X, y),
    "DistilledClassifier, unfitted": distil,
    "MLPStudent": lambda: clone(STUDENT).fit(X, y),
    "MLPStudent, unfitted": lambda: clone(STUDENT),
    "MLPStudent, amid a stream": lambda: clone(STUDENT).partial_fit(X, y, [0, 1, 2]),
    "SkorchStudent": lambda: SkorchStudent(net(max_epochs=1)).fit(X, y),
    "TabularEncoder": lambda: TabularEncoder().fit(X),
    "MungeSampler": lambda: MungeSampler(10).fit(X),
    "SoftTargets": lambda: SoftTargets([[0.5, 0.5]], [0, 1]),
    "UnlabeledRows": lambda: UnlabeledRows(X),
    "DecodedClassifier": lambda: DecodedClassifier(clone(LINEAR)).fit(X, y),
    "TabularMLP": lambda: TabularMLP(4, 2),
    "DistillationLoss": DistillationLoss,
    "AveragedTeachers": lambda: AveragedTeachers([LINEAR], [1.0], [0, 1], [None]),
}


def loaded(data):
    """Load a pickle; give the object and the names that were warned of, in order."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = pickle.loads(data)
    return model, [warning.message for warning in caught]


def pickled_by(version, model, monkeypatch):
    with monkeypatch.context() as other:
        other.setattr(versions, "__version__", version)
        return pickle.dumps(model)


def pickled_before_versions(model):
    """Write a pickle as the package did before it kept its version."""

    class Old(pickle.Pickler):
        def reducer_override(self, value):
            if not isinstance(value, versions.VersionedMixin):
                return NotImplemented
            state = value.__getstate__()
            del state["_sklearn_kd_version"]
            return object.__new__, (type(value),), state

    file = io.BytesIO()
    Old(file).dump(model)
    return file.getvalue()


@pytest.mark.parametrize("case", MODELS)
def test_another_version_warns_and_names_class_and_versions(case, monkeypatch):
    model = MODELS[case]()
    name = case.partition(",")[0]
    current = sklearn_kd.__version__
    for version in ("0.0.1", "9.1"):
        again, caught = loaded(pickled_by(version, model, monkeypatch))
        assert type(again) is type(model)
        assert vars(again).keys() <= vars(model).keys()
        message = caught[-1]
        assert isinstance(message, InconsistentVersionWarning)
        assert message.estimator_name == name
        assert str(message) == (
            f"This {name} was saved by sklearn_kd {version}, and is loaded by "
            f"sklearn_kd {current}: its results may be wrong, or it may fail. Fit it "
            f"again, or load it with sklearn-kd=={version}."
        )


@pytest.mark.parametrize("case", MODELS)
def test_a_pickle_without_a_version_warns(case):
    model = MODELS[case]()
    again, caught = loaded(pickled_before_versions(model))
    assert type(again) is type(model)
    expected = "saved by an older sklearn_kd, which kept no version in it, and is"
    assert expected in str(caught[-1])


@pytest.mark.parametrize("case", MODELS)
def test_the_same_version_does_not_warn_and_leaves_no_trace(case, tmp_path):
    model = MODELS[case]()
    joblib.dump(model, tmp_path / "model")
    copies = [
        pickle.loads(pickle.dumps(model)),
        copy.copy(model),
        copy.deepcopy(model),
        joblib.load(tmp_path / "model"),
    ]
    for again in copies:
        assert vars(again).keys() <= vars(model).keys()
        if hasattr(model, "get_params"):
            if case != "SkorchStudent":  # its net has its place in memory in it
                assert repr(again) == repr(model)
            assert again.get_params().keys() == model.get_params().keys()
    if hasattr(model, "get_params"):
        clone(model)


def test_each_object_inside_is_named_once(monkeypatch):
    model = make_pipeline(StandardScaler(), distil()).fit(X, y)
    again, caught = loaded(pickled_by("0.0.1", model, monkeypatch))
    names = [message.estimator_name for message in caught]
    # the student as a parameter, the fitted one with its encoder, and the whole
    wanted = ["DistilledClassifier", "MLPStudent", "MLPStudent", "TabularEncoder"]
    assert sorted(names) == wanted
    assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_the_warning_comes_before_an_error_of_a_changed_state():
    model = clone(STUDENT).fit(X, y)
    state = model.__getstate__() | {"_sklearn_kd_version": "0.0.1", "coefs_": None}
    with (
        pytest.warns(InconsistentVersionWarning, match="MLPStudent was saved by"),
        pytest.raises(
            TypeError,
            match=r"by sklearn_kd 0\.0\.1, and sklearn_kd .* cannot load it: .*\. Fit "
            r"it again, or load it with sklearn-kd==0\.0\.1\.$",
        ),
    ):
        STUDENT.__class__.__new__(MLPStudent).__setstate__(state)


def test_a_subclass_of_the_users_is_named(monkeypatch):
    global Mine

    class Mine(MLPStudent):
        pass

    data = pickled_by("0.0.1", Mine(), monkeypatch)
    with pytest.warns(InconsistentVersionWarning, match="This Mine was saved by"):
        pickle.loads(data)


def test_a_subclass_with_a_state_of_its_own_is_left_alone():
    global Own

    class Own(MLPStudent):
        def __getstate__(self):
            return vars(self)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pickle.loads(pickle.dumps(Own())).get_params() == Own().get_params()


def test_soft_targets_are_read_only_after_loading():
    soft = pickle.loads(pickle.dumps(MODELS["SoftTargets"]()))
    with pytest.raises(ValueError, match="read-only"):
        soft.proba[0] = 1


def test_what_stands_for_a_model_in_a_cache_is_stable():
    model = MODELS["DistilledClassifier"]()
    first = joblib.hash(model)
    assert joblib.hash(pickle.loads(pickle.dumps(model))) == first
    model.predict(X[:1])
    assert joblib.hash(model) == first
    assert pickled_size(model) == len(pickle.dumps(model, protocol=5))


def test_predictions_are_those_before_pickling():
    model = MODELS["MLPStudent"]()
    again = pickle.loads(pickle.dumps(model))
    for rows in (X, X[:1]):
        assert_array_equal(again.predict_proba(rows), model.predict_proba(rows))
    assert np.array_equal(again.classes_, model.classes_)
