"""What all displays keep to: axes, styles, pyplot, and matplotlib that is missing."""

import pickle
import sys

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgb
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier
from wine import X, distil, y

from sklearn_kd import inspection
from sklearn_kd.inspection.displays._drawing import palette, short_texts

pytestmark = pytest.mark.usefixtures("figures_closed")

NAMES = [
    "AgreementDisplay",
    "ReliabilityDisplay",
    "TrainingCurveDisplay",
    "TradeOffDisplay",
]


@pytest.fixture(scope="module")
def arguments():
    """What ``from_estimator`` of each display is called with."""
    model = distil().fit(X, y)
    tree = DecisionTreeClassifier(random_state=0)
    search = GridSearchCV(tree, {"max_depth": [1, 2]}, cv=2).fit(X, y)
    return {
        "AgreementDisplay": (model, X),
        "ReliabilityDisplay": (model, X, y),
        "TrainingCurveDisplay": (model,),
        "TradeOffDisplay": (search,),
    }


@pytest.fixture(params=NAMES)
def draw(request, arguments):
    """The ``from_estimator`` of a display, with what it needs."""
    kind = getattr(inspection, request.param)
    return lambda **kwargs: kind.from_estimator(*arguments[request.param], **kwargs)


def drawn(ax):
    """Count what has been drawn in axes."""
    return len(ax.lines) + len(ax.images) + len(ax.collections) + len(ax.containers)


def test_a_figure_is_made_where_no_axes_are_passed(draw):
    display = draw()
    assert display.ax_.figure is display.figure_
    assert plt.get_fignums() == [display.figure_.number]
    display.figure_.canvas.draw()


def test_axes_that_are_passed_are_drawn_in_and_no_figure_is_made(draw):
    figure, (left, right) = plt.subplots(1, 2)
    display = draw(ax=right)
    assert display.ax_ is right
    assert display.figure_ is figure
    assert drawn(right)
    assert not drawn(left)
    assert plt.get_fignums() == [figure.number]


def test_the_axes_of_a_subfigure_are_drawn_in(draw):
    below = plt.figure().subfigures(2, 1)[1]
    assert draw(ax=below.subplots()).figure_ is below


def test_plot_draws_again_in_a_figure_of_its_own(draw):
    display = draw()
    first = display.ax_
    assert display.plot() is display
    assert display.ax_ is not first
    assert drawn(display.ax_) == drawn(first)


def test_no_global_setting_of_matplotlib_changes(draw):
    before = dict(matplotlib.rcParams)
    draw()
    assert dict(matplotlib.rcParams) == before


def test_several_axes_are_refused(draw):
    _, axes = plt.subplots(1, 2)
    with pytest.raises(TypeError, match="ax must be one Axes of matplotlib"):
        draw(ax=axes)


def test_what_is_drawn_can_be_seen_on_a_dark_background(draw):
    with plt.style.context("dark_background"):
        display = draw()
    for line in display.ax_.lines:
        assert max(to_rgb(line.get_color())) > 0.7
    assert display.ax_.xaxis.label.get_color() == "white"


def test_the_palette_has_a_contrast_to_either_background():
    def luminance(color):
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in to_rgb(color)
        ]
        return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))

    for style, ratio in {"default": 3.0, "dark_background": 5.0}.items():
        with plt.style.context(style):
            _, ax = plt.subplots()
        background = luminance(ax.get_facecolor()[:3])
        for color in palette(ax).values():
            light, dark = sorted([luminance(color), background], reverse=True)
            assert (light + 0.05) / (dark + 0.05) > ratio


def test_a_display_can_be_pickled_and_drawn_again(arguments):
    for name, given in arguments.items():
        display = getattr(inspection, name).from_estimator(*given)
        for made in ("ax_", "figure_"):
            assert hasattr(display, made)
        bare = type(display).__new__(type(display))
        kept = {key: v for key, v in vars(display).items() if not key.endswith("_")}
        vars(bare).update(pickle.loads(pickle.dumps(kept)))
        assert drawn(bare.plot().ax_) == drawn(display.ax_)


def test_without_matplotlib_the_error_says_what_to_install(draw, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"needs matplotlib.*pip install matplotlib"):
        draw()


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["a", "b"], ["a", "b"]),
        ([1.5, True], ["1.5", "True"]),
        (["a\nb"], ["a\\nb"]),
        (
            ["class number 1 of the table", "class number 2 of the table"],
            ["…er 1 of the table", "…er 2 of the table"],
        ),
        (["alternarialeaf-spot-of-soybeans", "rust"], ["alternari…soybeans", "rust"]),
    ],
)
def test_long_labels_are_shortened_and_stay_apart(labels, expected):
    assert short_texts(labels) == expected
    assert max(map(len, short_texts(labels))) <= 18
