"""The demo on a target of numbers: what it is taken for, and a regression distilled."""

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from sklearn_kd.__main__ import main
from sklearn_kd._demo import run as demo
from sklearn_kd._demo.ensemble import make_ensemble
from sklearn_kd._demo.error import DemoError
from sklearn_kd._demo.picture import draw
from sklearn_kd._demo.reading.table import read_table
from sklearn_kd._demo.reading.targets import FEW, MANY, read_target
from sklearn_kd.inspection import Comparison

COSTS = {"pickled_size": 9, "latency_median": 1e-4}


def _small_ensemble(task, kinds, seed):
    return make_ensemble(task, kinds, seed).set_params(
        **{
            "votingregressor__forest__n_estimators": 10,
            "votingregressor__extra trees__n_estimators": 10,
            "votingregressor__boosting__max_iter": 10,
        }
    )


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path, small_teachers, few_synthetic_rows):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def houses():
    """A table with a price, two of which are missing."""
    generator = np.random.default_rng(0)
    size, kind = generator.uniform(40, 200, 120), generator.choice(["new", "old"], 120)
    price = 1000 * size * np.where(kind == "new", 3, 2) + generator.normal(0, 9e3, 120)
    frame = pd.DataFrame({"size": size, "kind": kind, "price": price.round(2)})
    frame.loc[[3, 50], "price"] = np.nan
    return frame


def _column(values):
    return pd.Series(values, name="y")


def _comparison(r2):
    rows = [
        {"model": name, "r2": score, "rmse": 1.5, "retention": score / r2[0], **COSTS}
        for name, score in zip(
            (demo.TEACHER, demo.STUDENT, demo.PLAIN, demo.BOOSTER), r2, strict=True
        )
    ]
    for row in rows:
        row["retention"] = row["retention"] if r2[0] > 0 else np.nan
    return Comparison(rows, demo.TEACHER)


def test_a_price_is_distilled(houses, monkeypatch, capsys):
    monkeypatch.setattr(demo, "_TIME_LIMIT", 0.0)
    monkeypatch.setattr(demo, "make_ensemble", _small_ensemble)
    houses.to_csv("houses.csv", index=False)
    main(["--data", "houses.csv", "--target", "price", "--out", "student.joblib"])
    lines = capsys.readouterr().out.splitlines()
    low, high = (f"{limit:,.7g}" for limit in houses["price"].agg(["min", "max"]))
    assert lines[:4] == [
        "houses.csv: 118 rows, 1 numeric and 1 nominal columns, 'price' from "
        f"{low} to {high}",
        "  left out 2 rows without a value in 'price'",
        "  'price' holds 118 different numbers, some with decimals: a regression",
        "  82 rows to learn from, 36 held out",
    ]
    learned = next(line for line in lines if "What the student learned" in line)
    assert "student on targets" in learned
    assert any("fitting rivals on the targets" in line for line in lines)
    table = {line.split("   ")[0]: line.split()[-4:] for line in lines}
    assert {"R²", "RMSE", "MAE", "fidelity to teacher (R²)", "parameters"} <= set(table)
    assert "accuracy" not in table
    assert all(float(score) > 0.8 for score in table["R²"])
    assert "Wrote student.joblib: the student, without its teacher" in lines
    assert "of R²: " in lines[-1]
    assert Path("sklearn_kd_demo.png").read_bytes()[:4] == b"\x89PNG"
    code = lines[lines.index("import joblib") : -4]
    printed = []
    exec("\n".join(code), {"print": printed.append})
    student = joblib.load("student.joblib")
    assert not hasattr(student, "teacher_")
    whole = houses["price"].notna()
    error = np.abs(printed[0] - houses["price"])[whole].mean()
    assert error < 0.2 * houses["price"].std()


@pytest.mark.parametrize(
    ("values", "task", "note"),
    [
        (
            [0.5, 1, 2] * 9,
            "regression",
            "holds 3 different numbers, some with decimals",
        ),
        ([1, 2, 3] * 9, "classification", None),
        ([1.0, 2.0] * 9, "classification", None),
        ([True, False] * 9, "classification", None),
        (["1.5", "2.5"] * 9, "classification", None),
        (list(range(5, 25)) * 9, "classification", None),
        (list(range(21)) * 9, "classification", "21 different numbers, taken for cod"),
        (list(range(1, 101)) * 9, "classification", "--task regression takes them fo"),
        ([*range(21), *range(20)], "regression", "--task classification takes them"),
        ([*range(20), 21] * 9, "regression", "21 different numbers: a regression; --"),
        (list(range(17, 90)) * 9, "regression", "73 different numbers: a regression"),
        (list(range(101)) * 9, "regression", "101 different numbers: a regression; --"),
        (pd.Categorical([1, 2, 3] * 9), "classification", None),
    ],
)
def test_what_a_target_is_taken_for(values, task, note):
    read, found, notes = read_target(_column(values), None, 0)
    assert found == task
    assert len(notes) == (note is not None)
    assert note is None or note in notes[0]
    assert read.tolist() == list(values)
    assert task == "classification" or read.dtype == np.float64


@pytest.mark.parametrize(
    ("values", "task"),
    [
        ([1, 2, 3] * 9, "regression"),
        (["07", "8"] * 9, "regression"),
        (list(range(101)) * 4, "classification"),
        ([1.0, 2.0] * 9, "classification"),
        (["a", "b"] * 9, "classification"),
    ],
)
def test_the_user_decides(values, task):
    read, found, notes = read_target(_column(values), task, 0)
    assert (found, notes) == (task, [])
    assert read.tolist() == (
        list(map(float, values)) if task == "regression" else list(values)
    )


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        (
            ["a", "b"] * 9,
            "regression",
            "holds 'a', and --task regression needs numbers",
        ),
        ([True, False] * 9, "regression", "holds True, and --task regression needs"),
        ([0.5, 1.0] * 9, "classification", "holds 0.5, which is no class: only strin"),
        ([0.5, np.inf] * 9, None, "holds infinity, which cannot be learned"),
        ([0.5] * 30, None, "has one value only: 0.5. Name a column with two"),
        ([5] * 30, None, "has one class only: 5. Name a column with two or more"),
        (np.arange(9) / 2, None, "9 rows with a value in 'y' are too few: 10 are"),
        (
            [1, 2, 2] + [3] * 9,
            None,
            "for one: .* Or take its values for numbers by --t",
        ),
        (
            ["a", "b", "b"],
            None,
            "single row, 'a' for one: .* leave their rows out.$",
        ),
        (
            [*range(21)] * 2,
            "classification",
            "42 rows are too few for the 21",
        ),
    ],
)
def test_targets_that_are_refused(values, task, message):
    with pytest.raises(DemoError, match=message):
        read_target(_column(values), task, 0)


def test_one_value_beside_rows_without_one():
    with pytest.raises(DemoError, match=r"value only: 0\.5\. .* 4 rows are left out"):
        read_target(_column([0.5] * 30), None, 4)


def test_a_number_with_leading_zeros_is_read_as_one_where_that_is_wanted():
    rows = "".join(f"{i},{i % 7:03d}\n" for i in range(40))
    Path("t.csv").write_text(f"a,code\n{rows}")
    assert read_table("t.csv", "code").y[:2].tolist() == ["000", "001"]
    table = read_table("t.csv", "code", task="regression")
    assert (table.y.dtype, table.y[:2].tolist()) == (np.float64, [0, 1])
    assert "its values are strings" in table.notes[0]


def test_the_task_is_an_option_of_a_file(houses, monkeypatch, capsys):
    houses["stars"] = np.arange(120) % 5
    houses.to_csv("houses.csv", index=False)
    seen = []

    def stop(table, X, y, seed):
        seen.append((table.task, y.dtype))
        raise DemoError("seen enough")

    monkeypatch.setattr(demo, "_fit", stop)
    for task in (None, "classification", "regression"):
        given = [] if task is None else ["--task", task]
        with pytest.raises(SystemExit):
            main(["--data", "houses.csv", "--target", "stars", *given])
    assert [task for task, _ in seen] == ["classification"] * 2 + ["regression"]
    assert seen[2][1] == np.float64
    capsys.readouterr()
    for given, message in {
        ("--task", "regression"): "--task needs --data FILE",
        ("--task", "numbers"): "invalid choice: 'numbers'",
    }.items():
        with pytest.raises(SystemExit):
            main([*given])
        assert message in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert f"at most {FEW} different ones, or at most {MANY} that look like" in said


def test_numbers_are_split_at_random_and_rows_stay_together(houses):
    houses.dropna().to_csv("houses.csv", index=False)
    table = read_table("houses.csv", "price")
    assert (table.task, table.kinds) == ("regression", ["numeric", "nominal"])
    X, X_test, y, y_test = table.split(0)
    assert (len(X), len(X_test)) == (len(y), len(y_test)) == (82, 36)
    assert np.array_equal(table.y[X_test.index], y_test)
    assert not np.array_equal(table.split(1)[3], y_test)


@pytest.mark.parametrize("r2", [[0.8, 0.9, 0.6, 0.7], [-0.1, 0.05, 0.0, -7]])
def test_the_picture_has_r2(r2):
    draw(_comparison(r2), "picture.svg", "houses.csv: 'price' from 1 to 9")
    picture = Path("picture.svg").read_text()
    for text in ("R² on held-out rows", f"R² {r2[0]:.4f}", "RMSE 1.5000"):
        assert f"<!-- {text} -->" in picture
