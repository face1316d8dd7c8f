"""``label_dataset`` with arguments that cannot be, and with odd ones."""

import dask.dataframe
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC
from tables_on_disk import FRAME, TEACHER

from sklearn_kd import label_dataset

X = np.random.default_rng(0).normal(size=(40, 3))
FITTED = LogisticRegression().fit(X, X[:, 0] > 0)
NUMBERS = LinearRegression().fit(X, X[:, 0])


class Unnamed:
    """Probabilities without a word about the classes."""

    def predict_proba(self, X):
        return FITTED.predict_proba(X)


class Unkeyed(Unnamed):
    """One that no pickle takes."""

    classes_ = FITTED.classes_

    def __reduce__(self):
        raise TypeError("it holds a connection")


@pytest.fixture
def place(tmp_path):
    """A folder with files of several kinds."""
    np.save(tmp_path / "rows.npy", X)
    np.save(tmp_path / "flat.npy", X[0])
    np.save(tmp_path / "objects.npy", np.array([["a", 1]], dtype=object))
    np.save(tmp_path / "empty.npy", X[:0])
    (tmp_path / "torn.npy").write_bytes(b"")
    FRAME.to_parquet(tmp_path / "rows.parquet")
    FRAME[:0].to_parquet(tmp_path / "empty.parquet")
    FRAME.drop(columns="town").to_parquet(tmp_path / "less.parquet")
    (tmp_path / "rows.csv").write_text("a,b\n1,2\n")
    (tmp_path / "nothing").mkdir()
    (tmp_path / "two").mkdir()
    FRAME.to_parquet(tmp_path / "two" / "a.parquet")
    FRAME.drop(columns="town").to_parquet(tmp_path / "two" / "b.parquet")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none", "does not exist"),
        ("flat.npy", r"has shape \(3,\), expected \(n_rows, n_features\)"),
        ("objects.npy", "no array that can be mapped"),
        ("empty.npy", "has no rows"),
        ("torn.npy", r"no array that can be mapped into memory: [^.]*\. Write"),
        ("empty.parquet", "has no rows"),
        ("rows.csv", r"rows\.csv cannot be read as Parquet"),
        ("nothing", "has no Parquet files: expected names that end in .parquet"),
        ("two", r"b\.parquet has other columns than .*a\.parquet.*\['town'\]"),
    ],
)
def test_data_that_cannot_be(place, name, message):
    with pytest.raises(ValueError, match=message):
        label_dataset(FITTED, place / name, place / "soft")
    assert not (place / "soft").exists()


@pytest.mark.parametrize("data", [FRAME, None, 3, X.tolist(), [X]])
def test_data_of_another_kind(tmp_path, data):
    with pytest.raises(TypeError, match="data must be the name of a Parquet file"):
        label_dataset(FITTED, data, tmp_path / "soft")


def test_a_frame_in_memory_has_a_function_of_its_own(tmp_path):
    with pytest.raises(TypeError, match="compute_soft_targets labels rows in memory"):
        label_dataset(FITTED, FRAME, tmp_path / "soft")


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"teacher": LogisticRegression()}, NotFittedError, "fit it first"),
        ({"teacher": LinearRegression()}, NotFittedError, "fit it first"),
        ({"teacher": LinearSVC().fit(X, X[:, 0] > 0)}, TypeError, "LinearSVC"),
        ({"teacher": LogisticRegression}, TypeError, "got the class"),
        ({"teacher": [FITTED]}, TypeError, "of type list"),
        ({"teacher": None}, TypeError, "a classifier with predict_proba, or a regr"),
        ({"teacher": "t.skops"}, TypeError, r"got 't\.skops' of type str\. Load it"),
        ({"teacher": Unnamed()}, ValueError, r"has no classes_: pass classes=\[...\]"),
        ({"teacher": Unkeyed()}, TypeError, "cannot be hashed.*cache_key"),
        ({"teacher": NUMBERS, "classes": [0, 1]}, ValueError, "are for a classifier"),
        ({"classes": [0, 0]}, ValueError, "distinct labels"),
        ({"classes": []}, ValueError, "classes is empty"),
        ({"columns": "012"}, TypeError, "columns must be a list of positions"),
        ({"columns": [0, 1, 3]}, ValueError, r"columns=\[3\], expected different"),
        ({"columns": [0, True, 2]}, ValueError, r"columns=\[True\], expected"),
        ({"columns": [0, 1.0, 2]}, ValueError, r"columns=\[1\.0\], expected"),
        ({"columns": [0, 1, 1]}, ValueError, "expected different ones"),
        ({"columns": []}, ValueError, "expected different ones"),
        ({"columns": [0, 1]}, ValueError, "fitted on 3 columns.*has 2.*by position"),
        ({"chunk_size": 0}, ValueError, "chunk_size must be at least 1"),
        ({"chunk_size": 2.5}, TypeError, "chunk_size must be"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be"),
        ({"verbose": -1}, ValueError, "verbose must be"),
        ({"out": 3}, TypeError, "out must be the name of a folder, got 3"),
        ({"out": ""}, ValueError, "out is empty"),
    ],
)
def test_wrong_arguments(tmp_path, params, error, message):
    arguments = {"teacher": FITTED, "data": X, "out": tmp_path / "soft"} | params
    with pytest.raises(error, match=message):
        label_dataset(**arguments)
    assert not (tmp_path / "soft").exists()


def test_columns_that_a_file_does_not_have(place):
    with pytest.raises(ValueError, match=r"less\.parquet' has no columns \['town'\]"):
        label_dataset(TEACHER, place / "less.parquet", place / "soft")
    with pytest.raises(ValueError, match=r"fitted on 3 columns.*has 6.*'colour'"):
        label_dataset(FITTED, place / "rows.parquet", place / "soft")
    with pytest.raises(TypeError, match="columns must be a list of names"):
        label_dataset(FITTED, place / "rows.parquet", place / "soft", columns="size")


def test_a_place_that_is_a_file(place):
    with pytest.raises(ValueError, match=r"rows\.npy' is a file: name a folder"):
        label_dataset(FITTED, X, place / "rows.npy")


def test_a_damaged_page_is_an_error_with_the_file(place):
    import pyarrow.parquet as pq

    path = place / "rows.parquet"
    pd.DataFrame(X, columns=list("abc")).to_parquet(path, compression="gzip")
    content = bytearray(path.read_bytes())
    start = pq.read_metadata(path).row_group(0).column(1).data_page_offset
    content[start : start + 200] = b"\0" * 200
    path.write_bytes(content)
    for n_jobs in (1, 2):
        with pytest.raises(Exception, match=r"rows 0 to 39 of .*rows\.parquet"):
            label_dataset(FITTED, path, place / f"soft {n_jobs}", n_jobs=n_jobs)


def test_rows_whose_mass_is_on_other_classes_are_zero_with_a_warning(tmp_path):
    model = LogisticRegression(C=1e9, max_iter=1000).fit(1e3 * X, X[:, 0] > 0)
    with pytest.warns(UserWarning, match=r"not in \[True\] for \d+ rows: these are"):
        labelled = label_dataset(model, 1e9 * X, tmp_path / "soft", classes=[True])
    assert set(labelled.soft_targets().ravel()) == {0.0, 1.0}


def test_classes_for_a_teacher_that_has_none(tmp_path):
    labelled = label_dataset(
        Unnamed(), X, tmp_path / "soft", classes=["no", "yes"], chunk_size=9
    )
    assert labelled.classes.tolist() == ["no", "yes"]


def test_masked_entries_are_no_values(tmp_path):
    masked = np.ma.masked_array(X, mask=X > 1)
    with pytest.raises(ValueError, match="data has masked entries"):
        label_dataset(FITTED, masked, tmp_path / "soft")
    assert not (tmp_path / "soft").exists()


def test_labels_are_not_written_where_they_would_be_rows(place):
    FRAME.to_parquet(place / "two" / "b.parquet")
    with pytest.raises(ValueError, match=r"is in the folder of the rows.*two'"):
        label_dataset(TEACHER, place / "two", place / "two" / "soft")
    for _ in range(2):  # it is passed over, as all such names are
        labelled = label_dataset(TEACHER, place / "two", place / "two" / "_soft")
        assert labelled.n_rows == 2 * len(FRAME)


@pytest.mark.parametrize("name", ["rows.npy/soft", "x" * 300, "a\0b"])
def test_names_that_no_folder_can_have(place, name):
    with pytest.raises(ValueError, match="can be no folder: "):
        label_dataset(FITTED, X, f"{place}/{name}")


def test_partitions_of_dask_may_be_empty(tmp_path):
    rows = pd.DataFrame(X, columns=list("abc"))
    model = LinearRegression().fit(rows, np.c_[X[:, 0], X[:, 1]])
    data = dask.dataframe.from_pandas(rows.assign(day=range(40)), npartitions=4)
    some = data[(data["day"] >= 25) & (data["day"] < 30)]
    labelled = label_dataset(model, some, tmp_path / "soft")
    expected = model.predict(rows[25:30])
    np.testing.assert_array_equal(labelled.soft_targets(), expected)
    np.testing.assert_array_equal(labelled.sample(9)[2], expected)
    assert [len(part) for part, _, _ in labelled.batches()] == [5]
    named = LogisticRegression().fit(rows, X[:, 0] > 0)
    for teacher in (model, named):
        with pytest.raises(ValueError, match="'a DataFrame of Dask' has no rows"):
            label_dataset(teacher, data[data["day"] > 50], tmp_path / "none")
    for other in (data["a"], data[["a"]].to_dask_array()):
        with pytest.raises(TypeError, match="or a DataFrame of Dask, got"):
            label_dataset(model, other, tmp_path / "other")
