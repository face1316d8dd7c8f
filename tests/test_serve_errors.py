"""The service of `examples/serve` refuses what is no row, by its column, with a 422."""

import asyncio
import json
import pickle

import numpy as np
import pytest
from exported import exported, mixed_wine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from serving import as_json, ask, served, service
from sklearn.preprocessing import StandardScaler

from sklearn_kd import MLPStudent

ROW = {
    "alcohol": 13.5,
    "acid": 2,
    "ash": None,
    "job": "cook",
    "floor": 2,
    "smoker": True,
    "same": "same",
    "one": 1,
}
KINDS = ("onnx", "skops")


def rows(**changes):
    """A request whose second row has other values."""
    return json.dumps({"rows": [ROW, {**ROW, **changes}]})


def without(name):
    row = {key: value for key, value in ROW.items() if key != name}
    return json.dumps({"rows": [ROW, row]})


def raw(name, text):
    """A request whose second row has a value that is written so."""
    return rows(**{name: "@"}).replace('"@"', text)


NUMBERS = {
    '"13.5"': "float_type",
    '""': "float_type",
    "true": "float_type",
    "[13.5]": "float_type",
    '{"value": 13.5}': "float_type",
    "NaN": "finite_number",
    "Infinity": "finite_number",
    "-Infinity": "finite_number",
    "1e400": "finite_number",
    "-1e400": "finite_number",
    "1e39": "less_than_equal",
    "-1e39": "greater_than_equal",
    "1" + 39 * "0": "less_than_equal",
    "1" + 400 * "0": "float_type",
    "1" + 10_000 * "0": "finite_number",
}
LEVELS = {
    "job": {"3": "string_type", "true": "string_type", '["cook"]': "string_type"}
    | {'"\\ud800"': "string_unicode", "NaN": "string_type", "{}": "string_type"},
    "floor": {'"2"': "int_type", "true": "int_type", "2.5": "int_type"}
    | {"1e400": "int_type", "[]": "int_type"},
    "smoker": {"1": "bool_type", '"true"': "bool_type", "0.0": "bool_type"},
    "same": {"[]": "scalar_type", "{}": "scalar_type"},
}
VALUES = [("acid", *case) for case in NUMBERS.items()]
VALUES += [(name, *case) for name, cases in LEVELS.items() for case in cases.items()]


def detail(answer, status=422):
    """What an answer reports, if it is a refusal."""
    assert answer.status_code == status, answer.content
    assert answer.headers["content-type"] == "application/json"
    assert [*answer.json()] == ["detail"]
    for each in answer.json()["detail"]:
        assert [*each] == ["loc", "msg", "type"]
    return [(each["loc"], each["type"]) for each in answer.json()["detail"]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_without_faults_is_predicted(kind):
    answer = ask(service("mixed", kind), rows())
    assert answer.status_code == 200
    assert len(answer.json()["predictions"]) == 2


@pytest.mark.parametrize(
    ("name", "text", "kind"), VALUES, ids=lambda text: str(text)[:20]
)
def test_a_value_of_another_type_is_refused_by_row_and_column(name, text, kind):
    for form in KINDS:
        found = detail(ask(service("mixed", form), raw(name, text)))
        assert found == [(["rows", 1, name], kind)]


@pytest.mark.parametrize("text", ['"\\ud83d\\ude00"', '"\\u0000"', '"pilot"', "null"])
def test_any_string_is_a_level(text):
    for form in KINDS:
        assert ask(service("mixed", form), raw("job", text)).status_code == 200


@pytest.mark.parametrize("number", [-(10**30), 2**63, -(2**63), 0, 77])
def test_any_whole_number_is_a_level(number):
    for form in KINDS:
        answer = ask(service("mixed", form), rows(floor=number)).json()
        assert bool(answer["warnings"]) == (number != 0)
        unknown = ask(service("mixed", form), rows(floor=78)).json()["predictions"]
        assert (answer["predictions"] == unknown) == (number != 0)


def test_columns_that_are_missing_unknown_or_repeated_are_named():
    app = service("mixed")
    assert detail(ask(app, without("acid"))) == [(["rows", 1, "acid"], "missing")]
    found = detail(ask(app, rows(name="Ada")))
    assert found == [(["rows", 1, "name"], "extra_forbidden")]
    twice = rows().replace('"acid": 2', '"acid": 2, "acid": 3', 1)
    assert detail(ask(app, twice)) == [(["rows", 0, "acid"], "key_repeated")]
    assert detail(ask(app, '{"rows": [], "rows": [1]}')) == [(["rows"], "key_repeated")]
    assert detail(ask(app, '{"rows": [{}], "n": 1}'))[-1] == (["n"], "extra_forbidden")
    assert len(detail(ask(app, rows(**{f"x{j}": j for j in range(20)})))) == 20
    found = detail(ask(app, rows(**{f"x{j}": j for j in range(99)})))
    assert found == [(["rows", 1], "too_many_keys")]


SHAPES = {
    '{"rows": []}': (["rows"], "too_short"),
    '{"rows": null}': (["rows"], "list_type"),
    '{"rows": {"0": {}}}': (["rows"], "list_type"),
    '{"rows": "[]"}': (["rows"], "list_type"),
    '{"rows": [null]}': (["rows", 0], "dict_type"),
    '{"rows": [[13.5, 2]]}': (["rows", 0], "dict_type"),
    "{}": (["rows"], "missing"),
    "[]": (["body"], "dict_type"),
    "null": (["body"], "dict_type"),
    "NaN": (["body"], "dict_type"),
    "": (["body"], "json_invalid"),
    '{"rows": [}': (["body"], "json_invalid"),
    "{'rows': []}": (["body"], "json_invalid"),
    '{"rows": [],}': (["body"], "json_invalid"),
    "[" * 100_000: (["body"], "json_invalid"),
    "[" * 100_000 + "]" * 100_000: (["body"], "json_invalid"),
    '{"a":' * 100_000 + "1" + "}" * 100_000: (["body"], "json_invalid"),
}


@pytest.mark.parametrize("content", SHAPES, ids=lambda content: content[:20])
def test_a_body_of_another_shape_is_refused(content):
    assert detail(ask(service("mixed"), content)) == [SHAPES[content]]


@pytest.mark.parametrize(
    "content",
    [
        rows().encode("utf-16"),
        rows().encode("utf-8-sig"),
        '{"zeilen": ["ü"]}'.encode("latin-1"),
        pickle.dumps([ROW]),
        b"\x1f\x8b\x08\x00",
    ],
)
def test_a_body_in_another_encoding_is_refused(content):
    found = detail(ask(service("mixed"), content))
    assert found == [(["body"], "json_invalid")]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/octet-stream"},
        {"content-type": "application/json; charset=latin-1"},
    ],
)
def test_another_content_type_is_refused(headers):
    found = detail(ask(service("mixed"), rows(), headers=headers), 415)
    assert found == [(["header", "content-type"], "content_type")]


def test_content_types_of_json_are_accepted():
    for kind in ("application/json; charset=utf-8", "Application/JSON;charset=UTF-8"):
        answer = ask(service("mixed"), rows(), headers={"content-type": kind})
        assert answer.status_code == 200


def test_too_many_rows_and_too_many_bytes_are_refused():
    app = service("mixed")
    most = json.dumps({"rows": [ROW] * 1000})
    assert len(ask(app, most).json()["predictions"]) == 1000
    more = json.dumps({"rows": [ROW] * 1001})
    assert detail(ask(app, more)) == [(["rows"], "too_long")]
    assert ask(app, rows().ljust(2**20)).status_code == 200
    found = detail(ask(app, rows().ljust(2**20 + 1)), 413)
    assert found == [(["body"], "too_large")]


def test_a_body_without_end_is_read_up_to_the_limit():
    sent, answered = [], []

    async def receive():
        sent.append(2**16)
        return {"type": "http.request", "body": b" " * 2**16, "more_body": True}

    async def send(message):
        answered.append(message)

    scope = {"type": "http", "method": "POST", "path": "/predict", "query_string": b""}
    scope["headers"] = [(b"content-type", b"application/json")]
    asyncio.run(service("mixed")(scope, receive, send))
    assert answered[0]["status"] == 413
    assert sum(sent) == 2**20 + 2**16


def test_a_number_without_a_prediction_is_refused_by_its_row():
    wine = exported("standard scaler")[1]
    student = MLPStudent(8, max_iter=2, encoder=StandardScaler(), random_state=0)
    student.fit(wine, wine[:, 0] > 13)
    row = as_json(wine[:1])[0]
    content = {"rows": [row, {**row, "x3": 3e38}, {**row, "x3": None}, row]}
    onnx, skops = (served(student, kind) for kind in KINDS)
    found = detail(ask(onnx, json.dumps(content)))
    assert (["rows", 2], "prediction_not_finite") in found
    assert {place for _, place in (loc for loc, _ in found)} <= {1, 2}
    found = detail(ask(skops, json.dumps(content)))
    assert found == [(["rows", 2, "x3"], "float_type")]


def test_other_paths_and_methods_are_plain_errors():
    app = service("mixed")
    assert ask(app, path="/other").status_code == 404
    assert ask(app, path="/predict/1").status_code == 404


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["cook", "", 2, 13.5, 10**400, 2**63, 1e39, "\ud800"])
)
VALUE = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner)
    ),
    max_leaves=8,
)
CHANGED = st.dictionaries(
    st.sampled_from([*ROW]) | st.text(max_size=4), LEAVES | VALUE, max_size=2
)
NEARLY = st.lists(
    st.builds(
        lambda changes, dropped: {
            name: value
            for name, value in {**ROW, **changes}.items()
            if name not in dropped
        },
        CHANGED,
        st.sets(st.sampled_from([*ROW]), max_size=1) | st.just(set()),
    ),
    max_size=4,
)


@st.composite
def damaged(draw):
    """The bytes of a request, with some of them replaced."""
    content = bytearray(json.dumps({"rows": draw(NEARLY)}), "utf-8")
    place = draw(st.integers(0, len(content)))
    content[place : place + draw(st.integers(0, 3))] = draw(st.binary(max_size=4))
    return bytes(content)


BODIES = (
    VALUE.map(json.dumps)
    | st.fixed_dictionaries({"rows": VALUE}).map(json.dumps)
    | NEARLY.map(lambda rows: json.dumps({"rows": rows}))
    | damaged()
    | st.binary(max_size=40)
)


@settings(
    max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(content=BODIES, kind=st.sampled_from(KINDS))
def test_no_body_is_an_error_of_the_service(content, kind):
    answer = ask(service("mixed", kind), content)
    if answer.status_code == 200:
        predictions = answer.json()["predictions"]
        assert len(predictions) == len(json.loads(content)["rows"])
        for each in predictions:
            assert np.isclose(sum(each["probabilities"].values()), 1)
    else:
        assert detail(answer)


def test_the_fuzzed_rows_are_those_of_the_model():
    assert [*ROW] == [*mixed_wine()]
