"""The demo, ``python -m sklearn_kd``: on small tables, and on what it must refuse."""

import re
import sys
import warnings
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from processes import run_python

from sklearn_kd import DistilledClassifier
from sklearn_kd.__main__ import main
from sklearn_kd._demo import page
from sklearn_kd._demo import run as demo
from sklearn_kd._demo.ensemble import make_ensemble
from sklearn_kd._demo.reading.table import read_table, shipped_table
from sklearn_kd._demo.tasks import Classes
from sklearn_kd.students.mlp import _training


def _small_ensemble(task, kinds, seed):
    return make_ensemble(task, kinds, seed).set_params(
        **{
            "votingclassifier__forest__n_estimators": 15,
            "votingclassifier__extra trees__n_estimators": 15,
            "votingclassifier__boosting__max_iter": 10,
        }
    )


@pytest.fixture(autouse=True)
def _quick(monkeypatch, tmp_path, small_teachers, few_synthetic_rows):
    monkeypatch.setattr(demo, "_TIME_LIMIT", 0.0)
    monkeypatch.setattr(demo, "make_ensemble", _small_ensemble)
    monkeypatch.setattr(page, "pictures_of", lambda *_: [])  # of test_demo_page
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def frame():
    generator = np.random.default_rng(0)
    kind = generator.choice(["new", "used", "worn"], 90)
    size = generator.normal(size=90)
    return pd.DataFrame(
        {
            "size": np.where(generator.random(90) < 0.1, np.nan, size),
            "kind": pd.Series(kind, dtype=object).where(kind != "worn", None),
            "label": np.where(size + (kind == "new") > 0.3, "dear", "cheap"),
        }
    )


def _refused(capsys, *arguments):
    """Run the demo on what it refuses, and give the one line of its error."""
    with pytest.raises(SystemExit) as stop:
        main([*arguments])
    output = capsys.readouterr()
    assert stop.value.code == 2
    assert output.out == ""
    assert output.err.count("\n") == 1
    start = "python -m sklearn_kd: error: "
    assert output.err.startswith(start)
    return output.err.removeprefix(start).rstrip()


def test_a_table_of_the_users_own(frame, capsys):
    frame.to_csv("shop.csv", index=False)
    files = ["--out", "student.joblib", "--export", "student.onnx"]
    main(["--data", "shop.csv", "--target", "label", *files])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "shop.csv: 90 rows, 1 numeric and 1 nominal columns, 2 classes of 'label'"
    )
    for number in "123":
        assert any(line.startswith(f"[{number}/3]") for line in lines)
    log = [line.removeprefix("[DistilledClassifier] ") for line in lines]
    said = next(line for line in log if line.startswith("small booster ("))
    assert "fitted on the labels of" in said
    assert any("synthetic rows labelled" in line for line in log)
    learned = next(line for line in lines if "What the student learned" in line)
    shares = re.fullmatch(
        r".*: teacher (.+), booster (.+), student on labels (.+)", learned
    )
    assert sum(map(float, shares.groups())) == pytest.approx(1, abs=0.011)
    models = r" +teacher +student +without teacher +small booster"
    assert any(re.fullmatch(models, line) for line in lines)
    table = [line.split("   ")[0] for line in lines]
    for title in (
        "accuracy",
        "ROC AUC",
        "log loss",
        "agreement with teacher",
        "parameters",
        "pickled size",
        "one row, median",
        "one row, 99th percentile",
        "rows per second",
    ):
        assert title in table
    wrote = lines.index("Wrote student.joblib: the student, without its teacher")
    assert lines[wrote + 1].startswith("Wrote student.onnx: the student, ")
    assert lines[wrote + 2] == "Wrote sklearn_kd_demo.png: the picture"
    assert lines[wrote + 3] == "Wrote sklearn_kd_demo.html: the report"
    smaller, faster, cost = lines[-3:]
    assert "times smaller than the teacher (" in smaller
    assert re.match(r"On one row it is [\d.,]+ times (fast|slow)er than", faster)
    assert "(95 % interval of the change " in cost
    with open("sklearn_kd_demo.png", "rb") as picture:
        assert picture.read(8) == b"\x89PNG\r\n\x1a\n"
    student = joblib.load("student.joblib")
    assert not hasattr(student, "teacher_")
    assert set(student.predict(frame.drop(columns="label"))) == {"cheap", "dear"}


def test_a_student_without_a_teacher_is_fitted_where_the_pool_has_none(
    frame, monkeypatch, capsys
):
    frame.to_csv("shop.csv", index=False)
    alone = partial(DistilledClassifier, objective="fidelity")
    monkeypatch.setattr(Classes, "distilled", alone)
    main(["--data", "shop.csv", "--target", "label"])
    out = capsys.readouterr().out
    assert "teacher 1.00, booster 0.00, student on labels 0.00" in out
    assert "  the same student: " in out


def test_the_seed_decides(frame, capsys):
    frame.to_csv("shop.csv", index=False)
    qualities = []
    for seed in ("1", "1", "2"):
        main(["--data", "shop.csv", "--target", "label", "--seed", seed])
        lines = capsys.readouterr().out.splitlines()
        qualities.append([line for line in lines if line.startswith(("log", "KL"))])
    assert qualities[0] == qualities[1] != qualities[2]


def test_many_classes_in_every_kind_of_column(capsys):
    generator = np.random.default_rng(0)
    target = pd.array([1, 2, 5, None] * 20, dtype="Int64")
    pd.DataFrame(
        {
            "float": generator.normal(size=80),
            "int": pd.array([1, None] * 40, dtype="Int64"),
            "bool": generator.random(80) < 0.5,
            "boolean": pd.array([True, None, False, True] * 20, dtype="boolean"),
            "string": pd.array(["a", "b", None, "c"] * 20, dtype="string"),
            "category": pd.Categorical(["x", "y", None, "x"] * 20),
            "target": target,
            "nothing": np.nan,
            "constant": 1,
        }
    ).to_parquet("odd.parquet")
    main(["--data", "odd.parquet", "--target", "target", "--picture", "odd.svg"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == (
        "odd.parquet: 60 rows, 4 numeric and 4 nominal columns, 3 classes of 'target'"
    )
    assert lines[1] == "  left out 20 rows without a value in 'target'"
    assert lines[-6] == "Wrote odd.svg: the picture"


@pytest.mark.parametrize(
    "values",
    [[True, False], [1.0, 2.0, None], pd.Categorical(["u", "v"]), ["u", "v", None]],
    ids=["bools", "whole floats", "categories", "strings"],
)
def test_what_may_be_a_label(values, tmp_path):
    column = pd.Series(values).sample(40, replace=True, random_state=0)
    table = pd.DataFrame({"x": np.arange(40.0), "y": column.reset_index(drop=True)})
    table.to_parquet(tmp_path / "table.parquet")
    read = read_table(str(tmp_path / "table.parquet"), "y")
    expected = column.dropna()
    assert len(read.X) == len(read.y) == len(expected)
    assert read.y.tolist() == expected.tolist()


def test_the_adult_data():
    table = shipped_table("adult")
    X, X_test, y, y_test = table.split(0)
    assert (len(X), len(X_test)) == (34189, 14653)
    assert table.kinds.count("nominal") == 8
    assert np.mean(y == ">50K") == pytest.approx(np.mean(y_test == ">50K"), abs=1e-4)


def test_the_digits():
    table = shipped_table("digits")
    X, X_test, _, y_test = table.split(0)
    assert (len(X), len(X_test)) == (1257, 540)
    assert table.kinds == ["numeric"] * 64
    assert set(y_test) == set(range(10))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.iloc[:0], "table.csv has no rows."),
        (lambda f: f[["label"]], "table.csv has no column besides 'label'"),
        (lambda f: f.assign(label="dear"), "'label' has one class only: 'dear'."),
        (lambda f: f.assign(label=5), "'label' has one class only: 5. Name a column"),
        (lambda f: f.assign(label=None), "Column 'label' of table.csv has no values."),
        (
            lambda f: f.assign(label=["odd", *f["label"][1:]]),
            "1 of the 3 classes of column 'label' have a single row, 'odd' for one",
        ),
        (
            lambda f: f[:6].assign(label=list("aabbcc")),
            "6 rows are too few for the 3 classes of column 'label'",
        ),
        (lambda f: f.rename(columns={"label": "Label"}), "did you mean 'Label'?"),
        (lambda f: f.drop(columns="label"), "no column 'label': it has 'size', 'kind'"),
        (lambda f: f.assign(size=np.inf), "Column 'size' holds infinity"),
    ],
)
def test_tables_that_are_refused(change, message, frame, capsys):
    change(frame).to_csv("table.csv", index=False)
    said = _refused(capsys, "--data", "table.csv", "--target", "label")
    assert message in said


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("size", pd.date_range("2020-01-01", periods=90), "dtype datetime64"),
        ("size", [[1]] * 90, "holds a value of type ndarray"),
        ("label", pd.date_range("2020-01-01", periods=90), "values of type Timestamp"),
    ],
)
def test_columns_that_are_refused(column, values, message, frame, capsys):
    frame[column] = values
    frame.to_parquet("table.parquet")
    said = _refused(capsys, "--data", "table.parquet", "--target", "label")
    assert f"Column {column!r}" in said
    assert message in said


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.csv", None, "missing.csv does not exist."),
        ("empty.csv", b"", "empty.csv is empty."),
        (
            "bad.csv",
            b"a,t\n1,2\n1,2,3\n",
            "bad.csv cannot be read: Expected 2 fields in line 3, saw 3",
        ),
        ("bad.csv.gz", b"a,t\n", "bad.csv.gz cannot be read: Not a gzipped file"),
        ("bad.parquet", b"abc", "bad.parquet cannot be read: "),
        ("table.xlsx", b"abc", "table.xlsx is a spreadsheet, which"),
    ],
)
def test_files_that_are_refused(name, content, message, tmp_path, capsys):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert _refused(capsys, "--data", name, "--target", "t").startswith(message)


def test_a_folder_is_not_a_table(tmp_path, capsys):
    (tmp_path / "folder.csv").mkdir()
    said = _refused(capsys, "--data", "folder.csv", "--target", "t")
    assert said == "folder.csv is not a file but a folder: name a file in it."


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "table.csv"], "--data needs --target"),
        (["--target", "label"], "--target needs --data"),
        (["--data", "adult", "--target", "income"], "--target needs --data FILE"),
        (["--seed", "-1"], "expected an integer from 0 to 4294967295, got '-1'"),
        (["--seed", "x"], "got 'x'"),
        (["--verbose"], "unrecognized arguments: --verbose"),
        (
            ["--out", "nowhere/s.joblib"],
            "cannot be written: there is no folder nowhere",
        ),
        (["--out", "."], "--out . cannot be written: it is a folder"),
        (["--picture", "nowhere/p.png"], "cannot be written: there is no folder nowh"),
        (["--picture", "p.doc"], "--picture p.doc: expected a picture, such as .png"),
        (["--picture", "p"], "--picture p: expected a picture"),
        (["--out", "sklearn_kd_demo.png"], "--picture and --out are the same file"),
    ],
)
def test_arguments_that_are_refused(arguments, message, tmp_path, capsys):
    assert message in _refused(capsys, *arguments)
    assert list(tmp_path.iterdir()) == []  # trying whether it can be written


def test_the_table_is_not_written_over(frame, tmp_path, capsys):
    frame.to_csv("table.csv", index=False)
    before = (tmp_path / "table.csv").read_bytes()
    said = _refused(
        capsys, "--data", "table.csv", "--target", "label", "--out", "./table.csv"
    )
    assert said.startswith(
        "--out ./table.csv cannot be written: it is the table to learn from."
    )
    assert (tmp_path / "table.csv").read_bytes() == before


def test_a_disk_that_is_full_in_the_end(frame, monkeypatch, capsys):
    def dump(_, path):
        Path(path).write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    Path("s.joblib").write_bytes(b"an older one")

    frame.to_csv("table.csv", index=False)
    monkeypatch.setattr(joblib, "dump", dump)
    with pytest.raises(SystemExit) as stop:
        main(["--data", "table.csv", "--target", "label", "--out", "s.joblib"])
    assert stop.value.code == 2
    assert "s.joblib could not be written: No space left" in capsys.readouterr().err
    assert Path("s.joblib").read_bytes() == b"an older one"
    assert sorted(path.name for path in Path().iterdir()) == ["s.joblib", "table.csv"]


@pytest.mark.parametrize("module", ["pandas", "matplotlib"])
def test_what_is_not_installed(module, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, module, None)
    said = _refused(capsys)
    assert said == (
        f"The demo needs {module}, which is not installed: "
        "pip install 'sklearn-kd[demo]'"
    )


def test_pyarrow_is_not_installed(frame, monkeypatch, capsys):
    def read(_):
        raise ImportError

    frame.to_parquet("table.parquet")
    monkeypatch.setattr(pd, "read_parquet", read)
    said = _refused(capsys, "--data", "table.parquet", "--target", "label")
    assert said.startswith("Reading .parquet files needs pyarrow")


def test_ctrl_c(monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "_check_installed", interrupt)
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 130
    assert capsys.readouterr().err == "\ninterrupted\n"


@pytest.mark.parametrize("taught", [True, False], ids=["taught", "without a teacher"])
@pytest.mark.parametrize("action", ["always", "ignore", "error"])
def test_ctrl_c_while_a_student_trains(taught, action, frame, monkeypatch, capsys):
    epoch = _training.Trainer._epoch

    def interrupt(trainer, *arguments):
        if taught == ("weights in the pool" in output.getvalue()):
            raise KeyboardInterrupt
        return epoch(trainer, *arguments)

    frame.to_csv("shop.csv", index=False)
    monkeypatch.setattr(_training.Trainer, "_epoch", interrupt)
    warnings.simplefilter(action)
    with redirect_stdout(StringIO()) as output, pytest.raises(SystemExit) as stop:
        main(["--data", "shop.csv", "--target", "label", "--out", "s.joblib"])
    assert stop.value.code == 130
    assert capsys.readouterr().err.endswith("\ninterrupted\n")
    assert taught == ("weights in the pool" in output.getvalue())
    assert "[2/3]" not in output.getvalue()
    assert [path.name for path in Path().iterdir()] == ["shop.csv"]


def test_the_command_imports_neither_pandas_nor_matplotlib_before_it_needs_them():
    code = (
        "import runpy, sys, sklearn.ensemble\n"
        "before = set(sys.modules)\n"  # some versions of scikit-learn import pandas
        "import sklearn_kd, sklearn_kd.inspection\n"
        "sys.argv = ['sklearn_kd', '--target', 'x']\n"
        "try:\n"
        "    runpy.run_module('sklearn_kd', run_name='__main__')\n"
        "finally:\n"
        "    print({'pandas', 'matplotlib', 'torch'} & set(sys.modules) - before)"
    )
    done = run_python("-c", code)
    assert done.stdout == "set()\n"
    assert done.returncode == 2
    assert done.stderr.startswith("python -m sklearn_kd: error: --target needs --data")
