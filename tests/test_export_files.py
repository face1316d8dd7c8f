"""Files that exports write, and thresholds and strings that a file cannot have."""

import json
import os
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from exported import DIABETES, PROGRESS, WINE, classifier, exported, regressor
from onnx_models import run
from sklearn.model_selection import FixedThresholdClassifier

from sklearn_kd.export import to_c, to_onnx, to_sklearn, to_sql
from sklearn_kd.export._program import program_of


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        (3, TypeError, "must be a str or an os.PathLike of one, got 3"),
        (b"student.h", TypeError, "an os.PathLike of one"),
        ("", ValueError, "path is empty"),
        (".", ValueError, "is a folder. Name a file in it"),
        ("folder/", ValueError, "is a folder"),
        ("nowhere/s.h", ValueError, "nowhere'?, which does not exist. Make it first"),
        ("dangling", ValueError, "which does not exist"),
        ("a\0b", ValueError, "is no path of a file"),
        ("a" * 300, ValueError, "is no path of a file: File name too long"),
        ("pipe", ValueError, "is a device or pipe, and no regular file"),
        ("/dev/null", ValueError, "is a device or pipe"),
    ],
)
def test_a_path_that_cannot_be_written_is_refused_before_any_work(path, error, message):
    os.mkfifo("pipe")
    os.symlink(Path("none") / "s.h", "dangling")
    before = sorted(os.listdir())
    unfit = classifier()  # another error follows if the path passes
    for write in (
        lambda: to_c(unfit, path=path),
        lambda: to_onnx(unfit, path),
        lambda: to_sql(unfit, "rows", "sqlite", path=path),
    ):
        with pytest.raises(error, match=message):
            write()
    assert sorted(os.listdir()) == before
    assert stat.S_ISFIFO(os.stat("pipe").st_mode)


def test_files_have_what_is_returned(tmp_path):
    model, _ = exported("mixed")
    os.symlink("elsewhere.h", "link.h")
    assert to_c(model, path="link.h") == Path("elsewhere.h").read_text("utf-8")
    assert Path("link.h").is_symlink()
    text = to_sql(model, "rows", "duckdb", path=tmp_path / "s.sql")
    assert Path("s.sql").read_text("utf-8") == text
    content = to_onnx(model, "s.onnx").SerializeToString(deterministic=True)
    assert Path("s.onnx").read_bytes() == content


@pytest.mark.parametrize(
    ("threshold", "written"), [(np.inf, 2.0), (-np.inf, -1.0), (np.nan, 2.0)]
)
def test_a_threshold_that_no_file_has_decides_the_same(threshold, written):
    model, rows = exported("threshold")
    inner = model.estimator_
    model = FixedThresholdClassifier(inner, threshold=threshold, pos_label="no")
    model.fit(rows, inner.predict(rows))
    assert program_of(model, "test").threshold == ("no", written)
    written_model = to_onnx(model)
    label, _ = run(written_model, rows.astype(np.float32))
    assert set(label) == set(model.predict(rows))
    told = {each.key: each.value for each in written_model.metadata_props}
    assert json.loads(told["threshold"]) == ["no", written]
    assert "inf" not in to_sql(model, "rows", "sqlite").lower().replace("info", "")


def test_strings_that_no_file_has_are_refused_by_name():
    half, yes = "q\ud800", np.where(WINE[:, 0] > 13, "u", "v")
    rows = pd.DataFrame({"a": WINE[:, 0], "c": yes}, dtype=object)
    rows["a"] = WINE[:, 0]
    for columns, message in [
        (["", "c"], "a column named ''"),
        (["kd:constant_0", "c"], "a column named 'kd:constant_0'"),
        ([half, "c"], "half of a surrogate pair"),
    ]:
        model = classifier().fit(
            rows.set_axis(pd.Index(columns, dtype=object), axis=1), yes
        )
        with pytest.raises(ValueError, match=message):
            to_onnx(model)
    with pytest.raises(ValueError, match=r"the level .* half of a surrogate pair"):
        to_onnx(classifier().fit(rows.replace({"c": {"u": half}}), yes))
    with pytest.raises(ValueError, match=r"the label .* half of a surrogate pair"):
        to_onnx(classifier().fit(WINE, np.where(yes == "u", half, "v")))
    labels = np.array(["a\0", "b"], dtype=object)[(yes == "u") * 1]
    with pytest.raises(ValueError, match="drops a null character"):
        to_sklearn(classifier().fit(WINE, labels))


def test_targets_that_onnx_runtime_takes_for_zero_are_refused():
    model = regressor().fit(DIABETES, PROGRESS * 1e-50)
    with pytest.raises(ValueError, match=r"targets around 1\.\d+e-48, which float32"):
        to_onnx(model)
    to_onnx(regressor().fit(DIABETES, PROGRESS - PROGRESS.mean()))
