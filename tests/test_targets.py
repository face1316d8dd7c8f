"""Soft targets: checking, aligning, temperature, blending."""

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import softmax

from sklearn_kd import MLPStudent, SoftTargets
from sklearn_kd._compat import safe_indexing
from sklearn_kd._task.blending import blend, negative_entropy, one_hot
from sklearn_kd._task.link import temper
from sklearn_kd._task.proba import align_proba, check_proba


@st.composite
def probabilities(draw, min_classes=2, max_classes=6, zeros=True):
    shape = (
        draw(st.integers(1, 8)),
        draw(st.integers(min_classes, max_classes)),
    )
    low = 0.0 if zeros else 0.01
    raw = draw(hnp.arrays(np.float64, shape, elements=st.floats(low, 1)))
    raw[np.arange(shape[0]), draw(st.integers(0, shape[1] - 1))] += 0.5
    return raw / raw.sum(axis=1, keepdims=True)


@given(probabilities(zeros=False), st.floats(0.2, 20))
def test_temper_divides_the_logits(proba, temperature):
    expected = softmax(np.log(proba) / temperature, axis=1)
    assert_allclose(temper(proba, temperature), expected, rtol=1e-9, atol=1e-300)


@given(probabilities(), st.floats(0.05, 100))
def test_temper_keeps_zeros_order_and_sum(proba, temperature):
    tempered = temper(proba, temperature)
    assert np.isfinite(tempered).all()
    assert (tempered[proba == 0] == 0).all()
    assert_allclose(tempered.sum(axis=1), 1)
    assert (tempered[np.arange(len(proba)), proba.argmax(axis=1)] > 0).all()
    best = tempered.max(axis=1)
    assert_allclose(tempered[np.arange(len(proba)), proba.argmax(axis=1)], best)


@given(probabilities())
def test_temper_at_one_is_the_identity(proba):
    assert temper(proba, 1.0) is proba


@given(probabilities(zeros=False), st.floats(1.1, 10))
def test_temper_is_undone_by_the_inverse_temperature(proba, temperature):
    there_and_back = temper(temper(proba, temperature), 1 / temperature)
    assert_allclose(there_and_back, proba, rtol=1e-6, atol=1e-12)


@given(probabilities(), st.data())
def test_blend_is_the_convex_mixture(proba, data):
    n_samples, n_classes = proba.shape
    codes = np.array(
        data.draw(
            st.lists(
                st.integers(0, n_classes - 1), min_size=n_samples, max_size=n_samples
            )
        )
    )
    alpha = np.array(
        data.draw(st.lists(st.floats(0, 1), min_size=n_samples, max_size=n_samples))
    )
    mixed = blend(proba, codes, alpha)
    hot = one_hot(codes, n_classes)
    assert_allclose(mixed, alpha[:, None] * proba + (1 - alpha)[:, None] * hot)
    assert_allclose(mixed.sum(axis=1), 1)
    assert_array_equal(blend(proba, codes, np.ones(n_samples)), proba)
    assert_array_equal(blend(proba, codes, np.zeros(n_samples)), hot)


@given(probabilities(min_classes=3), st.data())
def test_align_inverts_any_permutation_of_the_classes(proba, data):
    order = data.draw(st.permutations(range(proba.shape[1])))
    labels = np.array(["a", "b", "c", "d", "e", "f"])[: proba.shape[1]]
    shuffled = proba[:, order]
    aligned, outside, known = align_proba(shuffled, labels[list(order)], labels)
    assert_allclose(aligned, proba, rtol=1e-12)
    assert_array_equal(outside, 0)
    assert known.all()


@given(probabilities(min_classes=3), st.data())
def test_align_removes_foreign_mass_and_renormalises(proba, data):
    n_classes = proba.shape[1]
    foreign = data.draw(st.integers(0, n_classes - 1))
    wanted = [label for label in range(n_classes) if label != foreign]
    aligned, outside, known = align_proba(proba, range(n_classes), [*wanted, 99])
    assert aligned.shape == (len(proba), n_classes)
    assert known.tolist() == [True] * (n_classes - 1) + [False]
    assert_array_equal(aligned[:, -1], 0)
    assert_allclose(outside, proba[:, foreign], atol=1e-12)
    silent = outside > 1 - 1e-6
    assert_array_equal(aligned[silent], 0)
    assert_allclose(aligned[~silent].sum(axis=1), 1)
    ratio = proba[~silent][:, wanted] / (1 - outside[~silent])[:, None]
    assert_allclose(aligned[~silent, :-1], ratio, rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ([2, 1], [1, 2]),
        (np.array([2.0, 1.0]), np.array([1, 2])),
        (["b", "a"], np.array(["a", "b"])),
        (np.array(["b", "a"], dtype=object), np.array(["a", "b"])),
        ([True, False], np.array([False, True])),
    ],
)
def test_align_matches_labels_by_value_not_by_type(source, wanted):
    aligned, _, known = align_proba(np.array([[0.2, 0.8]]), source, wanted)
    assert known.all()
    assert_allclose(aligned, [[0.8, 0.2]])


def test_align_does_not_take_a_number_for_its_spelling():
    _, _, known = align_proba(np.array([[0.2, 0.8]]), ["1", "2"], [1, 2])
    assert not known.any()


def test_align_counts_float32_crumbs_as_no_mass():
    row = np.array([[1 - 1e-8, 1e-8]], dtype=np.float32)
    aligned, outside, _ = align_proba(row, ["x", "a"], ["a", "b"])
    assert outside[0] > 0.999999
    assert_array_equal(aligned, 0)


def test_negative_entropy_takes_zeros():
    assert_allclose(
        negative_entropy(np.array([[1.0, 0.0], [0.5, 0.5]])), [0, -np.log(2)]
    )


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        ([[0.5, 0.5, 0.0]], r"shape \(1, 3\), expected \(n_samples, 2\)"),
        ([0.5, 0.5], r"shape \(2,\).*for two classes too"),
        ([[np.nan, 1.0]], "NaN or infinity, first in row 0"),
        ([[0.5, 0.5], [np.inf, 0.0]], "NaN or infinity, first in row 1"),
        ([[1.5, -0.5]], "negative numbers, first in row 0.*softmax"),
        ([[0.5, 0.5], [0.5, 0.6]], "1 of 2 do not, first row 1 with sum 1.1"),
        ([["high", "low"]], "must hold numbers"),
    ],
)
def test_check_proba_says_what_is_wrong(proba, message):
    with pytest.raises(ValueError, match=message):
        check_proba(proba, 2)


def test_what_numpy_cannot_read_is_refused():
    class Gradient:
        def __array__(self, *args, **kwargs):
            raise RuntimeError("requires grad")

    with pytest.raises(ValueError, match="must hold numbers: requires grad"):
        check_proba(Gradient(), 2)
    with pytest.raises(ValueError, match=r"must hold numbers: .* requires grad"):
        check_proba(torch.ones((1, 2), requires_grad=True), 2)
    with pytest.raises(ValueError, match="must hold numbers"):
        check_proba([[10**400, 0]], 2)


def test_what_is_under_a_mask_is_not_read():
    proba = np.ma.array([[0.5, 0.5], [0.3, 0.7]], mask=[[0, 0], [1, 0]])
    for given_proba in (proba, list(proba)):
        with pytest.raises(ValueError, match=r"masked entries.*filled"):
            check_proba(given_proba, 2)
        with pytest.raises(ValueError, match="masked entries"):
            SoftTargets(given_proba, [0, 1])
    read = check_proba(proba[:1], 2)
    assert type(read) is np.ndarray
    assert_array_equal(read, [[0.5, 0.5]])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", object])
def test_check_proba_keeps_float32_and_widens_the_rest(dtype):
    proba = check_proba(np.array([[1, 0], [0, 1]], dtype=dtype), 2)
    assert proba.dtype == (np.float32 if dtype == "float32" else np.float64)


def test_soft_targets_cannot_be_changed():
    given_proba = np.array([[0.8, 0.2], [0.3, 0.7]])
    soft = SoftTargets(given_proba, ["a", "b"], row_alpha=[1.0, 0.5])
    with pytest.raises(ValueError, match="read-only"):
        soft.proba[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        soft.row_alpha[0] = 0
    with pytest.raises(AttributeError):
        soft.temperature = 2.0
    given_proba[0] = 0.5  # the caller's own array stays writeable


@pytest.mark.parametrize(
    "rows",
    [slice(1, 3), [0, 2], np.array([True, False, True, False]), np.array([3, 3, 0])],
)
def test_soft_targets_slice_like_arrays(rows):
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.ones(3), size=4)
    soft = SoftTargets(proba, [0, 1, 2], row_alpha=rng.random(4), temperature=2.0)
    for part in (soft[rows], safe_indexing(soft, rows)):
        assert isinstance(part, SoftTargets)
        assert_array_equal(part.proba, proba[rows])
        assert_array_equal(part.row_alpha, soft.row_alpha[rows])
        assert (part.temperature, part.loss, len(part)) == (2.0, "kl", len(proba[rows]))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"row_alpha": [0.5]}, "row_alpha has shape"),
        ({"row_alpha": 1.5}, r"row_alpha must lie in \[0, 1\]"),
        ({"row_alpha": [np.nan, 1]}, r"row_alpha must lie in \[0, 1\]"),
        ({"temperature": 0.0}, "temperature must be from 0.001 to 1000, got 0.0"),
    ],
)
def test_soft_targets_refuse_bad_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        SoftTargets([[0.5, 0.5], [1, 0]], [0, 1], **params)


def test_soft_targets_keep_their_own_copy_and_refuse_what_no_one_can_use():
    proba = np.full((2, 2), 0.5)
    soft = SoftTargets(proba, [0, 1])
    proba[:] = [[1, 0], [1, 0]]
    assert_array_equal(soft.proba, 0.5)
    for classes in ([1, 0], [1, 1]):
        with pytest.raises(ValueError, match="distinct and sorted"):
            SoftTargets(proba, classes)
    with pytest.raises(TypeError, match="sliced by several rows"):
        soft[0]
    strange = SoftTargets(proba, [0, 1], loss="x")
    with pytest.raises(ValueError, match=r"soft_targets\.loss must be .* got 'x'"):
        MLPStudent().fit(np.eye(2), [0, 1], soft_targets=strange)


def test_soft_targets_are_read_only_out_of_a_pickle_too():
    soft = SoftTargets([[0.8, 0.2], [0.3, 0.7]], ["no", "yes"])
    again = pickle.loads(pickle.dumps(soft))
    assert_array_equal(again.proba, soft.proba)
    for array in (again.proba, again.classes, again.row_alpha):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]
