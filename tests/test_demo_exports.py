"""The command writes students for use without Python."""

import os
from pathlib import Path

import joblib
import numpy as np
import onnxruntime
import pytest
import skops.io
from exported import exported

from sklearn_kd.__main__ import main
from sklearn_kd.export import to_c, to_onnx, to_sql


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def student():
    return exported("mixed")[0]


def _refused(capsys, *arguments):
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


@pytest.mark.parametrize("name", ["s.skops", "s.joblib", "s.pkl"])
def test_a_saved_student_is_written_in_every_language(name, student, capsys):
    (skops.io if name.endswith("skops") else joblib).dump(student, name)
    files = ["--export", "my-student.h", "--export", "s.onnx", "--export", "s.SQL"]
    main(["--student", name, *files, "--table", "visits", "--dialect", "sqlite"])
    lines = capsys.readouterr().out.splitlines()
    for line, file in zip(lines, ["my-student.h", "s.onnx", "s.SQL"], strict=True):
        assert line == f"Wrote {file}: the student, {os.path.getsize(file):,} bytes"
    assert Path("my-student.h").read_text() == to_c(student, "my_student")
    assert Path("s.SQL").read_text() == to_sql(student, "visits", "sqlite")
    assert Path("s.onnx").read_bytes() == to_onnx(student).SerializeToString()
    onnxruntime.InferenceSession("s.onnx", providers=["CPUExecutionProvider"])
    assert sorted(os.listdir()) == sorted([name, "my-student.h", "s.onnx", "s.SQL"])


@pytest.mark.parametrize("name", ["über.h", "int.h", "_x.h", "2.h"])
def test_any_name_of_a_file_makes_names_of_c(name, student, capsys):
    joblib.dump(student, "s.joblib")
    main(["--student", "s.joblib", "--export", name])
    assert "static inline void student_" in Path(name).read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--student", "s.joblib"], "--student needs --export FILE"),
        (["--student", "s.onnx", "--export", "s.h"], "that ends in .joblib, .pkl, .sk"),
        (["--student", "no.joblib", "--export", "s.h"], "no.joblib does not exist"),
        (["--student", "bad.skops", "--export", "s.h"], "bad.skops could not be loa"),
        (["--student", "bad.pkl", "--export", "s.h"], "bad.pkl could not be loaded"),
        (["--student", "s.joblib", "--export", "s.py"], "ends in .onnx, .h, .sql"),
        (["--student", "s.joblib", "--export", "no/s.h"], "there is no folder no"),
        (["--student", "s.joblib", "--export", "s.h", "--export", "./s.h"], "the same"),
        (
            ["--student", "s.joblib", "--data", "x.csv", "--export", "s.h"],
            "--data does nothing with --student",
        ),
        (["--student", "s.joblib", "--seed", "3", "--export", "s.h"], "--seed does"),
        (["--student", "array.joblib", "--export", "s.h"], "got [1.0, 1.0"),
        (["--dialect", "oracle"], "invalid choice: 'oracle'"),
        (["--export", "student"], "expected a file that ends in"),
        (["--table", "", "--export", "s.sql"], "--table: table='' is not the name"),
        (["--student", "odd.skops", "--export", "s.h"], "names the types"),
    ],
)
def test_wrong_values_are_one_line(arguments, message, student, capsys):
    joblib.dump(student, "s.joblib")
    joblib.dump(np.ones(3), "array.joblib")
    for name in ("bad.skops", "bad.pkl"):
        Path(name).write_bytes(b"neither")
    skops.io.dump({"path": Path("anything")}, "odd.skops")
    before = sorted(os.listdir())
    assert message in _refused(capsys, *arguments)
    assert sorted(os.listdir()) == before
