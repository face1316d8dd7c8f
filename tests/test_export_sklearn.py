"""to_sklearn gives estimators of scikit-learn alone, which predict what students do."""

import io
import json
import pickle
from functools import cache

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
import skops.io
from exported import (
    DIABETES,
    NAMES,
    PROGRESS,
    classifier,
    close,
    exported,
    hard_rows,
    outputs,
    regressor,
)
from numpy.testing import assert_allclose, assert_array_equal
from processes import printed_by
from scipy.sparse import csr_matrix
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.validation import check_is_fitted

from sklearn_kd import MLPStudent, TabularEncoder
from sklearn_kd.export import to_sklearn
from sklearn_kd.export._program import program_of
from sklearn_kd.export._program.steps import AddLevel
from sklearn_kd.export._sklearn.levels import texts_of, vectors_of

#: What the docstring of to_sklearn says that skops asks to trust.
TRUSTED = {
    "numpy.asarray",
    "numpy.clip",
    "numpy.nan_to_num",
    "sklearn.utils.validation.check_array",
    "scipy.interpolate._bsplines.BSpline",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",
}
#: One of each kind of estimator.
KINDS = ["mixed", "threshold", "logarithms, mixed", "quantiles, mixed", "sparse"]


@cache
def written(name):
    """The estimator of a model of tests/exported.py; not to be changed."""
    return to_sklearn(exported(name)[0])


def outputs_of(estimator, rows):
    """Probabilities, or numbers in two dimensions."""
    if hasattr(estimator, "predict_proba"):
        return estimator.predict_proba(rows)
    return np.reshape(estimator.predict(rows), (len(rows), -1))


@pytest.mark.parametrize("name", NAMES)
def test_predictions_are_those_of_the_student(name):
    model, rows = exported(name)
    estimator = written(name)
    hard, alike = hard_rows(name)
    for given, accepted in ((rows, rows), (rows[:1], rows[:1]), (hard, alike)):
        expected = outputs(model, accepted)
        got = outputs_of(estimator, given)
        assert close(got, expected, model)
        if is_classifier(model):
            sure = np.abs(expected - 0.5).min(axis=1) > 1e-5
            labels = estimator.predict(given)
            assert_array_equal(labels[sure], model.predict(accepted)[sure])
            assert labels.dtype == model.predict(accepted).dtype


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_fitted_estimator(name):
    model, rows = exported(name)
    estimator = written(name)
    check_is_fitted(estimator)
    assert is_classifier(estimator) == is_classifier(model)
    assert is_regressor(estimator) == is_regressor(model)
    assert estimator.n_features_in_ == rows.shape[1]
    names = getattr(estimator, "feature_names_in_", None)
    if isinstance(rows, pd.DataFrame):
        assert_array_equal(names, model.feature_names_in_)
    else:
        assert names is None
    if is_classifier(model):
        assert_array_equal(estimator.classes_, model.classes_)
    assert type(clone(estimator)) is type(estimator)
    described = json.loads(estimator.sklearn_kd_metadata_["feature_names"])
    inputs = program_of(model, "to_sklearn").inputs
    assert described == [column.label for column in inputs]


def test_it_can_be_shown():
    estimator = written("levels only")
    assert "network" in repr(estimator)
    assert "OneHotEncoder" in estimator._repr_html_()


class Names(pickle.Unpickler):
    """Collects the names that a pickle imports."""

    def __init__(self, content):
        super().__init__(io.BytesIO(content))
        self.found = set()

    def find_class(self, module, name):
        self.found.add(f"{module}.{name}")
        return super().find_class(module, name)


@pytest.mark.parametrize("name", NAMES)
def test_files_name_scikit_learn_numpy_and_scipy_alone(name):
    estimator = written(name)
    names = Names(pickle.dumps(estimator))
    names.load()
    assert {each.split(".")[0] for each in names.found} <= {
        "builtins",
        "numpy",
        "scipy",
        "sklearn",
    }
    content = skops.io.dumps(estimator)
    asked = skops.io.get_untrusted_types(data=content)
    assert set(asked) <= TRUSTED
    for each in asked:
        assert each.replace("validation.", "") in to_sklearn.__doc__.replace(
            "validation.", ""
        )


ELSEWHERE = """
import pickle, sys
from pathlib import Path
import joblib, numpy as np, skops.io
from sklearn_kd.export import to_sklearn
def outputs_of(estimator, rows):
    if hasattr(estimator, "predict_proba"):
        return estimator.predict_proba(rows)
    return np.reshape(estimator.predict(rows), (len(rows), -1))
files = sorted(Path(sys.argv[1]).glob("*.pickle"))
cases = [pickle.loads(file.read_bytes()) for file in files]
for case in cases:
    again = to_sklearn(pickle.loads(case["student"]))
    assert joblib.hash(again) == case["hash"]  # whatever strings are one object
for name in [name for name in sys.modules if name.split(".")[0] == "sklearn_kd"]:
    sys.modules[name] = None  # an import raises an error
for file, case in zip(files, cases):
    skops_file = file.with_suffix(".skops")
    asked = skops.io.get_untrusted_types(file=skops_file)
    for estimator in (
        pickle.loads(case["estimator"]),
        joblib.load(file.with_suffix(".joblib")),
        skops.io.load(skops_file, trusted=asked),
    ):
        assert np.array_equal(outputs_of(estimator, case["rows"]), case["outputs"])
        assert estimator.sklearn_kd_metadata_ == case["metadata"]
    print(file.stem)
try:
    import sklearn_kd
except ImportError:
    print("no sklearn_kd")
"""


def test_it_predicts_where_sklearn_kd_is_not_and_is_the_same_elsewhere(tmp_path):
    for name in KINDS:
        model, rows = exported(name)
        estimator = written(name)
        case = {
            "estimator": pickle.dumps(estimator),
            "student": pickle.dumps(model),
            "hash": joblib.hash(estimator),
            "rows": rows[:20],
            "outputs": outputs_of(estimator, rows[:20]),
            "metadata": estimator.sklearn_kd_metadata_,
        }
        file = tmp_path / f"{name}.pickle"
        file.write_bytes(pickle.dumps(case))
        joblib.dump(estimator, file.with_suffix(".joblib"))
        skops.io.dump(estimator, file.with_suffix(".skops"))
    printed = printed_by("-W", "error", "-c", ELSEWHERE, tmp_path, PYTHONHASHSEED="7")
    assert printed.splitlines() == [*sorted(KINDS), "no sklearn_kd"]


def odd_frame():
    """Levels that are alike as text, long ones, intervals, codes and missing values."""
    rng = np.random.default_rng(0)
    n_rows = 120
    number = rng.normal(size=n_rows)
    frame = pd.DataFrame(
        {
            "number": number,
            "whole": rng.integers(0, 9, n_rows),
            "cut": pd.cut(number, [-9, -1, 0, 1, 9]),
            "word": rng.choice(["None", "nan", "<NA>", "a"], n_rows),
            "code": pd.Categorical(rng.integers(0, 3, n_rows)),
            "flag": number > 0,
            "mixed": rng.choice(np.array(["1", 1, 2.5, "True", "x"], object), n_rows),
            "long": rng.choice(["z" * 65, "z" * 66, "z" * 3], n_rows),
            "same": 1.0,
        }
    )
    for column in ("number", "cut", "word", "long"):
        frame[column] = frame[column].where(rng.random(n_rows) > 0.2)
    return frame


@cache
def odd_student():
    frame = odd_frame()
    encoder = TabularEncoder(min_frequency=None)
    labels = (frame["whole"] + frame["flag"] > 4).to_numpy()
    student = MLPStudent((8,), encoder=encoder, max_iter=5, random_state=0)
    student.fit(frame, labels)
    return student, to_sklearn(student)


ODD = odd_frame()
NA = pd.array([pd.NA] * len(ODD), dtype="string")


@pytest.mark.parametrize(
    "rows",
    [
        ODD,
        ODD[:1],
        ODD.convert_dtypes(),
        ODD.assign(word=None, number=None),
        ODD.assign(word=NA, cut=NA, mixed=NA),
        ODD.assign(word=np.nan, long=np.nan, flag=pd.array([None] * 120, "boolean")),
        ODD.assign(number=pd.array([1, None] * 60, dtype="Int64")),
        ODD.assign(number=np.array([1, None] * 60, dtype=object)),
        ODD.assign(number=ODD["number"].astype("float32"), whole=ODD["whole"] > 4),
        ODD.assign(number=ODD["number"].astype("double[pyarrow]")),
        ODD.assign(word=ODD["word"].astype("string[pyarrow]")),
        ODD.assign(code=ODD["code"].astype(float), flag=ODD["flag"].astype(int)),
        ODD.assign(cut=ODD["cut"].astype(str), long="z" * 64, word="nano"),
        ODD.assign(mixed=[1, True, 1.0, "1", 2.5, "True", "x", "xx"] * 15),
        ODD.set_index(np.zeros(len(ODD))),
    ],
    ids=range(15),
)
def test_values_of_every_dtype_are_read_as_the_student_reads_them(rows):
    student, estimator = odd_student()
    expected = student.predict_proba(rows)
    assert_allclose(estimator.predict_proba(rows), expected, rtol=0, atol=1e-12)


def test_frames_of_polars_and_arrays_of_every_layout():
    part = ODD[["number", "whole", "word", "flag"]]
    student = classifier().fit(part, ODD["whole"] > 4)
    estimator, expected = to_sklearn(student), student.predict_proba(part)
    frame = pl.from_pandas(part)
    for rows in (frame, frame.select(frame.columns[::-1]), frame.to_arrow()):
        assert_allclose(estimator.predict_proba(rows), expected, atol=1e-12)
    empty = frame.with_columns(word=pl.lit(None, dtype=pl.String))
    assert_allclose(
        estimator.predict_proba(empty), student.predict_proba(empty), atol=1e-12
    )
    student, rows = exported("numbers")
    estimator = written("numbers")
    expected = student.predict_proba(rows)
    for given in (rows.tolist(), np.asfortranarray(rows), rows.astype(object)):
        assert_allclose(estimator.predict_proba(given), expected, atol=1e-12)
    single = rows.astype(np.float32)
    expected = student.predict_proba(single)
    assert_allclose(estimator.predict_proba(single), expected, atol=1e-12)
    with pytest.raises(TypeError, match="Sparse data was passed"):
        estimator.predict(csr_matrix(rows))
    student, rows = exported("sparse")
    got = written("sparse").predict_proba(csr_matrix(rows))
    assert_allclose(got, student.predict_proba(csr_matrix(rows)), atol=1e-12)


def test_columns_are_found_by_their_names():
    _, rows = exported("mixed")
    estimator = written("mixed")
    turned = rows[rows.columns[::-1]].assign(more=1)
    assert_array_equal(estimator.predict_proba(turned), estimator.predict_proba(rows))
    with pytest.raises(ValueError, match=r"columns are missing: \{'alcohol'\}"):
        estimator.predict(rows.drop(columns="alcohol"))
    with pytest.raises(ValueError, match="expecting 13 features"):
        written("numbers").predict(exported("numbers")[1][:, :12])


@pytest.mark.parametrize("name", ["mixed", "quantiles, mixed", "standard scaler"])
@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_the_global_configuration_changes_nothing(name, container):
    model, rows = exported(name)
    expected = outputs_of(written(name), rows)
    with sklearn.config_context(transform_output=container):
        assert_array_equal(outputs_of(written(name), rows), expected)
        again = to_sklearn(model)
        assert_array_equal(outputs_of(again, rows), expected)
    assert_array_equal(outputs_of(again, rows), expected)


def test_a_clone_is_fitted_anew():
    _, rows = exported("two classes")
    again = clone(written("two classes")).set_params(network__solver="lbfgs")
    labels = rows["alcohol"].fillna(0) > 13
    assert again.fit(rows, labels).score(rows, labels) > 0.9


def test_quantiles_are_all_given_and_never_cross():
    model, rows = exported("quantiles of two")
    predicted = written("quantiles of two").predict(np.vstack([rows, 1e6 * rows]))
    each = predicted.reshape(len(predicted), 2, 4)
    assert_allclose(each[: len(rows)], model.predict_quantiles(rows), rtol=1e-9)
    assert (np.diff(each, axis=2) >= 0).all()


@pytest.mark.parametrize(
    ("level", "texts"),
    [
        (None, {"nan", "None", "<NA>", "NaT", "NaN"}),
        ("1", {"1"}),
        (5, {"5", "5.0"}),
        (5.0, {"5", "5.0"}),
        (2.5, {"2.5"}),
        (True, {"True", "1", "1.0"}),
        (0, {"False", "0", "0.0", "-0.0"}),
        (1e22, {"1e+22", str(10**22)}),
        (float("inf"), {"inf"}),
    ],
)
def test_texts_of_a_level(level, texts):
    assert set(texts_of(level)) == texts


def test_a_string_that_reads_like_another_level_has_a_vector_of_its_own():
    vectors = np.array([[1.0], [2.0], [4.0], [8.0], [16.0]])
    step = AddLevel(0, ["None", 5, "5", None], vectors)
    texts, strings = vectors_of(step)
    assert texts["5"] == texts["5.0"] == 2 - 16
    assert texts["None"] == texts["nan"] == 8 - 16
    assert {text: change.item() for text, change in strings.items()} == {
        "5": 4 - 2,
        "None": 1 - 8,
    }


@pytest.mark.parametrize("unit", [1e-280, 1e280])
def test_very_small_and_very_large_numbers(unit):
    rows = DIABETES * unit
    rows[:9, 0] = np.nextafter(rows[:9, 0], np.inf)  # knots that nearly touch
    rows[::7, 1] = np.nan
    student = regressor().fit(rows, PROGRESS)
    predicted = to_sklearn(student).predict(rows)
    assert close(predicted[:, None], student.predict(rows)[:, None], student)


def test_what_cannot_be_written_is_refused_by_name():
    rows = DIABETES.copy()
    for wrong in (1e301 * rows[:, 2], 5e-324 * np.arange(len(rows))):
        rows[:, 2] = wrong
        student = regressor().fit(rows, PROGRESS)
        with pytest.raises(ValueError, match=r"cannot write column 'x2'.* unit"):
            to_sklearn(student)
    for level in (b"a", "a\0"):
        frame = pd.DataFrame({"job": np.array([level, "b"] * 30, dtype=object)})
        student = classifier().fit(frame, np.arange(60) % 2)
        with pytest.raises(TypeError, match=r"the level .* of column 'job'.* strings"):
            to_sklearn(student)
    labels = PROGRESS > 150
    with pytest.raises(TypeError, match="to_sklearn covers MLPStudent"):
        to_sklearn(RandomForestClassifier(2).fit(DIABETES, labels))
    student = classifier(encoder=MinMaxScaler()).fit(DIABETES, labels)
    with pytest.raises(TypeError, match="does not cover the encoder MinMaxScaler"):
        to_sklearn(student)
