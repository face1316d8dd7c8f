"""``python -m sklearn_kd label``: a table on disk, labelled by a saved teacher."""

import os
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from numpy.testing import assert_array_equal
from processes import kill_python, printed_by, run_python
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression

from sklearn_kd import LabelledDataset, compute_soft_targets
from sklearn_kd.__main__ import main

X = pd.DataFrame(np.random.default_rng(0).normal(size=(90, 3)), columns=list("abc"))
Y = (X["a"] > 0).to_numpy()
FOREST = RandomForestClassifier(5, random_state=0).fit(X, Y)
SOFT = compute_soft_targets(FOREST, X)


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    os.mkdir("rows")
    X[:50].to_parquet("rows/1.parquet")
    X[50:].assign(other=1)[[*"cba", "other"]].to_parquet("2.parquet")
    X[50:].to_parquet("rows/2.parquet")
    joblib.dump(FOREST, "forest.joblib")


def label(*options, teacher="forest.joblib", data="rows", out="soft"):
    main(["label", "--teacher", teacher, "--data", data, "--out", out, *options])


def refused(capsys, *options, **files):
    """Give what is printed when the command cannot run."""
    with pytest.raises(SystemExit) as caught:
        label(*options, **files)
    assert caught.value.code == 2
    printed = capsys.readouterr().err
    assert printed.startswith("python -m sklearn_kd label: error: ")
    assert printed.count("\n") == 1
    return printed


def test_a_folder_is_labelled_and_a_second_run_has_nothing_to_do(capsys):
    label("--chunk", "40")
    printed = capsys.readouterr().out
    assert printed.endswith("soft: 90 rows, probabilities of 2 classes\n")
    assert_array_equal(LabelledDataset("soft").soft_targets(), SOFT)
    before = {path: path.stat().st_mtime_ns for path in Path("soft").iterdir()}
    label("--chunk", "40")
    label()
    assert {path: path.stat().st_mtime_ns for path in Path("soft").iterdir()} == before


def test_columns_are_found_by_their_names_and_may_be_named(capsys):
    label(data="2.parquet")
    assert_array_equal(LabelledDataset("soft").soft_targets(), SOFT[50:])
    model = LogisticRegression().fit(X[["c", "a"]].to_numpy(), Y)
    joblib.dump(model, "plain.joblib")
    label("--columns", "c,a", teacher="plain.joblib", out="named", data="2.parquet")
    expected = compute_soft_targets(model, X[["c", "a"]].to_numpy()[50:])
    assert_array_equal(LabelledDataset("named").soft_targets(), expected)
    np.save("rows.npy", X.to_numpy())
    label(
        "--columns",
        "2,0",
        "--jobs",
        "2",
        teacher="plain.joblib",
        data="rows.npy",
        out="array",
    )
    assert_array_equal(LabelledDataset("array").soft_targets()[50:], expected)


def test_numbers(capsys):
    model = LinearRegression().fit(X, np.column_stack([X["a"], X["b"]]))
    joblib.dump(model, "line.pkl")
    label(teacher="line.pkl")
    assert "90 rows, 2 numbers each" in capsys.readouterr().out
    assert_array_equal(LabelledDataset("soft").soft_targets(), model.predict(X))
    joblib.dump(LinearRegression().fit(X, X["a"]), "line.pkl")
    label(teacher="line.pkl", out="one")
    assert "90 rows, a number each" in capsys.readouterr().out


def test_a_teacher_of_skops_needs_trust_in_what_it_names(capsys):
    skops.io.dump(FOREST, "forest.skops")
    printed = refused(capsys, teacher="forest.skops")
    assert "--trust sklearn.tree._tree.Tree" in printed
    label("--trust", "sklearn.tree._tree.Tree", teacher="forest.skops")
    assert_array_equal(LabelledDataset("soft").soft_targets(), SOFT)
    skops.io.dump(LogisticRegression().fit(X, Y), "plain.skops")
    label(teacher="plain.skops", out="plain")


def test_another_teacher_is_refused(capsys):
    label()
    joblib.dump(RandomForestClassifier(5, random_state=1).fit(X, Y), "other.joblib")
    assert "labels by another teacher" in refused(capsys, teacher="other.joblib")


def test_quiet_prints_the_last_line_alone(capsys):
    label("--quiet", "--chunk", "5")
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ({"teacher": "no.joblib"}, [], "no.joblib does not exist"),
        ({"teacher": "rows/1.parquet"}, [], "ends in .joblib, .pkl, .skops"),
        ({"teacher": "torn.joblib"}, [], "torn.joblib could not be loaded"),
        ({"teacher": "new.joblib"}, [], "LogisticRegression is not fitted"),
        ({"teacher": "text.joblib"}, [], "a classifier with predict_proba, or a regr"),
        ({"data": "none"}, [], "data='none' does not exist"),
        ({"out": "rows"}, [], "holds something else than labels"),
        ({"out": "2.parquet"}, [], "is a file: name a folder"),
        (
            {"out": "2.parquet/soft"},
            [],
            "can be no folder: Not a directory",
        ),
        ({"data": "rows.npy"}, ["--columns", "a,b"], "pass positions"),
        ({}, ["--columns", "a,d"], "columns=['d'], expected different ones"),
        ({}, ["--chunk", "0"], "expected a whole number above 0, got '0'"),
        ({}, ["--jobs", "0"], "expected a whole number that is not 0, got '0'"),
        ({}, ["--jobs", "two"], "expected a whole number"),
        ({}, ["--chunk", "5", "--chunk", "6"], "--chunk is given twice"),
        ({}, ["--target", "a"], "unrecognized arguments: --target a"),
    ],
)
def test_what_the_user_can_fix_is_one_line(capsys, files, options, message):
    np.save("rows.npy", X.to_numpy())
    Path("torn.joblib").write_bytes(Path("forest.joblib").read_bytes()[:100])
    joblib.dump(LogisticRegression(), "new.joblib")
    joblib.dump("a teacher", "text.joblib")
    assert message in refused(capsys, *options, **files)


def test_what_is_needed(capsys):
    with pytest.raises(SystemExit):
        main(["label"])
    assert "required: --teacher, --data, --out" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["label", "--help"])
    printed = capsys.readouterr().out
    assert "can run any code when it is loaded" in printed
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "python -m sklearn_kd label --help" in capsys.readouterr().out


#: The command, with a teacher that notes what it is asked, and that waits for ever when
#: it was asked so many times.
JOB = """
import sys, time
from sklearn.linear_model import LogisticRegression
from sklearn_kd.__main__ import main

class Slow(LogisticRegression):
    def predict_proba(self, X):
        if len(X) > 1:
            with open("asked", "a") as file:
                file.write(f"{len(X)}\\n")
            if len(open("asked").readlines()) == int(sys.argv[1]):
                time.sleep(600)
        return super().predict_proba(X)

if not int(sys.argv[1]):
    import joblib, numpy, pandas
    X = pandas.read_parquet("rows")
    joblib.dump(Slow().fit(X, X["a"] > 0), "slow.joblib")
else:
    main(["label", "--teacher", "slow.joblib", "--data", "rows", "--out", "soft",
          "--chunk", "10"])
"""


def test_a_killed_run_goes_on_where_it_was():
    printed_by("-c", JOB, "0")
    asked = Path("asked")
    kill_python(
        lambda: asked.exists() and asked.read_text().count("\n") == 4, "-c", JOB, "4"
    )
    assert len(list(Path("soft").glob("part-*"))) == 3
    asked.unlink()
    printed = printed_by("-c", JOB, "100")
    # three of nine parts are there
    assert asked.read_text().count("10\n") == 6
    assert "90 rows" in printed
    assert LabelledDataset("soft").n_rows == 90


def test_as_a_program():
    done = run_python(
        "-m",
        "sklearn_kd",
        "label",
        "--teacher",
        "forest.joblib",
        "--data",
        "no",
        "--out",
        "x",
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "data='no' does not exist" in done.stderr
