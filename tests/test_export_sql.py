"""A SELECT gives what the student gives, in real databases."""

import hashlib
import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
from exported import (
    KINDS,
    NAMES,
    WINE,
    classifier,
    close,
    exported,
    hard_rows,
    outputs,
)
from numpy.testing import assert_allclose, assert_array_equal
from processes import printed_by
from sklearn.preprocessing import MaxAbsScaler, StandardScaler
from sql_databases import DIALECTS, as_frame, numbered, started

from sklearn_kd import MLPStudent, MLPStudentRegressor, TabularEncoder
from sklearn_kd.export import to_sql
from sklearn_kd.export._program import program_of
from sklearn_kd.export._sql.duckdb import DuckDB
from sklearn_kd.export._sql.query import Query


@pytest.fixture(scope="module", params=DIALECTS)
def database(request):
    with started(request.param) as database:
        yield database


def asked(database, model, frame, table="people", **loading):
    """What the query adds to each row of a frame with an ``id``."""
    database.load(frame, table, **loading)
    got = database.query(to_sql(model, table, database.dialect))
    assert list(got)[: frame.shape[1]] == list(frame)
    assert_array_equal(got["id"], np.arange(len(frame)))
    return got.iloc[:, frame.shape[1] :]


def proba_of(added):
    return added.filter(like="probability_").astype(float).to_numpy()


@pytest.mark.parametrize("name", NAMES)
def test_a_query_gives_what_the_student_gives(database, name):
    model, rows = exported(name)
    hard, alike = hard_rows(name)
    added = asked(database, model, numbered(rows[:60], hard))
    told = [rows[:60], alike]
    expected = np.vstack([outputs(model, each) for each in told])
    if hasattr(model, "predict_proba"):
        assert close(proba_of(added), expected, model)
        labels = np.concatenate([model.predict(each) for each in told])
        if model.classes_.dtype == bool and database.dialect == "sqlite":
            labels = labels.astype(int)
        assert added["label"].tolist() == labels.tolist()
        return
    values = added.astype(float).to_numpy()
    numbers = values[:, -expected.shape[1] :]
    assert close(numbers, expected, model)
    decision = program_of(model, "test").decision
    predicted = added.filter(like="prediction").astype(float).to_numpy()
    assert_array_equal(predicted, numbers[:, decision.place :: decision.n_levels])


def test_parts_of_a_wide_program_add_up(database, monkeypatch):
    for name, chunk in {"mixed": 9, "standard scaler": 5, "levels only": 2}.items():
        for dialect in (Query, DuckDB):
            monkeypatch.setattr(dialect, "chunk", chunk)
        model, rows = exported(name)
        added = asked(database, model, numbered(rows[:20]))
        assert close(proba_of(added), outputs(model, rows[:20]), model)


@cache
def wide():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 400))).add_prefix("n")
    letters = rng.choice(list("abcd"), (60, 80))
    frame = frame.join(pd.DataFrame(letters).add_prefix("c"))
    model = classifier(encoder=TabularEncoder(n_knots=4, n_bins=6))
    return model.fit(frame, frame["n0"] > 0), frame


def test_a_wide_table(database):
    model, frame = wide()
    parts = program_of(model, "test").steps[0].parts
    assert sum(len(part.columns) for part in parts) > 2000  # columns of SQLite
    proba = proba_of(asked(database, model, numbered(frame[:3])))
    assert_allclose(proba, model.predict_proba(frame[:3]), atol=1e-6)


HOSTILE = [
    "select",
    'quo"te',
    "it's",
    "a b\n--c",
    "ünï",
    "kd_row",
    "kd_1",
    "kd_table",
    "kd_stage_1",
    "x); DROP TABLE people; --",
]
WORDS = [
    "it's",
    'say "x"',
    "line\nbreak",
    "back\\slash",
    "",
    "'; DROP TABLE people; --",
]


@cache
def hostile():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(240, len(HOSTILE) - 1)), columns=HOSTILE[1:])
    words = rng.choice([*WORDS, None], 240)
    frame.insert(0, HOSTILE[0], words)
    labels = np.array(["it's", 'kd_5\\ "A"', "a"])
    code = (words == "") * 1 + (words == "it's") * 2
    return classifier().fit(frame, labels[code]), frame


def test_hostile_names_levels_and_labels(database):
    model, frame = hostile()
    rows = numbered(frame).assign(note="kept", kind=range(len(frame)))
    added = asked(database, model, rows, table='my "rows"; --')
    assert list(added) == ["label", *(f"probability_{c}" for c in model.classes_)]
    assert_allclose(proba_of(added), model.predict_proba(frame), atol=1e-6)
    assert added["label"].tolist() == model.predict(frame).tolist()


def test_an_empty_string_is_no_missing_value(database):
    model, frame = hostile()
    rows = pd.concat([frame[:1]] * 3, ignore_index=True)
    rows["select"] = ["", None, "no such word"]
    proba = proba_of(asked(database, model, numbered(rows)))
    assert_allclose(proba, model.predict_proba(rows), atol=1e-6)
    assert np.abs(proba[0] - proba[1]).max() > 0.01


@pytest.mark.parametrize("n_rows", [0, 1, 10_000])
def test_any_number_of_rows(database, n_rows):
    model, rows = exported("few knots")
    many = pd.concat([rows] * (n_rows // len(rows) + 1), ignore_index=True)[:n_rows]
    kinds = {"job": "text", "floor": "bigint", "smoker": "boolean", "same": "text"}
    kinds |= dict.fromkeys(["alcohol", "acid", "ash", "one"], "double precision")
    kinds = [((n, f), k) for n, k in kinds.items() for f in ("text", k)]
    added = asked(database, model, numbered(many), kinds=kinds)
    assert len(added) == n_rows
    if n_rows:
        expected = np.resize(outputs(model, rows), (n_rows, 3))
        assert_allclose(proba_of(added), expected, atol=1e-6)


@pytest.mark.parametrize("kind", ["smallint", "double precision", "numeric", "text"])
def test_whole_numbers_of_any_type(database, kind):
    model, rows = exported("mixed")
    rows = rows[rows["floor"].notna()].reset_index(drop=True)
    frame = numbered(rows.assign(floor=rows["floor"].astype(float)))
    if kind in ("smallint", "text"):
        frame["floor"] = frame["floor"].astype(int)
    kinds = {("floor", "double precision"): kind, ("floor", "bigint"): kind}
    if kind == "text":
        frame["floor"] = frame["floor"].astype(str)
    added = asked(database, model, frame, kinds=kinds)
    assert_allclose(proba_of(added), model.predict_proba(rows), atol=1e-6)


def test_text_is_compared_as_it_is(database):
    careless = "char(9)" if database.dialect == "postgresql" else "text COLLATE NOCASE"
    frame = pd.DataFrame({"word": ["yes", "YES", "no"] * 40})
    model = classifier().fit(frame, frame["word"] == "yes")
    kinds = {("word", "text"): careless}
    added = asked(database, model, numbered(frame), kinds=kinds)
    assert added["label"].astype(bool).tolist() == model.predict(frame).tolist()


def test_numbers_of_any_size(database):
    values = np.array([5e-324, 1e-310, 1.7e308, -1.7e308, np.inf, -np.inf, 0.0])
    rows = np.vstack([np.zeros((1, 13)), np.tile(values[:, None], 13)])
    for encoder in (None, StandardScaler()):
        model = classifier(encoder=encoder, activation="logistic").fit(WINE, KINDS)
        proba = proba_of(asked(database, model, numbered(rows)))
        assert_allclose(proba.sum(axis=1), 1)
    model, _ = exported("missing values")
    proba = proba_of(asked(database, model, numbered(rows)))
    told = np.clip(rows, -3e38, 3e38)
    assert_allclose(proba, model.predict_proba(told), atol=1e-6)


@pytest.mark.parametrize("unit", [1e-300, 1e-200, 1e300])
def test_columns_and_targets_in_any_unit(database, unit):
    rows = WINE[:, :3] * [1, unit, 1]
    more = np.array([[12, x, 2] for x in (0, 5e-324, -1e-310, 1e-201, np.inf)])
    for encoder in ("auto", MaxAbsScaler()):
        model = classifier(encoder=encoder).fit(rows, KINDS)
        proba = proba_of(asked(database, model, numbered(rows, more)))
        assert_allclose(proba[: len(rows)], model.predict_proba(rows), atol=1e-6)
        assert_allclose(proba[len(rows) :].sum(axis=1), 1)
    model = MLPStudentRegressor(4, max_iter=3, random_state=0)
    model.fit(WINE, WINE[:, 0] * unit)
    number = asked(database, model, numbered(WINE))["prediction"].astype(float)
    assert_allclose(number / unit, model.predict(WINE) / unit)


def test_units_that_no_double_holds_are_refused():
    rows = as_frame(WINE[:, :2]) * [1, 1e-310]
    message = "Column 'x1' cannot be written in double .* inf is .* another unit"
    with pytest.raises(ValueError, match=message):
        to_sql(classifier().fit(rows, KINDS), "t", "duckdb")
    model = MLPStudentRegressor(4, max_iter=1).fit(WINE, WINE[:, 0] * 1e-310)
    with pytest.raises(ValueError, match=r"The target cannot .*e-311 is among"):
        to_sql(model, "t", "sqlite")


def test_truth_values_are_numbers_without_the_default_encoder(database):
    frame = as_frame(WINE[:, :2])
    frame["x1"] = frame["x1"] > 2
    model = classifier(encoder=StandardScaler()).fit(frame.astype(float), KINDS)
    rows = numbered(frame).astype({"x1": object})
    rows.loc[3, "x1"] = None
    proba = proba_of(asked(database, model, rows))
    expected = model.predict_proba(frame.astype(float))
    assert_allclose(np.delete(proba, 3, 0), np.delete(expected, 3, 0), atol=1e-6)
    assert np.isnan(proba[3]).all()


def test_letters_beyond_ascii_differ_in_case(database):
    frame = as_frame(WINE[:, :2]).set_axis(["É", "é"], axis=1)
    model = classifier().fit(frame, KINDS)
    proba = proba_of(asked(database, model, numbered(frame)))
    assert_allclose(proba, model.predict_proba(frame), atol=1e-6)


def test_a_view_leaves_out_a_column_called_as_an_output(database):
    model, rows = exported("few knots")
    database.load(numbered(rows[:20]).assign(label="known"), "all_columns")
    told = "-- The table must have no column called so: make a view without it."
    assert told in to_sql(model, "t", database.dialect).splitlines()
    listed = ", ".join(f'"{name}"' for name in numbered(rows))
    view = f"CREATE VIEW fewer AS SELECT {listed} FROM all_columns"
    database.connection.execute(view)
    scored = database.query(to_sql(model, "fewer", database.dialect))
    assert scored["label"].tolist() == model.predict(rows[:20]).tolist()
    database.connection.execute("DROP VIEW fewer")


def test_without_an_encoder_a_missing_number_gives_null(database):
    model, rows = exported("standard scaler")
    rows = rows[:3].copy()
    rows[1, 4] = np.nan
    added = asked(database, model, numbered(rows))
    assert added.isna().all(axis=1).tolist() == [False, True, False]
    proba = proba_of(added)[[0, 2]]
    assert_allclose(proba, model.predict_proba(rows[[0, 2]]), atol=1e-6)


def test_a_view_and_a_schema(database, tmp_path):
    model, rows = exported("regression")
    database.load(numbered(rows))
    schema = "public" if database.dialect == "postgresql" else "main"
    path = tmp_path / "student.sql"
    sql = to_sql(model, f"{schema}.people", database.dialect, path=path)
    assert path.read_text(encoding="utf-8") == sql
    database.connection.execute(f"CREATE VIEW scored AS {sql}")
    one = database.query("SELECT id, prediction FROM scored WHERE id = 7 ORDER BY id")
    assert_allclose(one["prediction"].astype(float), model.predict(rows[7:8]))
    high = database.query(f"SELECT * FROM ({sql}) AS s WHERE prediction > 150")
    assert len(high) == (model.predict(rows) > 150).sum()
    database.connection.execute("DROP VIEW scored")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_labels_of_every_type(dialect):
    classes = np.array([2**40, -1, 3])
    for labels in (classes, classes / 1.0, np.array(["A", "a", ""]), classes > 0):
        model = classifier().fit(WINE, labels[KINDS])
        with started("sqlite") as database:
            added = asked(database, model, numbered(WINE[:20]))
        assert added["label"].tolist() == model.predict(WINE[:20]).tolist()
    names = [
        line for line in to_sql(model, "t", dialect).splitlines() if "proba" in line
    ]
    assert '"probability_False", "probability_True"' in names[0]


def test_classes_that_a_database_does_not_tell_apart_are_numbered():
    model = classifier().fit(WINE, np.array(["A", "a", "b"])[KINDS])
    assert '"probability_a"' in to_sql(model, "t", "postgresql")
    assert '"probability_a"' not in to_sql(model, "t", "sqlite")
    assert '"probability_1"' in to_sql(model, "t", "duckdb")
    model = classifier().fit(WINE, np.array(["A" * 90, "a", "b"])[KINDS])
    assert '"probability_2"' in to_sql(model, "t", "postgresql")


def test_the_comment_says_what_the_query_is_of():
    model, _ = exported("mixed")
    sql = to_sql(model, "people", "duckdb")
    comment = [line[3:] for line in sql.splitlines() if line.startswith("-- ")]
    assert all(line.isascii() for line in comment)
    assert '  "alcohol": numbers' in comment
    assert '  "floor": whole numbers, or booleans' in comment
    told = dict(line.split(": ", 1) for line in comment if ": " in line)
    assert json.loads(told["classes"]) == ["a", "b", "ç"]
    assert json.loads(told["feature_names"]) == list(model.feature_names_in_)


def test_the_same_student_gives_the_same_text_in_another_process():
    code = (
        "import hashlib; from exported import *; from sklearn_kd.export import to_sql\n"
        "model = exported('mixed')[0]\n"
        "for dialect in ('duckdb', 'sqlite', 'postgresql'):\n"
        "    text = to_sql(model, 'people', dialect).encode()\n"
        "    print(hashlib.sha256(text).hexdigest())"
    )
    hashes = printed_by("-c", code, PYTHONHASHSEED="7").split()
    model, _ = exported("mixed")
    texts = [to_sql(model, "people", dialect).encode() for dialect in DIALECTS]
    assert hashes == [hashlib.sha256(t).hexdigest() for t in texts]


@pytest.mark.parametrize(
    ("table", "dialect", "error", "message"),
    [
        (None, "sqlite", TypeError, "table must be the name of a table"),
        ("", "sqlite", ValueError, "table='' is not the name of a table"),
        ("a..b", "sqlite", ValueError, "'a..b' is not the name of a table"),
        ("a.b.c.d", "duckdb", ValueError, "at most a schema and a database"),
        ("a\0b", "duckdb", ValueError, "null characters"),
        ("t", "mysql", ValueError, "got 'mysql'"),
        ("t", ["sqlite"], ValueError, "dialect must be one of"),
    ],
)
def test_refused_parameters(table, dialect, error, message):
    model, _ = exported("constants")
    with pytest.raises(error, match=message.replace(".", r"\.")):
        to_sql(model, table, dialect)


@pytest.mark.parametrize(
    ("names", "dialect", "message"),
    [
        (["Label"], "sqlite", "names of outputs: \\['label'\\]"),
        (["probability_1"], "postgresql", "names of outputs: \\['probability_1'\\]"),
        (["Age", "age"], "duckdb", "'Age' and 'age' are one column in duckdb"),
        (["x" * 63 + "a", "x" * 63 + "b"], "postgresql", "are one column in"),
        (["x" * 62 + "é", "x" * 62], "postgresql", "are one column in"),
        ([""], "postgresql", "empty name"),
        (["a\0b"], "sqlite", "the column 'a\\\\x00b'"),
    ],
)
def test_refused_columns(names, dialect, message):
    rows = as_frame(WINE[:, : len(names)]).set_axis(names, axis=1)
    model = classifier().fit(rows, KINDS)
    with pytest.raises(ValueError, match=message):
        to_sql(model, "t", dialect)


def test_refused_levels_labels_and_layers():
    rows = pd.DataFrame({"word": ["a\0", "b"] * 89})
    with pytest.raises(ValueError, match=r"the level 'a.x00'"):
        to_sql(classifier().fit(rows, KINDS), "t", "duckdb")
    rows = pd.DataFrame({"number": pd.Categorical([0.5, 1.5] * 89)})
    with pytest.raises(TypeError, match="to_sql does not cover the levels"):
        to_sql(classifier().fit(rows, KINDS), "t", "duckdb")
    labels = np.array(["a\ud800", "b", "c"], dtype=object)[KINDS]
    with pytest.raises(ValueError, match="surrogate"):
        to_sql(classifier().fit(WINE, labels), "t", "sqlite")
    model = MLPStudent(901, max_iter=1, encoder=None).fit(WINE[:, :2], KINDS)
    with pytest.raises(ValueError, match=r"at most 900 units .* there are 901"):
        to_sql(model, "t", "sqlite")
    assert "list_dot_product" in to_sql(model, "t", "duckdb")
