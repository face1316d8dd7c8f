"""Every parameter refuses what it cannot use: by its name, and before any teacher."""

import datetime
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch
from refusals import refused
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier
from untouched import N, Unfitted, X, y

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    MungeSampler,
    SoftTargets,
    TabularEncoder,
    UnlabeledRows,
    compute_soft_targets,
)
from sklearn_kd.datasets import load_adult
from sklearn_kd.inspection import (
    compare,
    count_parameters,
    pickled_size,
    prediction_latency,
    throughput,
)
from sklearn_kd.losses import LOSSES, distillation_loss
from sklearn_kd.metrics import agreement_scorer, kl_divergence
from sklearn_kd.torch import DistillationLoss, TabularMLP, TensorBatchLoader

ESCAPE = "\x1b[31mred\u202e\n"
#: What is no number at all.
NO_NUMBERS = [
    np.nan,
    np.inf,
    True,
    np.True_,
    np.array(1.0),
    [1.0],
    {},
    1j,
    "1.5",
    ESCAPE,
    b"1",
    Decimal("0.5"),
    np.timedelta64(1, "s"),
    np.datetime64("NaT"),
    datetime.date(2020, 1, 1),
    pd.NA,
    10**400,
    object(),
    int,
]
SMALL = MLPStudent((4,), max_iter=2, random_state=0)
TREE = DecisionTreeClassifier(max_depth=2).fit(X, y)
PROBA = np.full((N, 2), 0.5)
SOFT = SoftTargets(PROBA, [0, 1])
LOGITS = np.zeros((N, 2))


def distil(**params):
    DistilledClassifier(**({"teacher": Unfitted(), "student": SMALL} | params)).fit(
        X, y
    )


def of(make):
    return lambda **params: make(**params).fit(X, y)


NUMBERS = {
    distil: [
        *["alpha", "temperature", "time_limit"],
        *["decision_threshold", "n_jobs"],
    ],
    of(MLPStudent): [
        *["learning_rate_init", "weight_decay", "tol", "validation_fraction"],
        *["max_iter", "batch_size", "n_iter_no_change", "time_limit"],
        "hidden_layer_sizes",
    ],
    of(TabularEncoder): ["n_knots", "n_bins", "min_frequency", "max_categories"],
    of(MungeSampler): [
        *["n_samples", "n_neighbors", "swap_probability", "local_variance"]
    ],
    lambda **p: SoftTargets(PROBA, [0, 1], **p): ["temperature"],
    LOSSES["kl"]: ["temperature"],
    DistillationLoss: ["temperature"],
    lambda **p: compute_soft_targets(TREE, X, **p): ["batch_size", "n_jobs"],
    lambda **p: prediction_latency(TREE, X, **p): ["n_calls", "time_limit", "n_jobs"],
    lambda **p: throughput(TREE, X, **p): ["n_repeats", "n_jobs"],
    lambda **p: compare({"teacher": TREE}, X, y, **p): ["n_calls", "time_limit"],
    lambda **p: TabularMLP(**({"n_features": 2, "n_classes": 2} | p)): [
        *["n_features", "n_classes", "dropout"]
    ],
    lambda **p: TensorBatchLoader((X, y), **p): ["batch_size"],
}


def is_visible(message):
    return all(line.isprintable() for line in message.split("\n"))


def check(call, name, value):
    with pytest.raises((TypeError, ValueError)) as caught:
        call(**{name: value})
    message = str(caught.value)
    assert name in message, message
    assert is_visible(message)


@pytest.mark.parametrize(
    ("call", "name"),
    [(call, name) for call, names in NUMBERS.items() for name in names],
)
def test_what_is_no_number_is_refused_by_name(call, name):
    for value in NO_NUMBERS:
        if name == "hidden_layer_sizes" and isinstance(value, dict):
            continue  # a net without hidden layers
        check(call, name, value)


@pytest.mark.parametrize(
    ("call", "name", "values"),
    [
        (distil, "temperature", [1e300, 1e-300, 0, -1, 1e4, 1e-4]),
        (LOSSES["dkd"], "temperature", [1e300, 1e-300]),
        (DistillationLoss, "temperature", [1e300, 1e-300]),
        (of(MLPStudent), "learning_rate_init", [1e300, 1e-300]),
        (of(MLPStudent), "weight_decay", [1e300, -1.0]),
        (of(MLPStudent), "max_iter", [2**31, -1, 1.0]),
        (of(MLPStudent), "hidden_layer_sizes", [2**31, "8", np.array(3), [1.5], [[3]]]),
        (distil, "random_state", [np.timedelta64(1, "s"), -1, "1", 2**32]),
        (distil, "verbose", [np.timedelta64(1, "s"), -1, "1"]),
        (distil, "cv", [np.array(3), b"ab", "ab", 1, 3.0, [np.int64(1)]]),
        (distil, "teacher_weights", [{}, {1}, ["1"], [None], [[1], [1, 2]], [1j]]),
        (distil, "memory", ["/dev/null", "a\0b", "", 3, b"folder"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_numbers_and_objects_out_of_range(call, name, values):
    for value in values:
        check(call, name, value)


@pytest.mark.parametrize(
    "params",
    [
        {"alpha": Fraction(1, 2)},
        {"alpha": 1e-300},
        {"temperature": np.longdouble(2)},
        {"time_limit": np.float16(1000)},
        {"teacher_weights": [1e300]},
    ],
    ids=str,
)
def test_any_type_of_number_gives_what_a_float_gives(params):
    def answers(params):
        params = {"transfer": MungeSampler(100), "random_state": 0} | params
        teacher = DecisionTreeClassifier(max_depth=3, random_state=0)
        model = DistilledClassifier(teacher, SMALL, **params).fit(X, y)
        return model.predict_proba(X)

    [(name, value)] = params.items()
    plain = [1.0] if isinstance(value, list) else float(value)
    np.testing.assert_array_equal(answers(params), answers({name: plain}))


def test_small_integers_do_not_overflow():
    params = {"batch_size": 50, "max_iter": 100, "n_iter_no_change": 100}
    short = {name: np.int8(value) for name, value in params.items()}
    fits = [MLPStudent((4,), random_state=0, **p).fit(X, y) for p in (params, short)]
    np.testing.assert_array_equal(*(fit.predict_proba(X) for fit in fits))


def objects(*values):
    column = np.empty(N, dtype=object)
    column[:] = [values[i % len(values)] for i in range(N)]
    return column


COLUMNS = {
    "digits": np.array(["1.5"] * N),
    "strings among objects": objects(1.0, "1.5"),
    "escapes": objects(ESCAPE),
    "bytes": np.array([b"1"] * N),
    "dates": np.arange(N).astype("M8[D]"),
    "durations": np.arange(1, N + 1).astype("m8[s]"),
    "complex": np.full(N, 1j),
    "missing": objects(1, None),
    "NA": objects(1, pd.NA),
    "NaT": objects(1, pd.NaT),
    "lists": objects([1], [2]),
    "lists of many lengths": [[1], [1, 2]] * (N // 2),
    "objects": objects(object()),
    "a huge integer": objects(1, 10**400),
    "three dimensions": np.ones((N, 1, 1)),
    "a column": np.ones((N, 1)),
    "too few": np.ones(3),
    "no dimension": np.array(1.0),
    "a dict": dict.fromkeys(range(N), 1.0),
    "a generator": (1.0 for _ in range(N)),
    "masked": np.ma.masked_array(np.ones(N), mask=np.arange(N) == 0),
    "records": np.zeros(N, [("a", float), ("b", int)]),
    "negative": -np.ones(N),
    "infinite": np.full(N, np.inf),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_weights_that_are_no_numbers(name):
    def fit(**weights):
        DistilledClassifier(Unfitted(), SMALL, transfer=None).fit(X, y, **weights)

    def validate(**weights):
        SMALL.fit(X, y, X_val=X, y_val=y, **weights)

    check(fit, "sample_weight", COLUMNS[name])
    check(validate, "sample_weight_val", COLUMNS[name])
    check(
        lambda **p: DistilledClassifier([Unfitted()] * N, SMALL, **p).fit(X, y),
        "teacher_weights",
        COLUMNS[name],
    )
    check(
        lambda **p: distillation_loss(LOGITS, y, SOFT, **p),
        "sample_weight",
        COLUMNS[name],
    )


@pytest.mark.parametrize("name", ["hard", "outputs", "soft_targets"])
def test_arguments_of_a_loss(name):
    good = {"outputs": LOGITS, "hard": y, "soft_targets": SOFT}
    for column in ("digits", "lists of many lengths", "too few", "records", "dates"):
        check(lambda **p: distillation_loss(**(good | p)), name, COLUMNS[column])


def test_labels_in_an_array_of_objects():
    for values, fix in [
        ((1, 2), r"y\.astype\(int\)"),
        ((np.int64(0), 1.0), r"y\.astype\(int\)"),
        ((True, False), r"y\.astype\(bool\)"),
        ((1, "a"), r"y\.astype\(str\)"),
        ((Decimal(1), Decimal(2)), r"y\.astype"),
        (((1,), (2,)), r"y\.astype\(str\)"),
    ]:
        for model in (DistilledClassifier(Unfitted(), SMALL), SMALL):
            with refused(
                ValueError, f"y (is an array of objects|holds labels that).*{fix}"
            ):
                model.fit(X, objects(*values))
    SMALL.fit(X, objects(np.str_("a"), "b"))
    for name in ("complex", "records", "lists of many lengths", "too few", "masked"):
        with refused(ValueError, "^y "):
            SMALL.fit(X, COLUMNS[name])
        with refused(ValueError, "y_val"):
            SMALL.fit(X, y, X_val=X, y_val=COLUMNS[name])


def test_one_class_is_named_as_a_plain_value():
    for value, shown in [(np.int64(1), "1"), (np.str_("a"), "'a'"), (ESCAPE, "'.x1b")]:
        with refused(ValueError, f"only one class: {shown}"):
            SMALL.fit(
                X, objects(value) if isinstance(value, str) else np.full(N, value)
            )


@pytest.mark.parametrize(
    "rows",
    [
        np.full((N, 2), 1j),
        np.zeros((N, 2), "V8"),
        np.ma.masked_array(X, mask=X > 1),
        [[1], [1, 2]] * (N // 2),
        np.arange(2 * N).reshape(N, 2).astype("M8[D]"),
        np.arange(2 * N).reshape(N, 2).astype("m8[s]"),
    ],
    ids=["complex", "void", "masked", "ragged", "dates", "durations"],
)
def test_rows_of_no_use(rows):
    for student in (SMALL, DecisionTreeClassifier()):
        with refused((TypeError, ValueError), r"\bX\b|Column 0"):
            DistilledClassifier(Unfitted(), student, transfer=None).fit(rows, y)
    with refused((TypeError, ValueError), r"\bX\b|Column 0"):
        DistilledClassifier(None, DecisionTreeClassifier(), transfer=None).fit(rows, y)


def test_marks_of_missing_values_that_do_not_compare():
    rows = np.array([[1, pd.NA], [2, 3]] * (N // 2), dtype=object)
    teacher = AdaBoostClassifier()
    with refused(ValueError, "X contains NaN.*impute"):
        DistilledClassifier(teacher, SMALL).fit(rows, y)


def test_no_rows_at_all():
    fit = DistilledClassifier(Unfitted(), SMALL).fit
    for value in (3.0, None, np.array(1.0), (1.0 for _ in range(N))):
        check(lambda **p: fit(X, y, **p), "X_unlabeled", UnlabeledRows(value))
        assert "UnlabeledRows" in repr(UnlabeledRows(value))
        for measure in (compute_soft_targets, prediction_latency, throughput):
            check(lambda measure=measure, **p: measure(TREE, **p), "X", value)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda model: prediction_latency(model, X), "model"),
        (lambda model: throughput(model, X), "model"),
        (lambda estimator: agreement_scorer(TREE)(estimator, X), "estimator"),
        (lambda teacher: agreement_scorer(teacher)(TREE, X), "teacher"),
        (lambda models: compare(models, X, y), "models"),
        (lambda models: compare({"teacher": models}, X, y), "models"),
        (
            lambda p_teacher: kl_divergence(p_teacher, PROBA),
            "p_teacher",
        ),
        (
            lambda p_student: kl_divergence(PROBA, p_student),
            "p_student",
        ),
    ],
)
def test_measures_of_what_is_no_model(call, name):
    for value in (
        3,
        "model",
        ESCAPE,
        None,
        DecisionTreeClassifier,
        lambda X: X,
        [TREE],
    ):
        check(call, name, value)


def test_rows_labels_and_names_for_an_encoder():
    encoder = TabularEncoder().fit(X)
    for value in (ESCAPE, b"rows", 1j):
        check(lambda **p: encoder.transform(**p), "X", value)
        check(lambda **p: SMALL.fit(X, y).predict(**p), "X", value)
    for value in (ESCAPE, np.ones(3), {}, 3.0):
        check(lambda **p: TabularEncoder().fit(X, **p), "y", value)
    for value in (3, {}, "name", np.array("name"), object()):
        check(encoder.get_feature_names_out, "input_features", value)


def test_what_cannot_be_pickled():
    for measure in (pickled_size, count_parameters):
        with refused(TypeError, "model cannot be pickled.*lambda.*top of a module"):
            measure(lambda: 0)


def test_switches():
    for value in ("yes", 1, np.ones(2), None):
        check(load_adult, "return_X_y", value)
        check(load_adult, "as_frame", value)
        for name in ("shuffle", "drop_last"):
            check(lambda **p: TensorBatchLoader((X, y), **p), name, value)
    check(lambda **p: TensorBatchLoader((X, y), **p), "device", ESCAPE)
    check(lambda **p: TensorBatchLoader((X, y), **p), "generator", 3)
    assert len(TensorBatchLoader((X, y), generator=torch.Generator())) == 1
