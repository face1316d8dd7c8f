"""C headers give what the student gives, compiled strictly and under sanitizers."""

import numpy as np
import pytest
from c_headers import SANITIZED, Headers, rows_of
from exported import ENCODED, NAMES, close, exported, hard_rows, outputs
from numpy.testing import assert_array_equal

from sklearn_kd import MLPStudent
from sklearn_kd.datasets import load_adult
from sklearn_kd.export import to_c
from sklearn_kd.export._c.quantize import loss, quantized
from sklearn_kd.export._program import interpreter, program_of

#: Names in C of the models, with weights of float and of eight bits.
IN_C = {name: f"m{place}" for place, name in enumerate(NAMES)}
EIGHT_BITS = {
    name: f"q{place}"
    for place, name in enumerate(NAMES)
    if name in ("numbers", "missing values", "mixed", "constants", "standard scaler")
    or name in ("logarithms, mixed", "quantiles of two", "few knots", "threshold")
}


@pytest.fixture(scope="module")
def headers(tmp_path_factory):
    """All models in one program under the sanitizers."""
    models, texts = {}, {}
    for names, quantize in ((IN_C, False), (EIGHT_BITS, True)):
        for name, own in names.items():
            models[own], _ = exported(name)
            texts[own] = to_c(models[own], own, quantize=quantize)
    return Headers(tmp_path_factory.mktemp("headers"), models, texts, SANITIZED)


@pytest.fixture(scope="module")
def given(headers):
    """What all give for the rows that they were fitted on, and for hard ones."""
    rows = {}
    for names in (IN_C, EIGHT_BITS):
        for name, own in names.items():
            model, fitted = exported(name)
            hard, _ = hard_rows(name)
            rows[own] = np.vstack([rows_of(model, fitted), rows_of(model, hard)])
    return headers.run(rows)


def both(name, predict):
    """What is predicted for the rows that a model was fitted on, and for hard ones."""
    _, rows = exported(name)
    _, alike = hard_rows(name)
    return np.concatenate([predict(rows), predict(alike)])


@pytest.mark.parametrize("name", NAMES)
def test_a_header_gives_what_the_student_gives(given, name):
    model, _ = exported(name)
    expected = both(name, lambda rows: outputs(model, rows))
    got, decided = given[IN_C[name]]
    assert close(got, expected, model)
    program = program_of(model, "test")
    decision = interpreter.decide(program.decision, got)
    if program.classes is None:
        assert_array_equal(decided, decision)
        return
    assert_array_equal(decided[:, 0], decision)
    ties = np.abs(expected[:, :1] - [0.5, getattr(program.decision, "value", 0.5)])
    sure = ties.min(axis=1) > 1e-4
    labels = program.classes[decision]
    assert_array_equal(labels[sure], both(name, model.predict)[sure])
    assert sure.mean() > 0.9


@pytest.mark.parametrize("name", EIGHT_BITS)
def test_weights_of_eight_bits_give_what_their_program_gives(given, name):
    model, _ = exported(name)
    rounded, _ = quantized(program_of(model, "to_c"))
    got, _ = given[EIGHT_BITS[name]]
    expected = both(name, lambda rows: interpreter.run(rounded.steps, None, rows))
    assert close(got, expected, model)
    if name != "constants":
        assert not close(got, given[IN_C[name]][0], model)


def test_no_number_is_undefined_or_gives_nan(headers):
    rng = np.random.default_rng(0)
    rows = {}
    for names in (IN_C, EIGHT_BITS):
        for name, own in names.items():
            n_columns = len(program_of(exported(name)[0], "test").inputs)
            bits = rng.integers(0, 2**32, size=(1500, n_columns), dtype=np.uint32)
            drawn = bits.view(np.float32)
            specials = np.array([np.nan, np.inf, -np.inf, 0, -0.0, 1, 1e-45, 2.5, 99])
            kind = rng.choice(3, size=drawn.shape, p=[0.6, 0.3, 0.1])
            drawn = np.where(kind == 1, rng.choice(specials, drawn.shape), drawn)
            rows[own] = np.where(kind == 2, rng.integers(-3, 9, drawn.shape), drawn)
    with np.errstate(invalid="ignore", over="ignore"):
        given = headers.run(rows)
    for names in (IN_C, EIGHT_BITS):
        for name in ENCODED:
            if name not in names:
                continue
            got, decided = given[names[name]]
            assert not np.isnan(got).any(), name
            if hasattr(exported(name)[0], "classes_"):
                assert np.abs(got.sum(axis=1) - 1).max() < 1e-5
                assert ((got >= 0) & (got <= 1)).all()
                assert np.isin(decided, range(got.shape[1])).all()
            if "quantiles" in name:
                each = got.reshape(len(got), -1, 4)
                assert (np.diff(each, axis=2) >= 0).all()


@pytest.fixture(scope="module")
def adult():
    """A student of people with their jobs, and rows that it has not seen."""
    X, y = load_adult(return_X_y=True)
    chosen = np.random.default_rng(0).permutation(len(X))[:2500]
    X, y = X.iloc[chosen], y.iloc[chosen]
    model = MLPStudent(max_iter=15, random_state=0).fit(X[:1500], y[:1500])
    return model, X[1500:]


def test_people_with_jobs_and_missing_values(tmp_path, adult):
    model, X = adult
    assert X.isna().any().any()
    texts = {"plain": to_c(model, "plain"), "bits": to_c(model, "bits", quantize=True)}
    made = Headers(tmp_path, dict.fromkeys(texts, model), texts, ["-O2"])
    given = made.run(dict.fromkeys(texts, rows_of(model, X)))
    expected = model.predict_proba(X)
    got, decided = given["plain"]
    assert np.abs(got - expected).max() < 1e-5
    sure = np.abs(expected[:, 0] - 0.5) > 1e-5
    labels = model.classes_[decided[:, 0].astype(int)]
    assert (labels == model.predict(X))[sure].all()
    # what eight bits change of real people is what the header says of drawn ones
    change = np.abs(given["bits"][0] - expected)
    program = program_of(model, "to_c")
    change_of_bits = loss(program, quantized(program)[0])
    mean, largest = change_of_bits.mean, change_of_bits.largest
    assert mean / 5 < change.mean() < mean * 1.5
    assert largest / 5 < change.max() < largest * 1.5
    assert f"#define BITS_MEAN_CHANGE {mean:.3g}\n" in texts["bits"]
    assert f"#define BITS_LARGEST_CHANGE {largest:.3g}\n" in texts["bits"]
    assert "CHANGE" not in texts["plain"]
