"""C headers give what the student gives, compiled strictly and under sanitizers."""

import numpy as np
import pytest
from c_headers import SANITIZED, STRICT, Headers, rows_of
from exported import NAMES, close, exported, hard_rows, outputs

from sklearn_kd.export import to_c

#: Names in C of the models.
IN_C = {name: f"m{place}" for place, name in enumerate(NAMES)}


@pytest.fixture(scope="module")
def headers(tmp_path_factory):
    """All models in one program under the sanitizers."""
    models = {own: exported(name)[0] for name, own in IN_C.items()}
    texts = {name: to_c(model, name) for name, model in models.items()}
    folder = tmp_path_factory.mktemp("headers")
    return Headers(folder, models, texts, *STRICT, *SANITIZED)


@pytest.fixture(scope="module")
def given(headers):
    """What all give for the rows that they were fitted on, and for hard ones."""
    rows = {}
    for name, own in IN_C.items():
        model, fitted = exported(name)
        hard, _ = hard_rows(name)
        rows[own] = np.vstack([rows_of(model, fitted), rows_of(model, hard)])
    return headers.run(rows)


@pytest.mark.parametrize("name", NAMES)
def test_a_header_gives_what_the_student_gives(given, name):
    model, rows = exported(name)
    _, alike = hard_rows(name)
    expected = np.vstack([outputs(model, rows), outputs(model, alike)])
    got, _ = given[IN_C[name]]
    assert close(got, expected, model)
