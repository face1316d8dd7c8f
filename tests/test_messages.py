"""What users named is shown in messages so that no terminal acts on it."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier
from untouched import N, X, y

import sklearn_kd
from sklearn_kd import DistilledClassifier, MLPStudent, TabularEncoder, UnlabeledRows
from sklearn_kd.__main__ import main
from sklearn_kd._messages import printable, show
from sklearn_kd.export import to_onnx
from sklearn_kd.inspection import Comparison

EVIL = "\x1b[31m\u202e\u200bred\x07"
SMALL = MLPStudent((4,), max_iter=2, random_state=0)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (np.int64(1), "1"),
        (np.str_("a"), "'a'"),
        (np.True_, "True"),
        (np.float32(0.5), "0.5"),
        ([np.int64(1), (np.float64(2),)], "[1, (2.0,)]"),
        (np.array([np.str_("a"), None], dtype=object), "['a', None]"),
        ({np.str_("k"): np.bool_(False)}, "{'k': False}"),
        (np.datetime64("2020-01-01"), "'2020-01-01'"),
        (EVIL, r"'\x1b[31m\u202e\u200bred\x07'"),
        (list(range(100)), f"[{', '.join(map(str, range(20)))}, ...]"),
    ],
)
def test_values_are_shown_plain(value, shown):
    assert show(value) == shown


def test_whatever_a_repr_writes():
    class Rude:
        def __repr__(self):
            return f"{EVIL}\nsecond line" * 100

    assert show(Rude()).isprintable()
    assert len(show(Rude())) < 500
    assert printable("é 字") == "é 字"
    assert printable("a\nb\x1b", lines=True) == "a\nb\\x1b"


def frame(values):
    return pd.DataFrame({EVIL: values, "n": X[:, 0]})


def texts_of(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            call()
        except Exception as error:
            yield str(error)
    yield from (str(warning.message) for warning in caught)


NAMES = np.array([f"{EVIL}{k % 2}" for k in range(N)])
CALLS = {
    "dates": lambda: SMALL.fit(frame(pd.date_range("2020", periods=N)), y),
    "objects": lambda: SMALL.fit(frame([[1]] * N), y),
    "numbers as text": lambda: SMALL.fit(frame([str(k / 7) for k in range(N)]), y),
    "another type": lambda: SMALL.fit(frame(NAMES), y).predict(frame([3] * N)),
    "another column": lambda: SMALL.fit(frame(NAMES), y).predict(
        frame(NAMES).rename(columns={EVIL: EVIL + "2"})
    ),
    "no number": lambda: SMALL.fit(frame(np.arange(N)), y).predict(
        frame(np.array([EVIL] * N, dtype=object))
    ),
    "one class": lambda: SMALL.fit(X, [EVIL] * N),
    "other classes": lambda: SMALL.partial_fit(X, NAMES, classes=["a", EVIL]),
    "a teacher of others": lambda: DistilledClassifier(
        DecisionTreeClassifier().fit(X, y), SMALL
    ).fit(X, NAMES),
    "columns of others": lambda: DistilledClassifier(student=SMALL).fit(
        X, y, teacher_proba=pd.DataFrame({EVIL: y, "b": 1 - y})
    ),
    "some columns": lambda: DistilledClassifier(
        DecisionTreeClassifier().fit(X, y), SMALL, teacher_classes=[EVIL, EVIL]
    ).fit(X, NAMES),
    "unlabelled rows": lambda: DistilledClassifier(DecisionTreeClassifier(), SMALL).fit(
        frame(X[:, 1]), y, X_unlabeled=UnlabeledRows(frame(NAMES))
    ),
    "a folder": lambda: DistilledClassifier(
        student=SMALL, memory=f"/dev/null/{EVIL}"
    ).fit(X, y),
    "a level of no type": lambda: to_onnx(
        SMALL.fit(frame(pd.Categorical([2**70, 1] * (N // 2))), y)
    ),
    "names out": lambda: TabularEncoder().fit(frame(NAMES)).transform(X[:, :1]),
}


@pytest.mark.parametrize("name", CALLS)
def test_columns_levels_classes_and_files(name):
    texts = list(texts_of(CALLS[name]))
    assert texts
    for text in texts:
        assert all(line.isprintable() for line in text.split("\n")), text


def test_models_in_a_report():
    report = Comparison([{"model": EVIL, "accuracy": 1.0}], reference=EVIL)
    assert EVIL not in str(report)
    assert "red" in str(report)


def test_the_command_line(tmp_path, capsys):
    table = tmp_path / "table.csv"
    pd.DataFrame({EVIL: [1, 1], "b": [1, 2]}).to_csv(table, index=False)
    for target in (EVIL, EVIL + "2"):
        with pytest.raises(SystemExit):
            main(["--data", str(table), "--target", target])
        message = capsys.readouterr().err
        assert message.rstrip("\n").isprintable()
    pd.DataFrame({"a": [1.0, 2.0], "c": [1, 1]}).to_csv(table, index=False)
    with pytest.raises(SystemExit):
        main(["--data", str(table), "--target", "c"])
    assert "one class only: 1." in capsys.readouterr().err


# ---- the line that a warning points at


def unrelated():
    """Make an estimator that warns of its teacher, whose labels are of other rows."""
    labels = np.random.default_rng(0).permutation(y)
    teacher = FrozenEstimator(DecisionTreeClassifier(max_depth=2).fit(X, labels))
    return DistilledClassifier(teacher, SMALL, transfer=None, objective="fidelity")


@pytest.mark.parametrize(
    "fit",
    [
        lambda: unrelated().fit(X, y),
        lambda: GridSearchCV(unrelated(), {"alpha": [1]}, cv=2).fit(X, y),
    ],
    ids=["by itself", "in a search"],
)
def test_warnings_point_at_the_line_of_the_user(fit):
    with pytest.warns(UserWarning, match="no higher probability") as caught:
        fit()
    assert {warning.filename for warning in caught} == {__file__}


def test_warnings_find_that_line_in_one_place():
    """Levels that are counted by hand are wrong when a call gets a frame more."""
    package = Path(sklearn_kd.__file__).parent
    warning = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if "warnings.warn(" in path.read_text()
    }
    assert warning == {"_messages.py", "_run/versions.py"}
