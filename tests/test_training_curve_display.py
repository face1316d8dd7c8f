"""Losses of students by epoch, as they are drawn."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from skorch import NeuralNetClassifier
from skorch.callbacks import LRScheduler
from wine import FOREST, X, distil, y

from sklearn_kd import MLPStudent, MLPStudentRegressor, SkorchStudent
from sklearn_kd.inspection import TrainingCurveDisplay
from sklearn_kd.torch import TabularMLP

#: A student of seven epochs.
SEVEN = MLPStudent((4,), max_iter=7, early_stopping=False)

pytestmark = pytest.mark.usefixtures("figures_closed")


@pytest.fixture(scope="module")
def student():
    """A network that overfits, so that its best epoch is not the last one."""
    return MLPStudent((32,), max_iter=40, batch_size=16, random_state=0).fit(X, y)


@pytest.fixture(scope="module")
def net():
    """A skorch net with a schedule of learning rates."""
    schedule = LRScheduler("StepLR", step_size=2, gamma=0.01)
    net = NeuralNetClassifier(TabularMLP, max_epochs=6, verbose=0, callbacks=[schedule])
    return SkorchStudent(net, random_state=0).fit(X, y)


def labels(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_both_losses_are_drawn_by_epoch(student):
    display = TrainingCurveDisplay.from_estimator(student)
    curves = student.loss_curve_, student.validation_loss_curve_
    for line, curve in zip(display.lines_, curves, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), np.arange(len(curve)) + 1)
        np.testing.assert_array_equal(line.get_ydata(), curve)


def test_the_epoch_whose_weights_were_kept_is_marked(student):
    display = TrainingCurveDisplay.from_estimator(student)
    best = display.best_epoch
    assert student.validation_loss_curve_[best - 1] == student.best_loss_
    assert display.best_line_.get_xdata() == [best, best]
    assert labels(display) == [
        "training loss",
        "validation loss",
        f"best epoch: {best} (loss {student.best_loss_:.4g})",
    ]


def test_without_validation_rows_no_epoch_is_marked():
    student = MLPStudent((4,), max_iter=3, early_stopping=False, random_state=0)
    display = TrainingCurveDisplay.from_estimator(student.fit(X, y))
    assert labels(display) == ["training loss"]
    assert display.best_line_ is None


def test_the_history_of_a_skorch_student_is_read(net):
    display = TrainingCurveDisplay.from_estimator(net)
    history = net.net_.history
    for line, key in zip(display.lines_, ("train_loss", "valid_loss"), strict=True):
        np.testing.assert_allclose(line.get_ydata(), history[:, key])
    assert display.best_epoch == np.argmin(history[:, "valid_loss"]) + 1


def test_the_learning_rate_has_an_axis_of_its_own(net):
    display = TrainingCurveDisplay.from_estimator(net)
    rates = display.learning_rate_line_.get_ydata()
    np.testing.assert_allclose(rates[::2] / rates[0], [1, 0.01, 0.0001])
    right = display.learning_rate_line_.axes
    assert right is not display.ax_
    assert (right.get_yscale(), right.get_ylabel()) == ("log", "learning rate")
    assert labels(display)[-1] == "learning rate"


@pytest.mark.parametrize(
    "wrap",
    [
        lambda: distil(FOREST, SEVEN).fit(X, y),
        lambda: distil(FOREST, make_pipeline(StandardScaler(), SEVEN)).fit(X, y),
        lambda: make_pipeline(StandardScaler(), distil(FOREST, SEVEN)).fit(X, y),
        lambda: FrozenEstimator(distil(FOREST, SEVEN).fit(X, y)),
        lambda: GridSearchCV(distil(FOREST, SEVEN), {"alpha": [1]}, cv=2).fit(X, y),
    ],
    ids=["distilled", "pipeline inside", "pipeline around", "frozen", "search"],
)
def test_the_student_may_be_anywhere_inside(wrap):
    display = TrainingCurveDisplay.from_estimator(wrap())
    assert len(display.loss) == 7


def test_a_regressor_has_curves_too():
    X, y = load_diabetes(return_X_y=True)
    student = MLPStudentRegressor((8,), max_iter=5, random_state=0).fit(X, y)
    display = TrainingCurveDisplay.from_estimator(student)
    np.testing.assert_array_equal(display.lines_[0].get_ydata(), student.loss_curve_)


def test_of_a_network_of_scikit_learn_the_best_score_marks_the_epoch():
    network = MLPClassifier((4,), early_stopping=True, max_iter=8, random_state=0)
    with pytest.warns(UserWarning, match="Maximum iterations"):
        network.fit(X, y)
    display = TrainingCurveDisplay.from_estimator(network)
    assert display.best_epoch == np.argmax(network.validation_scores_) + 1
    assert labels(display) == ["training loss", f"best epoch: {display.best_epoch}"]


@pytest.mark.parametrize(
    ("loss", "scale"),
    [([2.0, 0.05], "log"), ([2.0, 0.2], "linear"), ([2.0, -0.05], "linear")],
)
def test_the_axis_is_logarithmic_where_losses_span_much(loss, scale):
    assert TrainingCurveDisplay(loss).plot().ax_.get_yscale() == scale


def test_a_single_epoch_can_be_seen():
    display = TrainingCurveDisplay([0.5], validation_loss=[0.6], best_epoch=1).plot()
    assert [line.get_marker() for line in display.lines_] == [".", "."]
    display.figure_.canvas.draw()
    ticks = [label.get_text() for label in display.ax_.get_xticklabels()]
    assert "1" in ticks
    assert not any("." in tick for tick in ticks)


def test_losses_that_are_not_finite_leave_gaps():
    display = TrainingCurveDisplay([np.inf, 0.5, np.nan, 0.4]).plot()
    display.figure_.canvas.draw()
    assert display.ax_.get_yscale() == "linear"


def test_keywords_of_matplotlib_go_over_our_own():
    display = TrainingCurveDisplay([2, 1], validation_loss=[2, 1]).plot(lw=4, ls=":")
    for line in display.lines_:
        assert (line.get_linewidth(), line.get_linestyle()) == (4, ":")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DecisionTreeClassifier(), "DecisionTreeClassifier has kept no loss"),
        (
            lambda: distil(FOREST, DecisionTreeClassifier()),
            "DecisionTreeClassifier, the student in DistilledClassifier, has kept no",
        ),
    ],
)
def test_a_student_without_losses_is_refused(make, message):
    with pytest.raises(TypeError, match=message):
        TrainingCurveDisplay.from_estimator(make().fit(X, y))


def test_an_estimator_that_is_not_fitted_is_refused():
    with pytest.raises(NotFittedError):
        TrainingCurveDisplay.from_estimator(MLPStudent())


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"validation_loss": [1.0]}, r"validation_loss has shape \(1,\), expected"),
        ({"learning_rate": [[1.0, 2.0]]}, r"learning_rate has shape \(1, 2\)"),
        ({"best_epoch": 3}, "best_epoch must be from 1 to 2, got 3"),
    ],
)
def test_curves_that_do_not_fit_together_are_refused(kwargs, message):
    with pytest.raises(ValueError, match=message):
        TrainingCurveDisplay([2.0, 1.0], **kwargs).plot()
