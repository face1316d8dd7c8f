"""The service of `examples/serve` gives what the student gives."""

import json
import socket
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pandas as pd
import pytest
import skops.io
from exported import NAMES, close, exported, hard_rows, outputs
from numpy.testing import assert_allclose
from processes import printed_by, run_python
from serving import as_json, ask, body, numbers, served, service
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from student_service import Column, load, make_app
from student_service.estimator_model import TRUSTED, EstimatorModel

from benchmarks.serve.client import drive, request
from benchmarks.serve.service import EXAMPLE, running
from sklearn_kd import DistilledClassifier, MLPStudent
from sklearn_kd.datasets import load_adult
from sklearn_kd.export import to_onnx, trusted_types

ALONE = [
    name
    for name in NAMES
    if name not in ("threshold", "absent class", "distilled regressor")
]
KINDS = ("onnx", "skops")
CASES = [(name, "onnx") for name in NAMES] + [(name, "skops") for name in ALONE]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_hard_rows_are_predicted_as_by_the_student(name, kind):
    model = exported(name)[0]
    _, rows = hard_rows(name)  # JSON has no infinities
    answer = ask(service(name, kind), body(rows))
    assert answer.status_code == 200, answer.content
    predictions = answer.json()["predictions"]
    expected = outputs(model, rows)
    assert close(numbers(predictions), expected, model)
    if "label" in predictions[0]:
        labels = [each["label"] for each in predictions]
        clear = np.ptp(np.sort(expected)[:, -2:], axis=1) > 1e-4
        assert clear.mean() > 0.5
        student = getattr(model, "student_", model)
        same = np.array(labels) == student.predict(rows)
        assert same[clear].all()
        keys = json.loads(json.dumps(dict.fromkeys(model.classes_.tolist())))
        assert [*predictions[0]["probabilities"]] == [*keys]


@pytest.mark.parametrize("kind", KINDS)
def test_adult_is_predicted_as_by_the_student(kind):
    data = load_adult()
    rows, labels = data.data.iloc[:600], data.target.iloc[:600]
    student = MLPStudent(8, max_iter=5, early_stopping=False, random_state=0)
    student.fit(rows, labels)
    content = rows.to_json(orient="records")  # what pandas sends
    answer = ask(served(student, kind), f'{{"rows": {content}}}').json()
    assert_allclose(
        numbers(answer["predictions"]), student.predict_proba(rows), atol=1e-5
    )
    found = [each["label"] for each in answer["predictions"]]
    assert found == student.predict(rows).tolist()
    assert answer["warnings"] == []
    example = ask(served(student, kind), (EXAMPLE / "rows.json").read_bytes())
    assert len(example.json()["predictions"]) == 2


def test_a_regressor_of_quantiles_names_each_of_them():
    answer = ask(service("quantiles, mixed"), body(exported("quantiles, mixed")[1][:1]))
    (prediction,) = answer.json()["predictions"]
    assert [*prediction["quantiles"]] == ["0.1", "0.5", "0.7", "0.9"]
    assert prediction["prediction"] == prediction["quantiles"]["0.5"]
    assert sorted(prediction["quantiles"].values()) == [
        *prediction["quantiles"].values()
    ]


def test_the_threshold_of_a_model_decides_the_label():
    model, rows = exported("threshold")
    answer = ask(service("threshold"), body(rows)).json()
    labels = [each["label"] for each in answer["predictions"]]
    assert labels == model.predict(rows).tolist()
    assert labels != model.estimator_.predict(rows).tolist()
    assert ask(service("threshold"), path="/schema").json()["threshold"] == ["no", 0.8]


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_level_is_predicted_with_a_warning(kind):
    model, rows = exported("two classes")
    rows = rows[rows.notna().all(axis=1)][:3].astype({"job": object, "floor": object})
    rows.iloc[1, rows.columns.get_loc("job")] = "pilot"
    rows.iloc[2, rows.columns.get_loc("floor")] = 2.0  # known: JSON has one kind
    rows.iloc[0, rows.columns.get_loc("same")] = "other"  # a column without effect
    answer = ask(service("two classes", kind), body(rows)).json()
    assert answer["warnings"] == [
        {
            "loc": ["rows", 1, "job"],
            "msg": "Not among the levels that the student was trained on",
            "type": "unknown_level",
        }
    ]
    expected = model.predict_proba(rows)
    assert_allclose(numbers(answer["predictions"]), expected, atol=1e-5)


def test_an_empty_string_is_no_missing_value():
    rows = pd.DataFrame({"job": ["cook", "nurse", None] * 30, "age": range(90)})
    labels = rows["job"].isna()
    student = MLPStudent(8, max_iter=20, random_state=0).fit(rows, labels)
    hard = pd.DataFrame({"job": ["", None, "nobody"], "age": [3, 3, 3]})
    for kind in ("onnx", "skops"):
        answer = ask(served(student, kind), body(hard)).json()
        empty, missing, unknown = numbers(answer["predictions"])
        assert_allclose(empty, unknown, atol=1e-6)
        assert np.abs(empty - missing).max() > 0.1
        assert [each["loc"][1] for each in answer["warnings"]] == [0, 2]


def test_schema_lists_columns_levels_and_classes():
    model, _ = exported("mixed")
    told = [ask(service("mixed", kind), path="/schema").json() for kind in KINDS]
    for each in told:
        for column in each["columns"]:
            column["levels"] = column["levels"] and sorted(column["levels"], key=repr)
    assert told[0] == told[1]
    types = {each["name"]: each["type"] for each in told[0]["columns"]}
    assert types == {
        "alcohol": "number",
        "acid": "number",
        "ash": "number",
        "job": "string",
        "floor": "integer",
        "smoker": "boolean",
        "same": "any",
        "one": "number",
    }
    levels = {each["name"]: each["levels"] for each in told[0]["columns"]}
    assert levels["floor"] == [0, 1, 2, 3, None]
    assert levels["alcohol"] is None
    assert levels["smoker"] == [False, True]
    assert told[0]["classes"] == model.classes_.tolist()
    assert told[0]["limits"] == {"rows": 1000, "bytes": 2**20}
    document = ask(service("mixed"), path="/openapi.json").json()
    content = document["paths"]["/predict"]["post"]["requestBody"]["content"]
    row = content["application/json"]["schema"]["properties"]["rows"]["items"]
    assert row["required"] == [*types]


def test_health_names_model_version_and_hash():
    onnx, skops_ = (
        ask(service("mixed", kind), path="/health").json() for kind in KINDS
    )
    assert onnx["status"] == "ok"
    assert onnx["task"] == "classification"
    assert onnx["model"] == "student.onnx"
    assert onnx["sklearn_kd_version"] == skops_["sklearn_kd_version"]
    assert len(onnx["sha256"]) == 64
    assert onnx["sha256"] != skops_["sha256"]


def test_a_service_is_built_around_any_estimator():
    _, rows = exported("two classes")
    rows = rows[["alcohol", "acid"]].fillna(1.0)
    model = LogisticRegression().fit(rows, rows["acid"] > 2)
    columns = [Column("alcohol", nullable=False), Column("acid", nullable=False)]
    app = make_app(EstimatorModel(model, columns, {"model": "regression"}))
    answer = ask(app, body(rows)).json()
    assert_allclose(numbers(answer["predictions"]), model.predict_proba(rows))
    answer = ask(app, '{"rows": [{"alcohol": null, "acid": 1}]}')
    assert answer.json()["detail"][0]["loc"] == ["rows", 0, "alcohol"]


@pytest.mark.parametrize("kind", KINDS)
def test_requests_at_a_time_do_not_mix(kind):
    rows, app = exported("mixed")[1], service("mixed", kind)
    contents = [body(rows[i : i + 3]) for i in range(0, 60, 3)]
    alone = [ask(app, content).json() for content in contents]
    with ThreadPoolExecutor(4) as pool:
        together = pool.map(lambda content: ask(app, content).json(), contents)
    assert [*together] == alone


def test_a_started_service_answers(tmp_path):
    model, rows = exported("mixed")
    file = tmp_path / "student.onnx"
    to_onnx(model, file)
    with running("student_service", file) as (port, log):
        address = f"http://127.0.0.1:{port}"
        with urllib.request.urlopen(f"{address}/health", timeout=20) as answer:
            assert json.load(answer)["status"] == "ok"
        post = urllib.request.Request(
            f"{address}/predict",
            body(rows[:5]).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(post, timeout=20) as answer:
            predictions = json.load(answer)["predictions"]
        requests = [request("/predict", body(rows[i : i + 2])) for i in range(9)]
        assert len(drive(port, requests, n_clients=8, seconds=0.2)[1]) >= 8
        assert_allclose(numbers(predictions), model.predict_proba(rows[:5]), atol=1e-5)
        head = (
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        )
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.sendall(head + b"Content-Length: 50\r\n\r\n" + b'{"rows"')
        with urllib.request.urlopen(f"{address}/health", timeout=20) as answer:
            assert answer.status == 200
    assert "Traceback" not in "".join(log)


def test_an_onnx_model_is_served_without_scikit_learn(tmp_path):
    to_onnx(exported("mixed")[0], tmp_path / "student.onnx")
    rows = as_json(exported("mixed")[1][:1])
    code = (
        "import sys; from student_service import load, make_app\n"
        f"model = load({str(tmp_path / 'student.onnx')!r}); make_app(model)\n"
        f"model.predict({{name: [value] for name, value in {rows[0]!r}.items()}})\n"
        "print({'sklearn', 'sklearn_kd', 'onnx', 'pandas', 'skops'} & {*sys.modules})"
    )
    assert printed_by("-c", code) == "set()\n"


def _other_onnx(path):
    model = to_onnx(exported("numbers")[0])
    del model.metadata_props[:]
    path.write_bytes(model.SerializeToString())


def _distilled(path):
    model = DistilledClassifier(GaussianNB(), MLPStudent(4, max_iter=2), transfer=None)
    _, rows = exported("numbers")
    skops.io.dump(model.fit(rows, rows[:, 0] > 13), path)


def test_the_types_that_are_trusted_are_documented():
    assert {*TRUSTED} < {*trusted_types()}


WRONG = {
    "a.joblib": (lambda path: joblib.dump([1], path), "pickles"),
    "a.onnx": (lambda path: path.write_bytes(b"no model"), "cannot read a.onnx"),
    "other.onnx": (_other_onnx, "does not name its columns"),
    "one.onnx": (
        lambda path: to_onnx(exported("numbers")[0], path, outputs=["label"]),
        r"lacks the outputs \['probabilities'\]",
    ),
    "a.skops": (lambda path: path.write_bytes(b"no model"), "cannot read a.skops"),
    "distilled.skops": (_distilled, r"DistilledClassifier.*student_"),
    "other.skops": (
        lambda path: skops.io.dump(LogisticRegression(), path),
        "got a LogisticRegression",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_file_is_refused(tmp_path, name):
    write, message = WRONG[name]
    write(tmp_path / name)
    with pytest.raises(ValueError, match=message):
        load(tmp_path / name)


def test_the_command_says_in_one_line_what_is_wrong_with_a_file(tmp_path):
    for path, message in ((tmp_path / "no.onnx", "No such file"), ("x.pkl", "pickles")):
        found = run_python("-m", "student_service", path)
        assert found.returncode == 1
        assert message in found.stderr
        assert "Traceback" not in found.stderr
