"""kl_divergence and retention_score: values by hand, weights, and what they refuse."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.stats import entropy
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import f1_score, log_loss, make_scorer

from sklearn_kd.metrics import kl_divergence, retention_score

HALF = [[0.5, 0.5]]
EPS = np.finfo(float).eps


def test_divergence_is_the_mean_relative_entropy():
    generator = np.random.default_rng(0)
    p, q = generator.dirichlet(np.ones(4), size=(2, 30))
    p[:, 0] = 0
    p /= p.sum(axis=1, keepdims=True)
    assert kl_divergence(p, q) == pytest.approx(entropy(p, q, axis=1).mean())
    assert kl_divergence(p, p) == 0


def test_divergence_by_hand_with_weights():
    p, q = [[1.0, 0.0], [0.5, 0.5]], [[0.5, 0.5], [0.5, 0.5]]
    assert kl_divergence(p, q) == pytest.approx(np.log(2) / 2)
    weighted = kl_divergence(p, q, sample_weight=[3, 1])
    assert weighted == pytest.approx(0.75 * np.log(2))


def test_a_class_that_the_student_rules_out_counts_as_the_floor():
    rules_out = [[1.0, 0.0]]
    by_hand = 0.5 * np.log(0.5) + 0.5 * np.log(0.5 / EPS)
    assert kl_divergence(HALF, rules_out) == pytest.approx(by_hand)
    assert kl_divergence(HALF, rules_out, floor=0) == np.inf
    by_hand = 0.5 * np.log(0.5) + 0.5 * np.log(0.5 / 0.01)
    assert kl_divergence(HALF, rules_out, floor=0.01) == pytest.approx(by_hand)


def test_the_floor_is_no_gain_where_the_teacher_is_below_it_too():
    tiny = [[1 - 1e-20, 1e-20]]
    assert kl_divergence(tiny, tiny) == kl_divergence(tiny, [[1.0, 0.0]]) == 0


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_columns_with_names_are_compared_by_name(make):
    p = make({"no": [0.9, 0.2], "yes": [0.1, 0.8]})
    swapped = p[["yes", "no"]]
    assert kl_divergence(p, swapped) == 0
    arrays = kl_divergence(p.to_numpy(), swapped.to_numpy())
    assert kl_divergence(p, swapped.to_numpy()) == arrays > 0  # by place


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
@pytest.mark.parametrize("other", ["other", "no"])
def test_columns_with_names_that_differ_are_refused(make, other):
    p = make({"no": [0.9, 0.2], "yes": [0.1, 0.8]})
    q = pd.DataFrame(p.to_numpy(), columns=["no", other])
    with pytest.raises(ValueError, match=f"named .*'yes'.* and .*'{other}'.*same cla"):
        kl_divergence(p, q)


def test_a_row_of_weight_0_does_not_count_and_large_weights_do():
    p, q = [[0.5, 0.5], [0.5, 0.5], [1, 0]], [[1, 0], [0.5, 0.5], [0.5, 0.5]]
    for heavy in (1, 1e308):
        weight = [0, heavy, heavy]
        divergence = kl_divergence(p, q, floor=0, sample_weight=weight)
        assert divergence == pytest.approx(np.log(2) / 2)
    assert kl_divergence(p, q, floor=0, sample_weight=[1, 1, 1]) == np.inf


@pytest.mark.parametrize(
    ("student", "options", "message"),
    [
        (HALF, {}, "p_teacher has 2 rows and p_student 1"),
        ([[0.5, 0.3, 0.2]] * 2, {}, "p_student has shape"),
        ([[0.5, 0.6]] * 2, {}, "p_student must sum to 1"),
        (HALF * 2, {"floor": -1}, "floor must be from 0 to 1, got -1"),
        (HALF * 2, {"floor": 2}, "floor must be from 0 to 1, got 2"),
        (HALF * 2, {"sample_weight": [1, 1, 1]}, r"sample_weight has shape \(3,\)"),
    ],
)
def test_divergence_refuses_what_does_not_fit(student, options, message):
    with pytest.raises(ValueError, match=message):
        kl_divergence(HALF * 2, student, **options)


def test_retention_divides_accuracies():
    y, teacher, student = list("abba"), list("abbb"), list("aabb")
    assert retention_score(y, teacher, student) == pytest.approx(2 / 3)
    assert retention_score(y, student, teacher) == pytest.approx(3 / 2)
    weighted = retention_score(y, teacher, student, sample_weight=[1, 2, 1, 4])
    assert weighted == pytest.approx(2 / 4)


def test_retention_of_another_metric_and_of_a_loss():
    y, teacher, student = [0, 1, 1, 0], [0, 1, 1, 1], [0, 1, 0, 1]
    ratio = f1_score(y, student) / f1_score(y, teacher)
    assert retention_score(y, teacher, student, metric=f1_score) == ratio
    sure, less = [[0.9, 0.1], [0.1, 0.9]], [[0.6, 0.4], [0.4, 0.6]]
    loss = {"metric": log_loss, "greater_is_better": False}
    by_hand = np.log(0.9) / np.log(0.6)  # less than 1: the loss of the student is more
    assert retention_score([0, 1], sure, less, **loss) == pytest.approx(by_hand)
    weight = [1, 0]
    weighted = retention_score([0, 1], sure, less, sample_weight=weight, **loss)
    assert weighted == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("teacher", "student", "options"),
    [
        ([1, 0], [0, 1], {}),
        ([0, 1], [0, 1], {"metric": lambda y, z: -1.0}),
        ([0, 1], [0, 1], {"metric": lambda y, z: 0.0, "greater_is_better": False}),
    ],
)
def test_retention_without_a_ratio_is_nan_and_warns(teacher, student, options):
    with pytest.warns(UndefinedMetricWarning, match="Retention is undefined"):
        assert np.isnan(retention_score([0, 1], teacher, student, **options))


def test_a_student_without_any_loss_is_infinitely_better():
    def loss(y, predicted):
        return float(np.mean(np.asarray(y) != predicted))

    options = {"metric": loss, "greater_is_better": False}
    assert retention_score([0, 1], [0, 0], [0, 1], **options) == np.inf
    assert retention_score([0, 1], [0, 1], [0, 0], **options) == 0


def test_retention_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="y_true has 3 rows and y_student 2"):
        retention_score([0, 1, 1], [0, 1, 1], [0, 1])
    with pytest.raises(TypeError, match=r"metric must be a function .* got 'f1'"):
        retention_score([0, 1], [0, 1], [0, 1], metric="f1")
    with pytest.raises(TypeError, match=r"function of y_true, y_pred, got make_scorer"):
        retention_score([0, 1], [0, 1], [0, 1], metric=make_scorer(f1_score))
    with pytest.raises(ValueError, match="y_true holds text, such as 'a', and y_teac"):
        retention_score(["a", "b"], [0, 1], [0, 1])
