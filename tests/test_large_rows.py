"""Training data larger than memory: files read in place, encoded part by part."""

import numpy as np
import pandas as pd
import pytest
from given_rows import on_given_rows
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    SoftTargets,
    UnlabeledRows,
    compute_soft_targets,
)
from sklearn_kd._compat import safe_indexing
from sklearn_kd._tables import taking
from sklearn_kd._tables.taking import RowsInPlace, take_rows
from sklearn_kd._task import match
from sklearn_kd.pool import _fit
from sklearn_kd.students.encoder import _encoding
from sklearn_kd.students.mlp import _batches, _encoder_fit
from sklearn_kd.transfer import _draw
from sklearn_kd.transfer._draw import draw_rows

N_ROWS = 7_000
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N_ROWS, 6)).astype(np.float32)
LOGITS = 2 * np.tanh(X @ RNG.normal(size=(6, 3)))
P = (np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)).astype(np.float32)
Y = P.argmax(axis=1)
TEACHER = LogisticRegression().fit(X, Y)
SOFT = SoftTargets(P, [0, 1, 2])


@pytest.fixture
def mapped(tmp_path):
    """The rows in a file."""
    np.save(tmp_path / "X.npy", X)
    return np.load(tmp_path / "X.npy", mmap_mode="r")


@pytest.fixture
def large(monkeypatch):
    """Treat these rows as too many to copy, and too many to encode at once."""
    monkeypatch.setattr(taking, "LARGE_BYTES", 1)
    monkeypatch.setattr(_batches, "MOST_BYTES", 1)
    monkeypatch.setattr(_batches, "CHUNK_ROWS", 50)
    monkeypatch.setattr(_batches, "CHUNKS", 16)
    monkeypatch.setattr(_batches, "ENCODED_ROWS", 300)
    monkeypatch.setattr(_batches, "NORM_ROWS", 500)
    monkeypatch.setattr(_encoding, "RANGE_ROWS", 300)
    monkeypatch.setattr(_draw, "MOST_SOURCES", 2_000)
    monkeypatch.setattr(_fit, "MOST", 2_000)
    monkeypatch.setattr(match, "SCORED_ROWS", 2_000)


@pytest.fixture
def read(monkeypatch):
    """How many rows each reading of a large array gave."""
    sizes, getitem = [], RowsInPlace.__getitem__

    def counted(self, rows):
        values = getitem(self, rows)
        sizes.append(len(values))
        return values

    monkeypatch.setattr(RowsInPlace, "__getitem__", counted)
    return sizes


def student(**params):
    return MLPStudent((16,), **{"max_iter": 4, "random_state": 0} | params)


# ---- rows in place

PLACES = [
    slice(None),
    slice(3, 900, 7),
    slice(-5, None),
    np.array([5, 1, 4999, 1]),
    np.arange(N_ROWS) % 3 == 0,
    [0, 6999],
]


@pytest.mark.parametrize("rows", PLACES, ids=str)
@pytest.mark.parametrize("n_arrays", [1, 2, 3])
def test_reading(rows, n_arrays):
    arrays = np.split(X, [1000, 5000][: n_arrays - 1])
    in_place = RowsInPlace(arrays, [None] * n_arrays)
    assert in_place.shape == X.shape
    assert_array_equal(in_place[rows], X[rows])
    assert_array_equal(safe_indexing(in_place, rows), X[rows])


@pytest.mark.parametrize("n_arrays", [1, 2])
def test_selecting_twice(n_arrays):
    in_place = RowsInPlace(np.split(X, [3000][: n_arrays - 1]), [None] * n_arrays)
    odd = in_place.select(np.arange(1, N_ROWS, 2))
    some = odd.select(np.arange(0, len(odd), 5))
    assert_array_equal(np.asarray(some), X[1::2][::5])
    assert_array_equal(some[slice(2, 9)], X[1::2][::5][2:9])


def test_only_large_arrays_of_numbers_are_read_in_place(large):
    rows = np.arange(5)
    assert isinstance(take_rows(X, rows), RowsInPlace)
    for other in [sparse.csr_matrix(X), pd.DataFrame(X), X.astype(object)]:
        assert not isinstance(take_rows(other, rows), RowsInPlace)


def test_the_threshold():
    assert not isinstance(take_rows(X, np.arange(5)), RowsInPlace)


# ---- the student


def test_parts_lose_nothing_against_all_at_once(large, mapped, monkeypatch):
    by_parts = student().fit(mapped, Y, soft_targets=SOFT)
    monkeypatch.setattr(_batches, "MOST_BYTES", 2**30)
    at_once = student().fit(X, Y, soft_targets=SOFT)
    assert by_parts.score(X, Y) > at_once.score(X, Y) - 0.01
    assert_allclose(by_parts.loss_curve_, at_once.loss_curve_, rtol=0.15)
    assert_allclose(
        by_parts.validation_loss_curve_, at_once.validation_loss_curve_, rtol=0.15
    )
    assert by_parts.n_steps_ == pytest.approx(at_once.n_steps_, rel=0.15)


def test_the_first_loss_and_the_validation_loss_are_exact(large, monkeypatch):
    # at a learning rate of nearly 0 nothing depends on the order of the rows
    params = {"max_iter": 1, "learning_rate_init": 1e-12, "weight_decay": 0}
    weight = RNG.integers(1, 4, size=N_ROWS)
    loss = []
    for most in (1, 2**30):
        monkeypatch.setattr(_batches, "MOST_BYTES", most)
        model = student(**params)
        # the same first weights in both
        monkeypatch.setattr(_batches, "_mean_norm", lambda X, weight: 30.0)
        model.fit(X, Y, weight, SOFT[:])
        loss.append([model.loss_curve_[0], model.validation_loss_curve_[0]])
    assert_allclose(loss[0], loss[1], rtol=1e-5)


def test_labels_that_lie_in_order_are_mixed(large):
    order = np.argsort(Y, kind="stable")
    model = student(max_iter=8).fit(X[order], Y[order])
    assert model.score(X, Y) > 0.9


def test_every_row_once_an_epoch(large):
    seen = []

    class Remembered:
        def prepare(self, codes, soft, dtype):
            return np.zeros((len(codes), 1), dtype), np.zeros(len(codes))

    from sklearn_kd.students._checks import check_train

    rows = check_train(student(), np.arange(2.0 * N_ROWS).reshape(-1, 2), Y, None, None)
    rows = _batches.BatchesByParts(None, rows, Remembered(), "float64")
    for _ in range(2):
        generator = np.random.default_rng(len(seen))
        runs = [*rows.runs(128, generator)]
        batches = [batch.X.copy() for run in runs for batch in run.batches()]
        assert len(batches) == rows.n_batches(128)
        assert max(map(len, batches)) <= 128
        seen.append(np.concatenate(batches)[:, 0])
    assert_array_equal(np.sort(seen[0]), 2 * np.arange(N_ROWS))
    assert_array_equal(np.sort(seen[1]), 2 * np.arange(N_ROWS))
    assert (seen[0] != seen[1]).mean() > 0.9
    blocks = [block.X for run in rows.blocks(128) for block in run.batches()]
    assert_array_equal(np.concatenate(blocks)[:, 0], 2 * np.arange(N_ROWS))


def test_same_seed_same_bits(large, mapped):
    first, again = (student().fit(mapped, Y).predict_proba(X[:500]) for _ in range(2))
    assert_array_equal(first, again)


def test_frames_by_parts(large):
    frame = pd.DataFrame(X).add_prefix("x").assign(kind=np.array(["a", "b", "c"])[Y])
    assert student().fit(frame, Y).score(frame, Y) > 0.99


def test_rows_of_weight_0_are_not_read(large, mapped):
    weight = np.where(np.arange(N_ROWS) % 2, 1.0, 0.0)
    rows = X.copy()
    rows[weight == 0] = 1e6
    model = student().fit(rows, Y, sample_weight=weight)
    other = student().fit(X[1::2], Y[1::2])
    assert_array_equal(model.predict_proba(X[:500]), other.predict_proba(X[:500]))


def test_the_encoder_learns_from_a_sample(large, mapped, monkeypatch):
    monkeypatch.setattr(_encoder_fit, "ENCODER_ROWS", 1_000)
    sizes = []
    fit_encoder = _encoder_fit.fit_encoder

    def counted(encoder, train, *settings):
        sizes.append(len(train))
        assert isinstance(train.X, np.ndarray)
        return fit_encoder(encoder, train, *settings)

    monkeypatch.setattr(_encoder_fit, "fit_encoder", counted)
    assert student().fit(mapped, Y).score(X, Y) > 0.85
    assert sizes == [1_000]


# ---- distillation


def test_distilling_from_files_reads_no_more_than_a_part(
    large, mapped, read, tmp_path, monkeypatch
):
    monkeypatch.setattr(_encoder_fit, "ENCODER_ROWS", 700)
    out = np.lib.format.open_memmap(tmp_path / "P.npy", "w+", np.float32, P.shape)
    compute_soft_targets(TEACHER, mapped, out=out)
    model = DistilledClassifier(student=student(), random_state=0)
    model.fit(mapped, Y, teacher_proba=out)
    assert max(read) <= 50 * 16 < N_ROWS
    assert (model.predict(X) == TEACHER.predict(X)).mean() > 0.9


def test_a_teacher_and_unlabelled_rows_in_files(large, mapped):
    model = on_given_rows(TEACHER, student(), random_state=0)
    model.fit(mapped[:3000], Y[:3000], X_unlabeled=UnlabeledRows(mapped[3000:]))
    assert model.n_transfer_rows_ == 4000
    assert (model.predict(X) == TEACHER.predict(X)).mean() > 0.9


def test_synthetic_rows_are_made_from_a_sample(large, mapped):
    distilled = DistilledClassifier(TEACHER, student(), random_state=0)
    distilled.fit(mapped, Y)
    assert distilled.n_transfer_rows_ == 60_000  # of 7000 sources 140 000
    assert (distilled.predict(X) == TEACHER.predict(X)).mean() > 0.95


def test_sources_of_a_sample_are_positions_in_the_table(large):
    from sklearn_kd import MungeSampler

    sampler = MungeSampler(4000, swap_probability=0, random_state=0)
    made, source, (rows, neighbors) = draw_rows(sampler, X, 0)
    assert_array_equal(made, X[source])
    assert len(np.unique(source)) == 2_000
    assert neighbors.shape == (2_000, 10)
    assert_array_equal(np.unique(source), rows)


def test_a_student_of_scikit_learn_gets_an_array(large, mapped):
    model = on_given_rows(TEACHER, LogisticRegression(), random_state=0)
    model.fit(mapped, Y, X_unlabeled=X[:500])
    assert (model.predict(X) == TEACHER.predict(X)).mean() > 0.95


def test_probabilities_in_a_file_are_not_copied(tmp_path):
    np.save(tmp_path / "P.npy", P)
    mapped = np.load(tmp_path / "P.npy", mmap_mode="r")
    assert np.shares_memory(SoftTargets(mapped, [0, 1, 2]).proba, mapped)
    assert not np.shares_memory(SoftTargets(P, [0, 1, 2]).proba, P)
