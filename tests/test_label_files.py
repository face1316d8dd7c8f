"""``label_dataset``: tables on disk, labelled part by part in a folder."""

import json
import os
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from numpy.testing import assert_array_equal
from processes import printed_by
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from tables_on_disk import FRAME, N_ROWS, READ, TEACHER, Asked, write_rows

from sklearn_kd import LabelledDataset, compute_soft_targets, label_dataset
from sklearn_kd._run.files import only_one


@pytest.fixture
def folder(tmp_path):
    return write_rows(tmp_path / "rows")


@pytest.mark.parametrize("chunk_size", [None, 25, 64, 1000])
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_labels_are_those_of_the_rows_in_memory(folder, tmp_path, chunk_size, n_jobs):
    labelled = label_dataset(
        TEACHER, folder, tmp_path / "soft", chunk_size=chunk_size, n_jobs=n_jobs
    )
    expected = compute_soft_targets(TEACHER, FRAME[READ])
    assert_array_equal(labelled.soft_targets(), expected)
    assert_array_equal(labelled.classes, ["a", "b"])
    assert (labelled.n_rows, labelled.columns) == (N_ROWS, READ)
    # as any reader of Parquet sees it
    frame = pd.read_parquet(tmp_path / "soft")
    assert list(frame.columns) == ["a", "b"]
    assert_array_equal(frame.to_numpy(), expected)


def test_a_single_file_and_a_file_of_an_array(tmp_path):
    numbers = FRAME[["count", "id"]]
    numbers.to_parquet(tmp_path / "rows.pq")
    np.save(tmp_path / "rows.npy", numbers.to_numpy())
    forest = RandomForestClassifier(5, random_state=0).fit(numbers, FRAME["kind"])
    expected = compute_soft_targets(forest, numbers)
    one = label_dataset(forest, str(tmp_path / "rows.pq"), tmp_path / "1", chunk_size=9)
    assert_array_equal(one.soft_targets(), expected)
    array = numbers.to_numpy()
    forest.fit(array, FRAME["kind"])
    for place, data in enumerate([tmp_path / "rows.npy", array, tmp_path / "rows.pq"]):
        out = tmp_path / f"array {place}"
        labelled = label_dataset(forest, data, out, chunk_size=50)
        assert_array_equal(labelled.soft_targets(), expected)


def test_columns_of_the_users_choice(tmp_path):
    array = np.random.default_rng(0).normal(size=(60, 4))
    model = LogisticRegression().fit(array[:, [2, 0]], array[:, 2] > 0)
    np.save(tmp_path / "rows.npy", array)
    labelled = label_dataset(
        model, tmp_path / "rows.npy", tmp_path / "soft", columns=[2, 0]
    )
    expected = compute_soft_targets(model, array[:, [2, 0]])
    assert_array_equal(labelled.soft_targets(), expected)
    (X, y, _), *_ = labelled.batches(target=3)
    assert_array_equal(X, array[:, [2, 0]])
    assert_array_equal(y, array[:, 3])
    pd.DataFrame(array, columns=list("abcd")).to_parquet(tmp_path / "rows.parquet")
    labelled = label_dataset(
        model, tmp_path / "rows.parquet", tmp_path / "named", columns=["c", "a"]
    )
    assert_array_equal(labelled.soft_targets(), expected)


def test_categories_are_those_of_all_files(tmp_path):
    """Codes of categories, which some packages read, must not depend on the part."""
    files = tmp_path / "rows"
    files.mkdir()
    frame = FRAME.assign(colour=FRAME["colour"].astype(str).astype("category"))
    seen = []

    class Coded:
        cache_key = "coded"
        classes_ = np.array([0, 1])
        feature_names_in_ = np.array(["colour"], dtype=object)

        def predict_proba(self, X):
            seen.append(X["colour"].cat.categories.tolist())
            code = X["colour"].cat.codes.to_numpy() / 4
            return np.column_stack([1 - code, code])

    for place, colour in enumerate(["red", "blue", "green"]):
        part = frame[frame["colour"] == colour]
        part = part.assign(colour=part["colour"].cat.remove_unused_categories())
        part.to_parquet(files / f"{place}.parquet")
    labelled = label_dataset(Coded(), files, tmp_path / "soft", chunk_size=20)
    whole = pd.read_parquet(files)
    assert_array_equal(labelled.soft_targets(), Coded().predict_proba(whole))
    assert set(map(tuple, seen)) == {("red", "blue", "green")}


@pytest.mark.parametrize("n_outputs", [1, 3])
def test_numbers_are_kept_to_the_last_bit(tmp_path, n_outputs):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(120, 3)), rng.normal(size=(120, n_outputs))
    model = LinearRegression().fit(X, y if n_outputs > 1 else y[:, 0])
    labelled = label_dataset(model, X, tmp_path / "soft", chunk_size=50)
    assert labelled.classes is None
    outputs = labelled.soft_targets()
    assert outputs.dtype == np.float64
    parts = [model.predict(X[rows : rows + 50]) for rows in (0, 50, 100)]
    assert_array_equal(outputs, np.concatenate(parts).reshape(120, -1))
    names = pd.read_parquet(tmp_path / "soft").columns
    assert names[0] == ("prediction" if n_outputs == 1 else "prediction_0")


@pytest.mark.parametrize("labels", [[3, 7], [1.0, 2.0], ["no", "yes"], [False, True]])
def test_classes_come_back_as_they_were(tmp_path, labels):
    X = np.random.default_rng(0).normal(size=(50, 2))
    y = np.array(labels)[(X[:, 0] > 0).astype(int)]
    label_dataset(LogisticRegression().fit(X, y), X, tmp_path / "soft")
    classes = LabelledDataset(tmp_path / "soft", X).classes
    assert classes.tolist() == labels
    assert classes.dtype == np.array(labels).dtype


def test_only_what_is_missing_is_asked_and_a_whole_folder_not(folder, tmp_path):
    asked, out = Asked(TEACHER), tmp_path / "soft"
    first = label_dataset(asked, folder, out, chunk_size=50).soft_targets()
    assert asked.sizes == [50, 50, 50, 50, 30]
    label_dataset(asked, folder, out, chunk_size=50)
    label_dataset(asked, folder, out)
    assert len(asked.sizes) == 5
    os.remove(out / "part-00002.parquet")
    os.remove(out / "part-00004.parquet")
    again = label_dataset(asked, folder, out, chunk_size=50)
    assert asked.sizes[5:] == [50, 30]
    assert_array_equal(again.soft_targets(), first)


def test_what_is_torn_or_of_another_run_does_not_count(folder, tmp_path):
    asked, out = Asked(TEACHER), tmp_path / "soft"
    label_dataset(asked, folder, out, chunk_size=50)
    other = tmp_path / "other"
    label_dataset(TEACHER, folder, other, chunk_size=50)
    whole = (out / "part-00001.parquet").read_bytes()
    (out / "part-00001.parquet").write_bytes(whole[: len(whole) // 2])
    (out / "part-00002.parquet").write_bytes(b"")
    (out / "part-00003.parquet").write_bytes(
        (other / "part-00003.parquet").read_bytes()
    )
    (out / "part-00004.parquet").unlink()
    os.rename(out / "part-00000.parquet", out / "part-00004.parquet")
    (out / "part-00000.parquet").write_bytes(whole)  # of other rows
    (out / ".sklearn_kd-12345678.parquet").write_bytes(whole[:10])
    with pytest.raises(ValueError, match=r"5 of 5 parts in .* are missing or torn"):
        LabelledDataset(out)
    del asked.sizes[:]
    labelled = label_dataset(asked, folder, out)
    assert asked.sizes == [50, 50, 50, 50, 30]
    assert_array_equal(
        labelled.soft_targets(), compute_soft_targets(TEACHER, FRAME[READ])
    )
    assert not list(out.glob(".*"))


def test_objects_are_the_same_by_their_values(tmp_path):
    rng = np.random.default_rng(0)

    def rows(first):
        # other objects each time, of the same values
        values = rng.permutation([first, *range(1000, 1029)])
        return np.array(sorted(map(float, values)), dtype=object).reshape(-1, 1)

    teacher = LogisticRegression().fit(np.arange(9)[:, None], [0, 1, 1] * 3)
    label_dataset(teacher, rows(1), tmp_path / "soft")
    label_dataset(teacher, rows(1), tmp_path / "soft")
    with pytest.raises(ValueError, match="of other data"):
        label_dataset(teacher, rows(2), tmp_path / "soft")


def test_altered_bytes_are_found_when_they_are_read(folder, tmp_path):
    labelled = label_dataset(TEACHER, folder, tmp_path / "soft", chunk_size=50)
    path = tmp_path / "soft" / "part-00001.parquet"
    content = bytearray(path.read_bytes())
    start = pq.read_metadata(path).row_group(0).column(0).data_page_offset
    content[start + 60] ^= 255
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"part-00001\.parquet is damaged"):
        labelled.soft_targets()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_names_file_and_rows_and_the_rest_is_kept(folder, tmp_path, n_jobs):
    out = tmp_path / "soft"
    tired = Asked(TEACHER, unlucky=FRAME["size"][104])
    with pytest.raises(RuntimeError, match="the teacher is tired") as caught:
        label_dataset(tired, folder, out, chunk_size=25, n_jobs=n_jobs)
    message = str(caught.value)
    assert f"rows 0 to 9 of {folder}/b.parquet" in message
    assert f"rows 0 to 14 of {folder}/more/c.parquet" in message
    kept = len(list(out.glob("part-*.parquet")))
    assert kept == len(tired.sizes) >= 4
    awake = Asked(TEACHER)
    labelled = label_dataset(awake, folder, out, chunk_size=25)
    assert len(awake.sizes) == 10 - kept
    assert_array_equal(
        labelled.soft_targets(), compute_soft_targets(TEACHER, FRAME[READ])
    )


def test_a_file_that_cannot_be_read_is_named(folder, tmp_path):
    path = folder / "b.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"b\.parquet cannot be read as Parquet"):
        label_dataset(TEACHER, folder, tmp_path / "soft")


#: Labels a small file and a large one, and prints the most memory of Arrow after each.
JOB = """
import joblib, pyarrow as pa
from sklearn_kd import label_dataset

model = joblib.load("model.joblib")
for name in ("small", "large"):
    label_dataset(model, f"{name}.parquet", name, chunk_size=20_000)
    print(pa.default_memory_pool().max_memory())
"""


def test_memory_does_not_grow_with_the_rows_of_a_group(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    for name, n_rows in (("small", 100_000), ("large", 1_000_000)):
        frame = pd.DataFrame(rng.normal(size=(n_rows, 4)), columns=list("abcd"))
        frame.to_parquet(f"{name}.parquet", row_group_size=n_rows)
    model = LogisticRegression().fit(frame[:100], frame["a"][:100] > 0)
    joblib.dump(model, "model.joblib")
    small, large = map(int, printed_by("-c", JOB).split())
    assert large < 1.3 * small


def test_a_forest_that_is_loaded_anew_goes_on(tmp_path):
    X = np.random.default_rng(0).normal(size=(60, 3))
    forest = RandomForestClassifier(5, random_state=0).fit(X, X[:, 0] > 0)
    joblib.dump(forest, tmp_path / "forest.joblib")
    for _ in range(3):
        loaded = joblib.load(tmp_path / "forest.joblib")
        label_dataset(loaded, X, tmp_path / "soft", chunk_size=20)
        os.remove(tmp_path / "soft" / "part-00001.parquet")


class TestOthers:
    """Labels of something else are not mixed with what is there."""

    @pytest.fixture
    def out(self, folder, tmp_path):
        out = tmp_path / "soft"
        label_dataset(TEACHER, folder, out, chunk_size=100)
        return out

    def test_another_teacher(self, folder, out):
        other = HistGradientBoostingClassifier(categorical_features="from_dtype")
        other.fit(FRAME[["size", "count"]], FRAME["kind"])
        with pytest.raises(ValueError, match="holds labels by another teacher"):
            label_dataset(other, folder, out)

    def test_the_same_teacher_fitted_anew(self, folder, out):
        other = type(TEACHER)([*TEACHER.steps[:-1], ("last", LogisticRegression())])
        frame = FRAME.fillna({"size": 0})
        other.fit(frame[READ], frame["kind"])
        with pytest.raises(
            ValueError, match=r"by another teacher.*Name another folder"
        ):
            label_dataset(other, folder, out)

    def test_other_rows_of_the_same_shape(self, folder, out):
        FRAME[100:110][::-1].to_parquet(folder / "b.parquet")
        with pytest.raises(ValueError, match=r"of other data \(in \['b\.parquet'\]\)"):
            label_dataset(TEACHER, folder, out)
        with pytest.raises(ValueError, match=r"of other data \(in \['b\.parquet'\]\)"):
            next(LabelledDataset(out).batches())

    def test_a_file_more(self, folder, out):
        FRAME[:5].to_parquet(folder / "d.parquet")
        with pytest.raises(ValueError, match=r"of other data \(in \['d\.parquet'\]\)"):
            label_dataset(TEACHER, folder, out)

    def test_another_size_of_chunks(self, folder, out):
        with pytest.raises(ValueError, match="in chunks of another size"):
            label_dataset(TEACHER, folder, out, chunk_size=10)

    def test_other_classes(self, folder, out):
        with pytest.raises(ValueError, match="of other classes"):
            label_dataset(TEACHER, folder, out, classes=["b", "a"])

    def test_a_folder_of_something_else(self, folder):
        with pytest.raises(ValueError, match="holds something else than labels"):
            label_dataset(TEACHER, folder, folder)

    def test_a_format_of_the_future(self, out):
        path = Path(out, "_labels.json")
        path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
        with pytest.raises(ValueError, match="in a format that"):
            LabelledDataset(out)

    @pytest.mark.parametrize(
        "alter",
        [
            lambda text: "[]",
            lambda text: "{}",
            lambda text: '{"format": 1}',
            lambda text: text.replace('"n_rows": 230', '"n_rows": 100'),
            lambda text: text.replace('"<U1"', '"zz"'),
        ],
    )
    def test_an_altered_manifest(self, folder, out, alter):
        path = Path(out, "_labels.json")
        path.write_text(alter(path.read_text()))
        for call in (
            lambda: LabelledDataset(out),
            lambda: label_dataset(TEACHER, folder, out),
        ):
            with pytest.raises(ValueError, match=r"json was changed after it was wr"):
                call()

    def test_another_run_that_is_at_work(self, folder, out):
        os.remove(os.path.join(out, "part-00001.parquet"))
        with (
            only_one(os.path.join(out, "_labels.json")),
            pytest.raises(ValueError, match="Another run is writing labels into"),
        ):
            label_dataset(TEACHER, folder, out)
        assert label_dataset(TEACHER, folder, out).n_rows == N_ROWS

    def test_a_torn_manifest(self, out):
        path = Path(out, "_labels.json")
        path.write_text(path.read_text()[:50])
        with pytest.raises(ValueError, match=r"_labels\.json cannot be read"):
            LabelledDataset(out)
