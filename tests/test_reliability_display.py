"""Reliability of teacher and student, as it is drawn."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from wine import X, distil, y

from sklearn_kd import DistilledRegressor, MLPStudentRegressor
from sklearn_kd.inspection import ReliabilityDisplay
from sklearn_kd.metrics._calibration_error import calibration_error

pytestmark = pytest.mark.usefixtures("figures_closed")


def _predictions(load, teacher, student):
    """Give the labels of held-out rows, and what two models predict of them."""
    X, y = load(return_X_y=True)
    models = [one.fit(X[::2], y[::2]) for one in (teacher, student)]
    return y[1::2], *(model.predict_proba(X[1::2]) for model in models)


@pytest.fixture(scope="module")
def cancer():
    student = make_pipeline(StandardScaler(), LogisticRegression())
    return _predictions(load_breast_cancer, GaussianNB(), student)


@pytest.fixture(scope="module")
def digits():
    forest = RandomForestClassifier(20, random_state=0)
    return _predictions(load_digits, forest, GaussianNB())


def points(display, which):
    """Give predictions and shares of one of the two curves, as they are drawn."""
    return display.errorbars_[which].lines[0].get_data()


def bars(display, which):
    """Give the ends of the intervals of one of the curves."""
    segments = display.errorbars_[which].lines[2][0].get_segments()
    return np.array([segment[:, 1] for segment in segments])


def legend(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_bins_of_the_same_width_are_those_of_scikit_learn(cancer):
    y_true, *probas = cancer
    display = ReliabilityDisplay.from_predictions(*cancer, strategy="uniform", n_bins=5)
    for which, proba in enumerate(probas):
        true, predicted = calibration_curve(y_true, proba[:, 1], n_bins=5)
        np.testing.assert_allclose(points(display, which), (predicted, true))
    assert display.ax_.get_xlabel() == "mean predicted probability of 1"


def test_bins_of_the_default_hold_equally_many_rows(cancer):
    display = ReliabilityDisplay.from_predictions(*cancer)
    assert set(display.n_effective[1]) <= {28, 29}
    assert len(display.n_effective[1]) == 10


def test_of_many_classes_confidence_is_compared_with_accuracy(digits):
    y_true, *probas = digits
    display = ReliabilityDisplay.from_predictions(*digits, n_bins=1)
    for which, proba in enumerate(probas):
        accuracy = (proba.argmax(axis=1) == y_true).mean()
        expected = [[proba.max(axis=1).mean()], [accuracy]]
        np.testing.assert_allclose(points(display, which), expected)
    assert display.ax_.get_ylabel() == "share of rows where it is right"


def test_one_of_many_classes_can_be_shown(digits):
    y_true, proba, _ = digits
    display = ReliabilityDisplay.from_predictions(*digits, n_bins=1, pos_label=3)
    expected = [[proba[:, 3].mean()], [(y_true == 3).mean()]]
    np.testing.assert_allclose(points(display, 0), expected)


def test_the_legend_has_the_calibration_error_of_both(digits):
    y_true, *probas = digits
    errors = [calibration_error(proba, y_true) for proba in probas]
    assert legend(ReliabilityDisplay.from_predictions(*digits)) == [
        "perfectly calibrated",
        f"teacher (ECE {errors[0]:.4f})",
        f"student (ECE {errors[1]:.4f})",
    ]


def test_the_calibration_error_does_not_depend_on_which_class_is_shown(cancer):
    both = [ReliabilityDisplay.from_predictions(*cancer, pos_label=k) for k in (0, 1)]
    assert both[0].calibration_errors == both[1].calibration_errors
    assert both[0].pos_label == 0


def test_a_bar_is_the_interval_of_clopper_and_pearson(cancer):
    display = ReliabilityDisplay.from_predictions(*cancer)
    shares, n_rows = display.prob_true[0], display.n_effective[0]
    for bar, share, n in zip(bars(display, 0), shares, n_rows, strict=True):
        exact = binomtest(round(share * n), round(n)).proportion_ci(0.95)
        np.testing.assert_allclose(bar, [exact.low, exact.high])


def test_fewer_rows_have_longer_bars(digits):
    few = [side[:45] for side in digits]
    lengths = [
        np.ptp(bars(ReliabilityDisplay.from_predictions(*sides, labels=range(10)), 0))
        for sides in (digits, few)
    ]
    assert lengths[0] < lengths[1]


def test_weights_count_as_rows(cancer):
    weight = np.random.default_rng(0).integers(0, 3, size=len(cancer[0]))
    rows = np.repeat(np.arange(len(weight)), weight)
    weighted = ReliabilityDisplay.from_predictions(*cancer, sample_weight=weight)
    repeated = ReliabilityDisplay.from_predictions(*(side[rows] for side in cancer))
    for which in (0, 1):
        np.testing.assert_allclose(points(weighted, which), points(repeated, which))
    assert weighted.calibration_errors == pytest.approx(repeated.calibration_errors)


def test_the_axes_show_where_the_points_are():
    rng = np.random.default_rng(0)
    rare = rng.beta(0.5, 60, size=4000)
    y_true = (rng.random(4000) < rare).astype(int)
    proba = np.column_stack([1 - rare, rare])
    display = ReliabilityDisplay.from_predictions(y_true, proba, proba)
    low, high = display.ax_.get_xlim()
    assert -0.01 < low < 0 < max(display.prob_pred[0]) < high < 0.2
    assert display.ax_.get_ylim() == (low, high)


def test_an_estimator_is_asked_for_the_probabilities_of_both():
    model = distil().fit(X, y)
    display = ReliabilityDisplay.from_estimator(model, X, y)
    by_hand = ReliabilityDisplay.from_predictions(
        y, model.teacher_.predict_proba(X), model.student_.predict_proba(X)
    )
    for which in (0, 1):
        np.testing.assert_allclose(points(display, which), points(by_hand, which))


def test_columns_are_matched_by_their_labels():
    names = np.array(["c", "a", "b"])
    teacher = RandomForestClassifier(10, random_state=0).fit(X, names[y])
    display = ReliabilityDisplay.from_estimator(
        distil(teacher).fit(X, names[y]), pd.DataFrame(X).to_numpy(), names[y]
    )
    confidence = teacher.predict_proba(X).max(axis=1)
    weights = display.n_effective[0]
    assert np.average(points(display, 0)[0], weights=weights) == pytest.approx(
        confidence.mean()
    )


def test_two_classes_may_have_any_names_and_the_shown_one_is_named():
    y_true = np.array(["no", "yes"] * 8)
    proba = np.column_stack([np.linspace(0.1, 0.9, 16), np.linspace(0.9, 0.1, 16)])
    display = ReliabilityDisplay.from_predictions(y_true, proba, proba)
    assert display.ax_.get_xlabel() == "mean predicted probability of 'yes'"
    long = np.char.add(y_true, " of a very long name with $ in it")
    display = ReliabilityDisplay.from_predictions(long, proba, proba)
    assert len(display.ax_.get_ylabel()) < 60
    display.figure_.canvas.draw()


def test_keywords_go_over_our_own_and_the_line_may_be_left_out(cancer):
    display = ReliabilityDisplay.from_predictions(*cancer, ref_line=False, lw=3, c="k")
    assert display.line_ is None
    for each in display.errorbars_:
        assert each.lines[0].get_linewidth() == 3
        assert each.lines[0].get_color() == "k"


def test_a_regressor_is_refused():
    student = MLPStudentRegressor((4,), max_iter=2, random_state=0)
    model = DistilledRegressor(
        Ridge().fit(X, X[:, 0]), student, transfer=None, objective="fidelity"
    ).fit(X, X[:, 0])
    with pytest.raises(TypeError, match="ReliabilityDisplay shows the probabilities"):
        ReliabilityDisplay.from_estimator(model, X, y)


@pytest.mark.parametrize(
    ("kwargs", "error", "message"),
    [
        ({"strategy": "equal"}, ValueError, 'strategy must be "quantile" or "uniform"'),
        ({"n_bins": 0}, ValueError, "n_bins must be at least 1"),
        ({"n_bins": "auto"}, TypeError, "n_bins must be an integer"),
        ({"pos_label": 7}, ValueError, "pos_label=7 is not among the labels"),
        ({"labels": [0, 2]}, ValueError, "y has the label 1, which is not among"),
        ({"labels": [0, 1, 2]}, ValueError, "p_teacher has shape"),
        ({"sample_weight": [1]}, ValueError, "sample_weight has shape"),
    ],
)
def test_what_does_not_fit_together_is_refused(cancer, kwargs, error, message):
    with pytest.raises(error, match=message):
        ReliabilityDisplay.from_predictions(*cancer, **kwargs)


def test_probabilities_of_other_rows_are_refused(cancer):
    y_true, teacher, student = cancer
    with pytest.raises(ValueError, match="p_teacher has 284 rows and p_student 283"):
        ReliabilityDisplay.from_predictions(y_true, teacher, student[:-1])
