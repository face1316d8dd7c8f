"""What the demo says in the end, and the page that it writes."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sklearn_kd.__main__ import main
from sklearn_kd._demo import run as demo
from sklearn_kd._demo.ensemble import make_ensemble
from sklearn_kd._demo.page import check_page
from sklearn_kd._demo.verdict import verdict
from sklearn_kd.inspection import Comparison

TEACHER = {
    "model": "teacher",
    "accuracy": 0.9,
    "pickled_size": 3_137_400,
    "latency_median": 0.02,
}
STUDENT = {
    "model": "student",
    "accuracy": 0.88,
    "score_change": -0.02,
    "score_change_interval": (-0.05, 0.01),
    "pickled_size": 1000,
    "latency_median": 0.04,
}


def small_ensemble(task, kinds, seed):
    name = "classifier" if task == "classification" else "regressor"
    sizes = {"forest__n_estimators": 10, "extra trees__n_estimators": 10}
    sizes["boosting__max_iter"] = 5
    ensemble = make_ensemble(task, kinds, seed)
    return ensemble.set_params(**{f"voting{name}__{k}": v for k, v in sizes.items()})


@pytest.fixture
def quick(monkeypatch, tmp_path, small_teachers, few_synthetic_rows):
    monkeypatch.setattr(demo, "_TIME_LIMIT", 0.0)
    monkeypatch.setattr(demo, "make_ensemble", small_ensemble)
    monkeypatch.chdir(tmp_path)


class Page(HTMLParser):
    """The texts of a page, and everything that it points to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.texts, self.open = [], [], []
        self.feed(Path(path).read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.links += [value for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)


# ---- the last lines


def test_the_last_lines_are_size_speed_and_cost():
    other = {"model": "small booster", "accuracy": 0.89}
    assert verdict(Comparison([TEACHER, STUDENT, other], "teacher")) == [
        "The student is 3,137 times smaller than the teacher (1.00 kB, not 3.14 MB).",
        "On one row it is 2.0 times slower than the teacher (40.0 ms, not 20.0 ms).",
        "It costs 0.0200 of accuracy: 0.8800, not 0.9000 (95 % interval of the change "
        "-0.0500 to 0.0100; small booster 0.8900).",
    ]


@pytest.mark.parametrize(
    ("change", "start"),
    [
        (0.031, "It gains 0.0310 of R²: 0.5000, not 0.9000"),
        (-0.00001, "It costs nothing in R²: "),
        (0.0, "It costs nothing in R²: "),
    ],
)
def test_a_gain_is_one_and_nothing_is_nothing(change, start):
    rows = [
        {"r2": 0.9, **TEACHER},
        {**STUDENT, "r2": 0.5, "score_change": change},
    ]
    for row in rows:
        del row["accuracy"]
    assert verdict(Comparison(rows, "teacher"))[-1].startswith(start)


# ---- the page


def test_the_page_has_the_report_and_pictures_and_loads_nothing(quick, capsys):
    draw = np.random.default_rng(0)
    rows = pd.DataFrame({"price": draw.normal(size=90), "shop": list("abc") * 30})
    rows["<b>label</b>"] = np.where(rows["price"] > 0, "dear & old", "cheap")
    rows.to_csv("shop.csv", index=False)
    main(["--data", "shop.csv", "--target", "<b>label</b>", "--picture", "p.svg"])
    lines = capsys.readouterr().out.splitlines()
    assert "Wrote p.html: the report" in lines
    page = Page("p.html")
    check_page("p.html", "p.svg")  # it may be written again
    assert not page.open
    assert len(page.links) == 4
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert not re.search(r"https?:", Path("p.html").read_text())
    assert set(lines[-3:]) <= set(page.texts)
    for text in ("dear & old", "calibration error", "By class", "small booster"):
        assert text in page.texts
    assert "shop.csv: 2 classes of '<b>label</b>'" in page.texts


def test_the_page_of_numbers_has_its_pictures(quick, capsys):
    draw = np.random.default_rng(0)
    rows = pd.DataFrame({"size": draw.normal(size=120)})
    rows["price"] = 3 * rows["size"] + draw.normal(size=120)
    rows.to_csv("houses.csv", index=False)
    main(["--data", "houses.csv", "--target", "price"])
    lines = capsys.readouterr().out.splitlines()
    page = Page("sklearn_kd_demo.html")
    assert len(page.links) == 3
    assert "R²" in page.texts
    assert re.search(r"(costs|gains) [\d.]+ of R²|nothing in R²", lines[-1])


def test_the_place_of_the_page_is_checked_before_the_work(quick, capsys):
    Path("p.html").mkdir()
    with pytest.raises(SystemExit):
        main(["--picture", "p.png"])
    error = capsys.readouterr().err
    assert "the report p.html cannot be written: it is a folder" in error
    Path("mine.html").write_text("<p>mine")
    with pytest.raises(SystemExit):
        main(["--picture", "mine.png"])
    assert "over mine.html, which is no page of this command" in capsys.readouterr().err
    assert Path("mine.html").read_text() == "<p>mine"
    with pytest.raises(SystemExit):
        main(["--picture", "q.png", "--out", "q.html"])
    assert "the report and --out are the same file" in capsys.readouterr().err
