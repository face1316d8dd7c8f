"""Columns that only pipelines read: no synthetic rows, and everything else as ever."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from dated import (
    DAYS,
    MADE,
    NUMBERS,
    TABLES,
    N,
    ReadsDates,
    behind,
    first_column,
    forest,
    month_and_number,
    student,
    y,
)
from numpy.testing import assert_allclose, assert_array_equal
from refusals import refused
from sklearn.base import clone
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier
from teacher_alone import alone
from untouched import Fitted, Unfitted

from sklearn_kd import (
    DistilledClassifier,
    MLPStudent,
    MungeSampler,
    UnlabeledRows,
    compute_soft_targets,
)
from sklearn_kd.inspection import compare
from sklearn_kd.metrics import agreement_scorer

pytestmark = pytest.mark.usefixtures("small_teachers", "few_synthetic_rows")

DATED = pd.DataFrame({"number": NUMBERS, "odd": DAYS})
#: What scikit-learn's trees take for numbers.
NUMBERS_TO_TREES = {f"polars {k}" for k in ("dates", "datetimes", "durations", "times")}
NO_ROWS = r'(?s)transfer="auto" makes no synthetic rows: .*[Cc]olumn .odd. '


def distil(teacher, learner, **params):
    return DistilledClassifier(teacher, learner, random_state=0, **params)


def dated(**params):
    """Give one whose teacher and student read the month of each date."""
    params = {"transfer": None} | params
    return distil(forest(month_and_number), student(month_and_number), **params)


@pytest.mark.parametrize("name", TABLES)
def test_auto_makes_no_rows_and_says_so_once(name):
    rows = TABLES[name]
    with pytest.warns(UserWarning, match=NO_ROWS) as caught:
        model = distil(forest(), student()).fit(rows, y)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert model.n_transfer_rows_ == 0
    without = distil(forest(), student(), transfer=None).fit(rows, y)
    assert_array_equal(model.predict_proba(rows), without.predict_proba(rows))


@pytest.mark.parametrize("name", TABLES)
def test_a_sampler_that_was_asked_for_refuses_before_the_teacher(name):
    for transfer in ("munge", MungeSampler(50)):
        with refused((TypeError, ValueError), "transfer=.*munge|Munge.*olumn 'odd'"):
            distil(Unfitted(), student(), transfer=transfer).fit(TABLES[name], y)
    with refused((TypeError, ValueError), "olumn 'odd'"):
        MungeSampler(50).fit(TABLES[name])


@pytest.mark.parametrize("name", TABLES)
def test_rows_of_the_user_are_asked_about(name):
    rows = TABLES[name]
    more = UnlabeledRows(rows[: N // 2])
    model = distil(forest(), student(), transfer=None).fit(rows, y, X_unlabeled=more)
    assert model.n_transfer_rows_ == N // 2
    assert compute_soft_targets(model.teacher_, rows).shape == (N, 2)


def test_unlabelled_dates_of_another_unit_join_those_of_another_zone_do_not():
    rows = TABLES["polars datetimes"]
    finer = rows.with_columns(pl.col("odd").dt.cast_time_unit("ns"))
    model = distil(forest(), student(), transfer=None)
    model.fit(rows, y, X_unlabeled=UnlabeledRows(finer))
    assert model.n_transfer_rows_ == N
    zoned = rows.with_columns(pl.col("odd").dt.replace_time_zone("UTC"))
    with refused(TypeError, "in column 'odd'.*no common type: cast one"):
        distil(Unfitted(), student()).fit(rows, y, X_unlabeled=UnlabeledRows(zoned))


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("transfer", ["auto", None])
def test_the_student_that_cannot_read_them_is_named(name, transfer):
    learners = [MLPStudent((4,)), DecisionTreeClassifier()]
    for learner in learners[: 1 if name in NUMBERS_TO_TREES else 2]:
        kind = type(learner).__name__
        wanted = f"The student {kind} cannot read these rows: .*olumn 'odd'"
        for teacher in (Unfitted(), Fitted()):
            with refused((TypeError, ValueError), wanted):
                distil(teacher, learner, transfer=transfer).fit(TABLES[name], y)


@pytest.mark.parametrize("name", sorted(set(TABLES) - NUMBERS_TO_TREES))
@pytest.mark.parametrize("transfer", ["auto", None])
def test_the_teacher_that_cannot_read_them_is_named(name, transfer):
    plain = RandomForestClassifier(5)
    fitted = clone(plain).fit(np.column_stack([NUMBERS, NUMBERS]), y)
    wanted = "teacher RandomForestClassifier cannot read these rows: .*olumn 'odd'"
    for teacher in (plain, fitted):
        with warnings.catch_warnings(), refused((TypeError, ValueError), wanted):
            warnings.filterwarnings("ignore", "X has feature names")
            distil(teacher, student(), transfer=transfer).fit(TABLES[name], y)


@pytest.mark.parametrize("name", TABLES)
def test_the_default_teacher_is_named(name):
    wanted = "The default teacher cannot read these rows: .*olumn 'odd'"
    with refused((TypeError, ValueError), wanted):
        distil(None, student()).fit(TABLES[name], y)


@pytest.mark.filterwarnings("ignore:The teacher's weight in the pool")
@pytest.mark.parametrize("name", MADE)
def test_rows_are_made_of_whatever_the_sampler_reads(name):
    rows = pd.DataFrame({"number": NUMBERS, "odd": MADE[name]})
    model = distil(forest(), student(), transfer=MungeSampler(50)).fit(rows, y)
    assert model.n_transfer_rows_ == 50


def test_a_linear_student_says_nothing_since_it_has_no_such_rows_anyway():
    linear = behind(first_column, LogisticRegression())
    assert distil(forest(), linear).fit(DATED, y).n_transfer_rows_ == 0


def test_a_sampler_of_the_user_may_read_them():
    class Dated(MungeSampler):
        def fit(self, X, y=None):
            self.rows = X
            return self

        def sample(self, n_samples=None):
            return self.rows[:9], np.arange(9)

    params = {"transfer": Dated(), "objective": alone(out_of_sample=False)}
    model = distil(forest(), student(), **params).fit(DATED, y)
    assert model.n_transfer_rows_ == 9


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_dates_out_of_the_range_of_fit_are_predicted(frame):
    model = distil(forest(), student(month_of(frame)), transfer=None)
    model.fit(frame({"number": NUMBERS, "odd": DAYS}), y)
    later = frame({"number": NUMBERS[:7], "odd": DAYS[:7] + pd.Timedelta(days=9999)})
    assert model.predict_proba(later).shape == (7, 2)
    assert_allclose(
        model.predict_proba(later[:1]), model.predict_proba(later)[:1], atol=1e-6
    )


def month_of(frame):
    if frame is pd.DataFrame:
        return month_and_number
    return lambda X: np.column_stack([first_column(X), X["odd"].dt.month().to_numpy()])


PARAMS = {
    "cross-fitting": {"cv": 3},
    "cross-fitting and calibration": {
        "cv": 3,
        "objective": alone(calibration="sigmoid"),
    },
    "out-of-bag": {"objective": alone(calibration="prior")},
    "a time limit": {"time_limit": 30.0},
    "soft and hard": {"alpha": 0.5},
    "labels alone": {"alpha": 0.0},
}


@pytest.mark.parametrize("name", PARAMS)
def test_the_rest_of_the_recipe_goes_on(name):
    groups = None if "cv" in PARAMS[name] else np.arange(N) // 3
    model = dated(**PARAMS[name]).fit(DATED, y, np.arange(N) % 4, groups=groups)
    assert model.score(DATED, y) > 0.3


def test_a_cache_knows_the_rows_again(tmp_path):
    first = dated(memory=tmp_path).fit(DATED, y).predict_proba(DATED)
    files = sorted(tmp_path.rglob("*.pkl"))
    assert_array_equal(dated(memory=tmp_path).fit(DATED, y).predict_proba(DATED), first)
    assert sorted(tmp_path.rglob("*.pkl")) == files


def test_a_threshold_is_found_on_the_labelled_rows():
    teacher = FixedThresholdClassifier(forest(month_and_number), threshold=0.7)
    learner = student(month_and_number, max_iter=30)
    model = distil(teacher, learner, transfer=None, decision_threshold="teacher")
    model.fit(DATED, y)
    gap = (
        model.predict(DATED).mean()
        - (
            dated(cv=None).fit(DATED, y).teacher_.predict_proba(DATED)[:, 1] >= 0.7
        ).mean()
    )
    assert abs(gap) < 0.1


def test_they_are_compared_and_cross_validated():
    model = dated().fit(DATED, y)
    models = {"teacher": model.teacher_, "student": model.student_}
    result = compare(models, DATED, y, n_calls=3)
    agreement = agreement_scorer(model.teacher_)(model.student_, DATED)
    assert result["student"]["agreement"] == agreement
    assert cross_val_predict(dated(), DATED, y, cv=2).shape == (N,)


@pytest.mark.parametrize(
    "read",
    [lambda: FunctionTransformer(month_and_number), ReadsDates],
    ids=["function", "class"],
)
def test_missing_dates_and_numbers_are_left_to_the_pipelines(read):
    rows = TABLES["pandas dates"].copy()
    rows.loc[::5, "odd"] = pd.NaT
    rows.loc[::7, "number"] = np.nan
    boosting = HistGradientBoostingClassifier(max_iter=3, min_samples_leaf=5)
    learner = make_pipeline(read(), MLPStudent((4,), max_iter=3))
    model = distil(make_pipeline(read(), boosting), learner, transfer=None)
    assert model.fit(rows, y).predict_proba(rows.iloc[[0]]).shape == (1, 2)
    imputed = [
        make_pipeline(read(), SimpleImputer(), last)
        for last in (RandomForestClassifier(5), MLPStudent((4,), max_iter=3))
    ]
    assert distil(*imputed, transfer=None).fit(rows, y).predict(rows).shape == (N,)
    trees = make_pipeline(read(), GradientBoostingClassifier(n_estimators=2))
    with refused(ValueError, "The teacher Pipeline cannot read these rows.*NaN"):
        distil(trees, learner, transfer=None).fit(rows, y)
