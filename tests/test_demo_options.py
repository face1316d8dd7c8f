"""The options of the demo: codes, the places of what it writes, and wrong values."""

import os
import stat
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import pytest

from sklearn_kd import MLPStudent
from sklearn_kd.__main__ import main
from sklearn_kd._demo import page
from sklearn_kd._demo import run as demo
from sklearn_kd._demo.error import DemoError
from sklearn_kd._demo.places import check_place
from sklearn_kd._demo.reading.table import read_table, shipped_table
from sklearn_kd._demo.tasks import Classes
from sklearn_kd._demo.wants import code_to_predict, columns_wanted
from sklearn_kd._messages import printable
from sklearn_kd._run.files import replacing
from sklearn_kd.inspection import Comparison, DistillationReport


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def shops():
    """A table with codes that look like numbers, and a name with a comma."""
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "zip": generator.choice(["02134", "2134", "90210"], 60),
            "a,b": generator.integers(3, size=60),
            "size": generator.normal(size=60).round(3),
            "label": np.where(np.arange(60) % 2, "dear", "cheap"),
        }
    )


def _models(table, X, y, seed):
    student = MLPStudent((4,), max_iter=2, random_state=seed).fit(X, y)
    return {demo.TEACHER: student, demo.STUDENT: student}


@pytest.fixture
def quick(monkeypatch):
    """One small student in place of teacher and students, and no measuring."""
    row = {"accuracy": 0.5, "log_loss": 1, "retention": 1}
    row |= {"score_change": 0.0, "score_change_interval": (0.0, 0.0)}
    row |= {"pickled_size": 9, "latency_median": 1e-4}
    rows = [{**row, "model": name} for name in ("teacher", "student", "plain", "hgb")]
    report = DistillationReport(Comparison(rows, "teacher"), 18)
    monkeypatch.setattr(demo, "_fit", _models)
    monkeypatch.setattr(demo, "distillation_report", lambda *_, **__: report)
    monkeypatch.setattr(page, "pictures_of", lambda *_: [])


def _refused(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main([*arguments])
    output = capsys.readouterr()
    assert stop.value.code == 2
    assert output.out == ""
    assert output.err.count("\n") == 1
    return output.err


def test_codes_become_categories_and_keep_their_zeros(shops):
    shops.to_csv("shops.csv", index=False)
    plain = read_table("shops.csv", "label")
    assert plain.kinds == ["numeric"] * 3
    table = read_table("shops.csv", "label", ["zip"])
    assert table.kinds == ["nominal", "numeric", "numeric"]
    assert set(table.X["zip"]) == {"02134", "2134", "90210"}


@pytest.mark.parametrize(
    "nominal", [["zip,a,b"], ['zip,"a,b"'], ["zip", "a,b"], ['"a,b"', "zip,zip"]]
)
def test_a_name_with_a_comma(nominal, shops):
    shops.to_csv("shops.csv", index=False)
    if nominal == ["zip,a,b"]:
        with pytest.raises(DemoError, match="'a,b', which contains a comma, as"):
            read_table("shops.csv", "label", nominal)
        return
    kinds = read_table("shops.csv", "label", nominal).kinds
    assert kinds == ["nominal", "nominal", "numeric"]


def test_a_name_that_may_be_two_is_refused(shops):
    shops.assign(a=1, b=2).to_csv("shops.csv", index=False)
    with pytest.raises(DemoError, match="a column of that name, and one for each"):
        read_table("shops.csv", "label", ["a,b"])
    kinds = read_table("shops.csv", "label", ['"a,b"']).kinds
    assert kinds.count("nominal") == 1


@pytest.mark.parametrize(
    ("nominal", "message"),
    [
        (["Zip"], "has no column 'Zip': did you mean 'zip'?"),
        (["zip,nothing"], "has no column 'nothing': it has 'zip', 'a,b', 'size'"),
        (["label"], "--nominal label: that is the target, whose values --task"),
        ([""], "--nominal '' names no column"),
        (["zip,"], "has no column ''"),
        (["zip,new\nline"], "has no column 'new\\nline': it has 'zip'"),
        (['"zip'], "has no column '\"zip': did you mean 'zip'?"),
    ],
)
def test_columns_of_codes_that_are_refused(nominal, message, shops):
    shops.to_csv("shops.csv", index=False)
    with pytest.raises(DemoError) as error:
        read_table("shops.csv", "label", nominal)
    assert message in str(error.value)


@pytest.mark.parametrize("name", ["new\nline", "a\r\nb", '"', 'a"b', "\nc"])
def test_names_with_ends_of_lines_and_quotes(name, shops):
    shops.rename(columns={"zip": name}).to_csv("shops.csv", index=False)
    quoted = name.replace('"', '""')
    for nominal in (name, f'"{quoted}"', f'{name}, "a,b"'):
        table = read_table("shops.csv", "label", [nominal])
        assert set(table.X[name]) == {"02134", "2134", "90210"}


@pytest.mark.parametrize(
    "codes",
    [
        [1, 2, 3],
        [1.0, 2.0, None],
        pd.array([1, None, 3], dtype="Int64"),
        [True, False, True],
        pd.Categorical([1, 2, 3]),
    ],
    ids=["ints", "floats", "nullable", "bools", "category"],
)
def test_codes_of_any_type(codes):
    X = pd.DataFrame({"code": codes, "t": [0, 1, 0]})
    pd.concat([X] * 6, ignore_index=True).to_parquet("t.parquet")
    table = read_table("t.parquet", "t", ["code"])
    assert table.kinds == ["nominal"]
    assert table.X["code"].dtype == "category"
    assert table.X["code"].isna().sum() == 6 * pd.isna(codes).sum()
    student = MLPStudent((4,), max_iter=2, random_state=0).fit(table.X, table.y)
    as_read = student.predict(pd.read_parquet("t.parquet")[["code"]])
    assert np.array_equal(as_read, student.predict(table.X))


def test_dates_and_lists_are_no_codes():
    X = pd.DataFrame({"day": pd.date_range("2020-01-01", periods=4), "t": [0, 1] * 2})
    X.assign(many=[[1]] * 4).to_parquet("t.parquet")
    for name, message in {
        "day": "dates and durations",
        "many": "are no levels",
    }.items():
        with pytest.raises(DemoError, match=f"column '{name}' .*{message}"):
            read_table("t.parquet", "t", [name])


def test_codes_of_the_adult_data():
    assert shipped_table("adult", ["education_num"]).kinds.count("nominal") == 9
    with pytest.raises(DemoError, match="Adult census data has no column 'Age'"):
        shipped_table("adult", ["Age"])


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_what_is_printed_of_a_student_runs(ending, shops, quick, capsys):
    name = f"shops 'of' mine.{ending}"
    write = {
        "csv": lambda: shops.to_csv(name, index=False, sep=";", decimal=","),
        "tsv": lambda: shops.to_csv(name, index=False, sep="\t", encoding="utf-16"),
        "jsonl": lambda: shops.to_json(name, orient="records", lines=True),
        "parquet": lambda: shops.to_parquet(name),
    }
    write[ending]()
    given = ["--data", name, "--target", "label", "--nominal", 'zip,"a,b"']
    main([*given, "--out", "s.joblib"])
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("It predicts 'label' from a pandas DataFrame with the columns")
    kind = "int" if ending in ("jsonl", "parquet") else "str"
    assert [line.split()[:3] for line in lines[start + 1 : start + 4]] == [
        ["'zip'", "level", "(str):"],
        ["'a,b'", "level", f"({kind}):"],
        ["'size'", "number", "(float64)"],
    ]
    assert "'02134'" in lines[start + 1]
    code = lines[lines.index("import joblib") : -4]
    printed = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exec("\n".join(code), {"print": printed.append})
    assert set(printed[0]) <= {"cheap", "dear"}
    assert len(printed[0]) == 60
    student = joblib.load("s.joblib")
    assert student.feature_names_in_.tolist() == ["zip", "a,b", "size"]
    assert student.encoder_.kinds_ == ["nominal", "nominal", "numeric"]


@pytest.mark.parametrize(
    ("name", "column", "kind", "n_rows"),
    [("adult", "age", "int64", 48842), ("digits", "pixel_0_1", "float64", 1797)],
)
def test_what_is_printed_of_a_table_that_ships_runs(name, column, kind, n_rows):
    student = SimpleNamespace(feature_names_in_=[column], predict=len)
    table = shipped_table(name)
    assert [repr(column), "number", f"({kind})"] in map(
        str.split, columns_wanted(table)
    )
    code = code_to_predict(table, "s.joblib")
    code[code.index("student = joblib.load('s.joblib')")] = ""
    printed = []
    exec("\n".join(code), {"print": printed.append, "student": student})
    assert printed == [n_rows]


def test_many_columns_and_levels_are_cut():
    generator = np.random.default_rng(0)
    X = pd.DataFrame(generator.integers(9, size=(60, 30)).astype(str)).add_prefix("c")
    X.assign(t=["u", "v"] * 30).to_parquet("t.parquet")
    lines = columns_wanted(read_table("t.parquet", "t"))
    assert len(lines) == 24
    assert lines[1].endswith(" and 5 more")
    assert lines[21] == "  and 10 more"


def test_no_picture_in_a_folder_that_cannot_be_written(
    shops, quick, monkeypatch, capsys
):
    shops.to_csv("shops.csv", index=False)

    def refuse(option, path, data):
        if path == demo.PICTURE:
            raise DemoError(
                f"{option} {path} cannot be written: Read-only file system."
            )
        check_place(option, path, data)

    monkeypatch.setattr(demo, "check_place", refuse)
    given = ["--data", "shops.csv", "--target", "label"]
    main(given)
    out = capsys.readouterr().out
    assert (
        "  no picture: the picture sklearn_kd_demo.png cannot be written: Read-" in out
    )
    assert "Wrote" not in out
    assert not Path("sklearn_kd_demo.png").exists()
    main([*given, "--picture", "p.svg"])
    assert "no picture" not in capsys.readouterr().out
    assert Path("p.svg").read_text().startswith("<?xml")


def test_a_folder_that_cannot_be_written(monkeypatch):
    real = open

    def refuse(path, mode="r", *rest, **more):
        if "w" in mode or "x" in mode or "a" in mode:
            raise PermissionError(13, "Permission denied")
        return real(path, mode, *rest, **more)

    monkeypatch.setattr("builtins.open", refuse)
    for name in ("s.joblib", "p.png"):
        with pytest.raises(DemoError, match=f"--out {name} cannot .*Permission denied"):
            check_place("--out", name, None)


def test_places_that_are_refused(tmp_path):
    Path("folder").mkdir()
    os.mkfifo("pipe")
    Path("data.csv").write_text("a")
    os.link("data.csv", "hard_link.csv")
    Path("link.csv").symlink_to("data.csv")
    for path, message in {
        "": "needs the name of a file, and got an empty one",
        "folder": "it is a folder",
        "new/": "it is a folder",
        "nowhere/x": "there is no folder nowhere",
        "pipe": "it is no regular file",
        "/dev/null": "it is no regular file",
        "hard_link.csv": "it is the table to learn from",
        "link.csv": "it is the table to learn from",
        "x" * 256: "File name too long",
        "data.csv/x": "there is no folder data.csv",
    }.items():
        with pytest.raises(DemoError) as error:
            check_place("--out", path, "data.csv")
        assert message in str(error.value)
    assert len(list(tmp_path.iterdir())) == 5


def test_a_file_is_replaced_in_one_piece():
    Path("old").write_text("old")
    os.chmod("old", 0o640)
    Path("link").symlink_to("old")
    with suppress(RuntimeError), replacing("link") as part:
        Path(part).write_text("half")
        raise RuntimeError
    assert Path("old").read_text() == "old"
    for text in ("new", "newer"):
        with replacing("link") as part:
            Path(part).write_text(text)
        assert Path("old").read_text() == text
    assert Path("link").is_symlink()
    assert stat.S_IMODE(os.stat("old").st_mode) == 0o640
    assert sorted(os.listdir()) == ["link", "old"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["shop.csv"], "unrecognized arguments: shop.csv (pass a table by --data FILE"),
        (["--sep", ","], "--separator needs --data FILE"),
        (["--separator", "::"], "expected comma, semicolon, tab, pipe, space or one"),
        (["--separator", "a"], "neither letter, digit nor quote, got 'a'"),
        (["--separator", ""], "neither letter, digit nor quote, got ''"),
        (["--seed", "1", "--seed", "2"], "--seed is given twice"),
        (["--out", "a", "--out", "a"], "--out is given twice: leave one out"),
        (["--out", "student.onnx"], "pass --export student.onnx"),
        (["--out", ""], "--out needs the name of a file"),
        (["--picture", ""], "--picture needs the name of a file"),
        (["--out", "sklearn_kd_demo.png"], "--picture and --out are the same file"),
        (["--data", "", "--target", "t"], "--data needs the name of a file"),
        (["--data", "n.csv", "--target", "t"], "n.csv does not exist"),
        (["--data", "\x1b[31m.csv", "--target", "t"], "\\x1b[31m.csv does not exist"),
        (["--data", "a\nb.csv", "--target", "t"], "a\\nb.csv does not exist"),
        (["--nominal", "pixel"], "Handwritten digits has no column 'pixel': did you"),
        (["--nominal"], "argument --nominal: expected one argument"),
    ],
)
def test_wrong_values_are_one_line(arguments, message, capsys):
    assert message in _refused(capsys, *arguments)
    assert os.listdir() == []


def test_escape_bytes_in_names_do_not_reach_the_terminal(shops, quick, capsys):
    odd = {"size": "\x1b[31msize", "label": "la$b$e\x07l", "zip": "größe"}
    shops.rename(columns=odd).to_csv("\x1b[1mt.csv", index=False)
    main(
        ["--data", "\x1b[1mt.csv", "--target", "la$b$e\x07l", "--out", "\x1b[1m.joblib"]
    )
    output = capsys.readouterr()
    assert not {"\x1b", "\x07"} & set(output.out + output.err)
    assert "'\\x1b[31msize'" in output.out
    assert "'größe'" in output.out
    assert printable("a\x1b[31m\n\u202e") == "a\\x1b[31m\\n\\u202e"


def test_what_the_package_says_of_the_rows_is_one_line(shops, monkeypatch, capsys):
    def refuse(task, kinds, seed):
        raise ValueError("Column 'x' is odd.\nMend it.")

    shops.to_csv("shops.csv", index=False)
    monkeypatch.setattr(demo, "make_ensemble", refuse)
    with pytest.raises(SystemExit) as stop:
        main(["--data", "shops.csv", "--target", "label"])
    assert stop.value.code == 2
    said = capsys.readouterr().err
    assert said.endswith(": error: while distilling a teacher: Column 'x' is odd.\n")


@pytest.mark.parametrize(
    ("counts", "folds"), [([9, 3], 3), ([9, 2], 2), ([9, 1], None)]
)
def test_a_class_with_few_rows_is_in_every_fold(counts, folds):
    assert Classes.folds(np.repeat(["u", "v"], counts)) == folds


def test_warnings_are_lines_without_code(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        with demo._warnings_as_lines():
            warnings.warn("Mind \x1b this.", UserWarning, stacklevel=1)
    assert capsys.readouterr().err == "  warning: Mind \\x1b this.\n"


def test_a_closed_pipe_is_no_error():
    code = (
        "import sys, types\n"
        "name = 'sklearn_kd._demo.run'\n"
        "run = lambda **options: print('x' * 10**6)\n"
        "sys.modules[name] = types.SimpleNamespace(run=run)\n"  # starts at once
        "from sklearn_kd.__main__ import main\n"
        "main([])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 141
