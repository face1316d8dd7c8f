"""Files of this version and of earlier ones load, and predict what they predicted.

`tests/kept` has a folder for each version, which ``python tests/kept/make.py`` writes.
"""

import io
import json
import re
import zipfile
from functools import cache

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import skops.io
from kept import make
from numpy.testing import assert_allclose
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning

import sklearn_kd
from sklearn_kd._run import versions
from sklearn_kd.export import trusted_types

VERSIONS = sorted(path.name for path in make.HERE.iterdir() if path.name[0].isdigit())
CURRENT = sklearn_kd.__version__
FILES = [
    (path.parent.name, path.stem)
    for version in VERSIONS
    for path in sorted((make.HERE / version).glob("*.skops"))
]


@cache
def kept(version):
    """The rows, and what each estimator predicted for them."""
    text = (make.HERE / version / "predictions.json").read_text(encoding="utf-8")
    return json.loads(text)


def load(data):
    return skops.io.loads(data, trusted=trusted_types())


def file_of(version, name):
    return (make.HERE / version / f"{name}.skops").read_bytes()


def test_each_version_has_files_that_are_loaded_or_refused():
    assert CURRENT in VERSIONS, "run python tests/kept/make.py"
    others = set(VERSIONS) - {CURRENT}
    assert others == {*versions.LOADED, *versions.REFUSED}
    assert not set(versions.LOADED) & set(versions.REFUSED)
    for version in VERSIONS:
        names = {path.name for path in (make.HERE / version).iterdir()}
        assert {"predictions.json", "student.skops", "student.onnx"} <= names
        sizes = (path.stat().st_size for path in (make.HERE / version).iterdir())
        assert sum(sizes) < 100_000


@pytest.mark.parametrize(("version", "name"), FILES)
def test_a_kept_file_predicts_what_it_predicted(version, name):
    if version in versions.REFUSED:
        with pytest.raises(ValueError, match=f"saved by sklearn_kd {version}, and"):
            load(file_of(version, name))
        return
    model = load(file_of(version, name))
    rows = make.frame(kept(version)["rows"])
    expected = kept(version)["expected"][name]
    assert expected.keys() == {m for m in make.METHODS if hasattr(model, m)}
    for method, values in expected.items():
        predicted = getattr(model, method)(rows)
        if isinstance(values[0], str):
            assert predicted.tolist() == values
        else:
            assert_allclose(predicted, values, rtol=1e-6, atol=1e-6)


def test_what_was_loaded_is_fitted_again():
    X, y = make.table()
    model = clone(load(file_of(CURRENT, "student")))
    again = model.fit(X, np.array(["b", "a", "ç"])[y])
    assert_allclose(again.predict_proba(X), make.student().predict_proba(X))
    distilled = load(file_of(CURRENT, "distilled"))
    assert distilled.pool_weights_.keys() == {"teacher", "booster", "student"}
    with pytest.raises(ValueError, match="made by without_teacher"):
        distilled.fit(X, y)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_kept_onnx_file_predicts_what_it_predicted(version):
    file = (make.HERE / version / "student.onnx").read_bytes()
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    rows, inputs = kept(version)["rows"], {}
    for each in session.get_inputs():
        values = pd.Series(rows[each.name], dtype=object)
        filled, dtype = {
            "tensor(float)": (np.nan, np.float32),
            "tensor(string)": ("", object),
            "tensor(int64)": (np.iinfo(np.int64).min, np.int64),
        }[each.type]
        values = [filled if pd.isna(value) else value for value in values]
        inputs[each.name] = np.array(values, dtype=dtype)[:, None]
    label, proba = session.run(None, inputs)
    expected = kept(version)["expected"]["student"]
    assert label.tolist() == expected["predict"]
    assert_allclose(proba, expected["predict_proba"], atol=1e-5)


def of_version(version, data, **changes):
    """Write a file as another version would, which has other attributes."""
    source = zipfile.ZipFile(io.BytesIO(data))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as file:
        for name in source.namelist():
            content = source.read(name)
            if name == "schema.json":
                text = content.decode().replace(
                    json.dumps(json.dumps(CURRENT)), json.dumps(json.dumps(version))
                )
                for old, new in changes.items():
                    text = text.replace(f'"{old}"', f'"{new}"')
                content = text.encode()
            file.writestr(name, content)
    return target.getvalue()


def test_a_file_of_an_unknown_version_warns_and_names_it():
    data = of_version("9.1", file_of(CURRENT, "quantiles"))
    with pytest.warns(InconsistentVersionWarning) as caught:
        load(data)
    assert {str(each.message).partition(" was")[0] for each in caught} == {
        "This TabularEncoder",
        "This MLPStudentRegressor",
    }
    assert all(
        f" was saved by sklearn_kd 9.1, and is loaded by sklearn_kd {CURRENT}: its "
        "results may be wrong, or it may fail. Fit it again, or load it with "
        "sklearn-kd==9.1." in str(each.message)
        for each in caught
    )


@pytest.mark.parametrize(
    ("name", "old", "kind"),
    [("student", "knots", "TabularEncoder"), ("net", "weights", "SkorchStudent")],
)
def test_what_cannot_be_read_is_an_error_that_names_the_version(name, old, kind):
    data = of_version("9.1", file_of(CURRENT, name), **{old: "other"})
    message = re.escape(
        f"This {kind} was saved by sklearn_kd 9.1, and sklearn_kd {CURRENT} cannot "
        f"load it: it has no '{old}'. Fit it again, or load it with sklearn-kd==9.1."
    )
    with (
        pytest.warns(InconsistentVersionWarning),
        pytest.raises(ValueError, match=f"^{message}$"),
    ):
        load(data)


def test_a_version_that_is_known_to_load_does_not_warn(monkeypatch):
    monkeypatch.setattr(versions, "LOADED", ("0.0.9",))
    model = load(of_version("0.0.9", file_of(CURRENT, "distilled")))
    rows = make.frame(make.ROWS)
    expected = kept(CURRENT)["expected"]["distilled"]["predict_proba"]
    assert_allclose(model.predict_proba(rows), expected, atol=1e-6)


def test_a_version_that_is_refused_says_why(monkeypatch):
    monkeypatch.setattr(versions, "REFUSED", {"0.0.9": "its knots were ranks"})
    with pytest.raises(ValueError, match="0") as error:
        load(of_version("0.0.9", file_of(CURRENT, "student")))
    assert str(error.value) == (
        f"This TabularEncoder was saved by sklearn_kd 0.0.9, and sklearn_kd {CURRENT} "
        "cannot load it: its knots were ranks. Fit it again, or load it with "
        "sklearn-kd==0.0.9."
    )


def test_the_files_are_written_to_the_byte_each_time():
    files = [make.skops_file(make.student()) for _ in range(2)]
    assert files[0] == files[1]
    assert load(files[0]).predict(make.frame(make.ROWS)).shape == (8,)
