"""The matrix of a teacher's labels against those of its student, as it is drawn."""

from itertools import pairwise

import numpy as np
import pytest
from matplotlib import colors
from matplotlib import pyplot as plt
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from wine import X, distil, y

from sklearn_kd import DistilledRegressor, MLPStudentRegressor
from sklearn_kd.inspection import AgreementDisplay
from sklearn_kd.metrics import agreement_score
from sklearn_kd.metrics._bounds import clopper_pearson_lower, effective_rows

#: Labels that cannot be sorted.
MIXED = np.array(["a", 1], dtype=object)

pytestmark = pytest.mark.usefixtures("figures_closed")


@pytest.fixture(scope="module")
def digits():
    """Labels that a forest and naive Bayes predict for the same handwritten digits."""
    X, y = load_digits(return_X_y=True)
    forest = RandomForestClassifier(20, random_state=0).fit(X[::2], y[::2])
    bayes = GaussianNB().fit(X[::2], y[::2])
    return forest.predict(X[1::2]), bayes.predict(X[1::2])


@pytest.fixture
def rare():
    """Labels of which 99.5 % are one class, with disagreement on both sides."""
    teacher = np.repeat(["common", "rare"], [3980, 20])
    student = teacher.copy()
    student[:4], student[-7:] = "rare", "common"
    return teacher, student


def written(display):
    """Give the numbers in the cells, by row and column."""
    return {
        tuple(at): display.text_[tuple(at)].get_text()
        for at in np.argwhere(display.text_ != None)  # noqa: E711
    }


def test_rows_are_labels_of_the_teacher_and_columns_those_of_the_student(digits):
    display = AgreementDisplay.from_predictions(*digits)
    np.testing.assert_array_equal(display.matrix, confusion_matrix(*digits))
    assert display.ax_.get_xlabel() == "label of the student"
    assert display.ax_.get_ylabel() == "label of the teacher"
    labels = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert labels == list("0123456789")
    assert display.ax_.get_ylim() == (9.5, -0.5)  # as in print, from the top


def test_the_title_has_the_agreement_and_its_lower_bound(digits):
    display = AgreementDisplay.from_predictions(*digits)
    share, n_rows = agreement_score(*digits), len(digits[0])
    lower = clopper_pearson_lower(share * n_rows, n_rows, 0.95)
    title = f"agreement {share:.4f}, at least {lower:.4f} (95 % confidence)"
    assert display.ax_.get_title() == title


def test_weights_count_in_the_cells_and_in_the_bound(digits):
    weight = np.random.default_rng(0).gamma(1, size=len(digits[0]))
    display = AgreementDisplay.from_predictions(*digits, sample_weight=weight)
    expected = confusion_matrix(*digits, sample_weight=weight)
    np.testing.assert_allclose(display.matrix, expected)
    share = agreement_score(*digits, sample_weight=weight)
    n_rows = effective_rows(weight)
    assert n_rows < 0.7 * len(weight)
    lower = clopper_pearson_lower(share * n_rows, n_rows)
    assert f"{share:.4f}, at least {lower:.4f}" in display.ax_.get_title()


def test_a_class_that_dominates_does_not_hide_the_labels_that_differ(rare):
    display = AgreementDisplay.from_predictions(*rare)
    shown = display.im_.get_array()
    assert shown.mask.tolist() == [[True, False], [False, True]]
    assert display.im_.norm.vmax == 7
    assert written(display) == {
        (0, 0): "3,976",
        (0, 1): "4",
        (1, 0): "7",
        (1, 1): "13",
    }


def test_shares_of_the_teacher_s_label_show_that_the_rare_class_is_lost(rare):
    display = AgreementDisplay.from_predictions(*rare, normalize="teacher")
    np.testing.assert_allclose(display.im_.get_array().compressed(), [4 / 3980, 7 / 20])
    assert isinstance(display.im_.norm, colors.LogNorm)
    texts = ["99.9%", "0.1%", "35%", "65%"]
    assert list(written(display).values()) == texts


def test_the_larger_number_stands_out_more_on_either_background(rare):
    for style, background in {"default": 1.0, "dark_background": 0.0}.items():
        with plt.style.context(style):
            display = AgreementDisplay.from_predictions(*rare)
        less, more = (display.im_.cmap(display.im_.norm(n))[:3] for n in (4, 7))
        away = [abs(np.mean(one) - background) for one in (less, more)]
        assert 0.1 < away[0] < away[1]


def test_labels_that_all_agree_need_no_colours(digits):
    display = AgreementDisplay.from_predictions(digits[0], digits[0])
    assert display.im_.get_array().count() == 0
    assert len(display.figure_.axes) == 1
    assert "agreement 1.0000, at least 0.9967" in display.ax_.get_title()


def test_many_classes_with_long_names_have_ticks_that_fit():
    names = np.array([f"a class of long name, number {k:02d}" for k in range(26)])
    teacher = np.repeat(names, 40)
    student = teacher.copy()
    student[::9] = np.roll(teacher, 40)[::9]
    display = AgreementDisplay.from_predictions(teacher, student)
    display.figure_.canvas.draw()
    for axis in (display.ax_.xaxis, display.ax_.yaxis):
        ticks = [label.get_text() for label in axis.get_ticklabels()]
        assert len(set(ticks)) == 26
        boxes = [label.get_window_extent() for label in axis.get_ticklabels()]
        assert not any(a.overlaps(b) for a, b in pairwise(boxes))


def test_nothing_of_two_classes_with_long_names_is_cut_off():
    teacher = ["many more than a few characters"] * 30 + ["no"] * 3
    display = AgreementDisplay.from_predictions(teacher, teacher[::-1])
    display.figure_.draw_without_rendering()
    whole, axes = display.figure_.bbox, display.ax_
    for part in (axes.yaxis.label, axes.xaxis.label, axes.title):
        box = part.get_window_extent()
        assert whole.x0 <= box.x0 < box.x1 <= whole.x1
    assert axes.yaxis.label.get_window_extent().x1 <= min(
        label.get_window_extent().x0 for label in axes.get_yticklabels()
    )


def test_numbers_are_written_only_where_they_fit():
    teacher = np.repeat(np.arange(60), 30)
    student = teacher.copy()
    student[::7] = np.roll(teacher, 30)[::7]
    assert AgreementDisplay.from_predictions(teacher, student).text_ is None
    display = AgreementDisplay.from_predictions(teacher, student, include_values=True)
    assert len(written(display)) == np.count_nonzero(display.matrix)
    display = AgreementDisplay.from_predictions(
        teacher[:90], student[:90], include_values=False
    )
    assert display.text_ is None


def test_dollars_in_names_are_no_formula():
    display = AgreementDisplay.from_predictions(["$x", "y$"], ["$x", "$x"])
    display.figure_.canvas.draw()
    assert not any(label.get_parse_math() for label in display.ax_.get_xticklabels())


def test_keywords_of_matplotlib_go_over_our_own(digits):
    display = AgreementDisplay.from_predictions(
        *digits,
        cmap="viridis",
        im_kw={"vmin": 0, "vmax": 99},
        text_kw={"c": "red", "size": 7},
        xticks_rotation=30,
        values_format=".1f",
        colorbar=False,
    )
    assert display.im_.cmap.name == "viridis"
    assert display.im_.get_clim() == (0, 99)
    text = display.text_[0, 0]
    assert (text.get_color(), text.get_fontsize()) == ("red", 7)
    assert text.get_text() == f"{display.matrix[0, 0]:.1f}"
    assert display.ax_.get_xticklabels()[0].get_rotation() == 30
    assert len(display.figure_.axes) == 1


def test_an_estimator_is_asked_for_the_labels_of_both():
    model = distil().fit(X, y)
    display = AgreementDisplay.from_estimator(model, X)
    expected = confusion_matrix(model.teacher_.predict(X), model.student_.predict(X))
    np.testing.assert_array_equal(display.matrix, expected)


def test_the_estimator_may_be_in_a_pipeline_and_a_search():
    pipeline = make_pipeline(StandardScaler(), distil(RandomForestClassifier(5)))
    search = GridSearchCV(pipeline, {"distilledclassifier__alpha": [0.5]}, cv=2)
    far = 1000 + 7 * X
    model = search.fit(far, y).best_estimator_[-1]
    scaled = search.best_estimator_[:-1].transform(far)
    display = AgreementDisplay.from_estimator(search, far)
    expected = confusion_matrix(
        model.teacher_.predict(scaled), model.student_.predict(scaled)
    )
    np.testing.assert_array_equal(display.matrix, expected)


def test_a_regressor_is_refused_with_what_to_take_instead():
    numbers = X[:, 0]
    student = MLPStudentRegressor((4,), max_iter=2, random_state=0)
    model = DistilledRegressor(
        Ridge().fit(X, numbers), student, transfer=None, objective="fidelity"
    ).fit(X, numbers)
    with pytest.raises(TypeError, match=r"PredictionErrorDisplay\.from_predictions"):
        AgreementDisplay.from_estimator(model, X)


def test_what_has_no_teacher_is_refused():
    with pytest.raises(TypeError, match="has no teacher_ and student_"):
        AgreementDisplay.from_estimator(GaussianNB().fit(X, y), X)


@pytest.mark.parametrize(
    ("sides", "kwargs", "message"),
    [
        ((["a", "b"], ["a"]), {}, "y_teacher has 2 rows and y_student 1"),
        ((["a"], [0]), {}, "never have the same label"),
        ((MIXED, MIXED), {}, "types that do not compare"),
        (([0, 1], [0, 1]), {"normalize": "rows"}, 'normalize must be "teacher"'),
        (([0, 1], [0, 1]), {"display_labels": ["a"]}, "display_labels has 1 labels"),
        (([0, 1], [0, 1]), {"sample_weight": [1, -1]}, "sample_weight"),
    ],
)
def test_what_does_not_fit_together_is_refused(sides, kwargs, message):
    with pytest.raises(ValueError, match=message):
        AgreementDisplay.from_predictions(*sides, **kwargs)


@pytest.mark.parametrize("matrix", [np.ones((2, 3)), np.ones(4), np.ones((0, 0))])
def test_a_matrix_that_is_not_square_is_refused(matrix):
    with pytest.raises(ValueError, match="a row and a column for each class"):
        AgreementDisplay(matrix).plot()
