"""Parameters of parameters that have none are refused by name, in grids too."""

import numpy as np
import pytest
import torch
from refusals import refused
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier
from teacher_alone import distil

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    MungeSampler,
    SkorchStudent,
    TabularEncoder,
)

SMALL = MLPStudent((4,), max_iter=2, random_state=0)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2))
y = np.arange(40) % 2


@pytest.mark.parametrize("transfer", ["auto", "munge", None])
def test_a_sampler_that_is_named_only(transfer):
    model = DistilledClassifier(transfer=transfer)
    match = "transfer__n_samples cannot be set while transfer is .*pass transfer=Munge"
    with refused(ValueError, match):
        model.set_params(transfer__n_samples=1000)
    with refused(ValueError, match):
        make_pipeline(StandardScaler(), model).set_params(
            distilledclassifier__transfer__n_samples=1000
        )
    with refused(ValueError, match):
        GridSearchCV(model, {"transfer__n_samples": [10, 20]}, cv=2).fit(X, y)


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("student__tol", None, "while student is None: pass student=MLPStudent()"),
        ("teacher__x", None, "while teacher is None: pass a teacher"),
        (
            "student__encoder__n_knots",
            SMALL,
            "student__encoder__n_knots cannot be set while student__encoder is .auto.: "
            "pass student__encoder=TabularEncoder() to set",
        ),
        (
            "student__mlpstudent__encoder__n_knots",
            make_pipeline(StandardScaler(), SMALL),
            "^student__mlpstudent__encoder__n_knots cannot be set while student__mlp",
        ),
        (
            "student__estimator__tol__x",
            GridSearchCV(SMALL, {}),
            "^student__estimator__tol__x cannot be set: student__estimator__tol is 0",
        ),
        ("teacher__x", np.mean, "while teacher is .*: pass a teacher to set its par"),
        ("teacher__x", "forest", "while teacher is 'forest': pass a teacher to set"),
        ("memory__location", "folder", "memory is .folder., which has no parameter"),
        ("loss__weight", "kl", "loss is .kl., which has no parameter .weight."),
        ("cv__n_splits", 5, "cv is 5, which has no parameter .n_splits."),
        ("cv__n_splits", KFold(3), r"cv is KFold.*which has no parameter"),
        ("random_state__seed", 0, "random_state is 0"),
        ("teacher_classes__x", ["\x1b[31m"], "teacher_classes is ...x1b"),
    ],
)
def test_every_other_parameter(name, value, match):
    part = name.partition("__")[0]
    model = DistilledClassifier(**{part: value})
    with pytest.raises(ValueError, match=match.replace("()", r"\(\)")) as caught:
        model.set_params(**{name: 1})
    assert str(caught.value).isprintable()


def test_students():
    for model, name in [
        (MLPStudent(), "encoder__n_knots"),
        (MLPStudent(), "hidden_layer_sizes__x"),
        (SkorchStudent(None), "net__lr"),
        (SkorchStudent(None), "encoder__n_knots"),
    ]:
        with refused(ValueError, f"{name} cannot be set"):
            model.set_params(**{name: 1})


def test_a_part_and_its_parameters_below_it():
    model = DistilledClassifier(student=SMALL)
    params = {"student__encoder": TabularEncoder(), "student__encoder__n_knots": 8}
    assert model.set_params(**params).student.encoder.n_knots == 8
    net = NeuralNetClassifier(torch.nn.Linear)
    model = DistilledClassifier(student=SkorchStudent(net))
    model.set_params(student__net__module__in_features=2)
    assert net.module__in_features == 2


def test_both_at_once():
    grid = {"transfer": [MungeSampler()], "transfer__n_samples": [20, 40]}
    model = distil(RandomForestClassifier(3), SMALL, random_state=0)
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    assert search.best_estimator_.transfer.n_samples in (20, 40)
    student = MLPStudent().set_params(encoder=TabularEncoder(), encoder__n_knots=8)
    assert student.encoder.n_knots == 8
    with refused(ValueError, "Invalid parameter 'callbacks'"):
        model.set_params(callbacks__x=1)


@pytest.mark.parametrize("part", ["student", "teacher"])
def test_parameters_of_a_default_part_say_what_to_pass(part):
    with pytest.raises(ValueError, match=f"while {part} is None"):
        DistilledClassifier().set_params(**{f"{part}__random_state": 0})
