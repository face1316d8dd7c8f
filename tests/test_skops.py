"""Files of skops: each kind of object comes back as it was, by the listed names."""

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import skops.io
from exported import NAMES as EXPORTED
from exported import exported
from lightgbm import LGBMClassifier
from numpy.testing import assert_array_equal
from saved import FITS, FRAME, NAMES, SMALL, fitted
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from skops.io.exceptions import UntrustedTypesFoundException
from wine import FOREST, X, distil, y

from sklearn_kd import (
    DistilledClassifier,
    DistilledRegressor,
    MLPStudent,
    MLPStudentRegressor,
    MungeSampler,
    SoftTargets,
    UnlabeledRows,
)
from sklearn_kd.export import trusted_types

GUIDE = (Path(__file__).parents[1] / "docs" / "guide" / "ship.rst").read_text()

#: What the files of teachers and of other students have of other packages.
OTHERS = [
    "collections.OrderedDict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "scipy.sparse._csr.csr_matrix",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.model_selection._split.KFold",
    "sklearn.tree._tree.Tree",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
]

#: Of the tests' own, and of what is set in a net.
OWN = ["saved.Fixed", "skorch.callbacks.scoring.EpochScoring", "skorch.utils.to_numpy"]


def loaded(model, trusted=()):
    """Write and load an object; names of this package are trusted, and those given."""
    data = skops.io.dumps(model)
    return skops.io.loads(data, trusted=[*trusted_types(), *trusted])


def assert_same(again, model, rows):
    assert type(again) is type(model)
    methods = ("predict", "predict_proba", "predict_log_proba", "predict_quantiles")
    has = [name for name in methods if hasattr(model, name)]
    assert has == [name for name in methods if hasattr(again, name)]
    for name in has:
        with np.errstate(divide="ignore"):  # a tree has probabilities of 0
            one, other = (getattr(each, name)(rows) for each in (model, again))
        assert one.dtype == other.dtype
        assert_array_equal(one, other)


@pytest.mark.parametrize("kind", FITS)
def test_every_kind_comes_back_by_the_listed_names(kind):
    models = fitted(kind)
    for model in models if isinstance(models, list) else [models]:
        again = loaded(model, OTHERS + OWN)
        assert_same(again, model, FRAME if hasattr(model, "feature_names_in_") else X)


def test_the_guide_lists_the_names_of_other_packages():
    listed = {line.strip() for line in GUIDE.splitlines()}
    assert not set(OTHERS) - listed


@pytest.mark.parametrize("name", EXPORTED)
def test_a_student_comes_back_in_every_part(name):
    model, rows = exported(name)
    again = loaded(model)
    assert_same(again, model, rows)
    assert joblib.hash(again) == joblib.hash(model)


#: Parameters of networks that no other test here has.
PARAMS = {
    "float64": {"dtype": "float64", "activation": "logistic"},
    "numbers of NumPy": {"max_iter": np.int64(2), "tol": np.float32(0.1)},
    "frozen": {"encoder": FrozenEstimator(StandardScaler().fit(X))},
    "quantiles": {"encoder": QuantileTransformer(n_quantiles=9)},
    "columns": {
        "encoder": make_column_transformer(
            (StandardScaler(), [0, 1]), ("passthrough", slice(2, 5))
        )
    },
    "function": {"time_limit": 9.0, "hidden_layer_sizes": np.array([4, 3])},
}


@pytest.mark.parametrize("name", PARAMS)
def test_with_other_parameters_it_is_cloned_and_fitted_again(name):
    for kind in (MLPStudent, MLPStudentRegressor):
        params = {"hidden_layer_sizes": (4,), "max_iter": 2, "random_state": 0}
        model = kind(**params | PARAMS[name]).fit(X, y)
        again = loaded(model)
        assert_same(again, model, X)
        assert_same(clone(again).fit(X, y), model, X)
        assert repr(loaded(clone(model))) == repr(clone(model))


def test_levels_and_labels_keep_their_types():
    levels = {
        "mixed": [1, "1", "None", None],
        "truth": [True, False, None, True],
        "large": pd.Categorical([2**62, -5, None, 7]),
        "odd": ["\U0001f40d", "\x00a", "é\u2028", ""],
    }
    frame = pd.DataFrame({name: [*values] * 20 for name, values in levels.items()})
    frame["large"] = frame["large"].astype(object)
    for labels in (
        np.array(["é", "b", "c", "d"]),
        np.array(["é", "b", "c", "d"], dtype=object),
        np.arange("2020-01-01", "2020-01-05", dtype="datetime64[D]"),
        np.array([True, False, True, False]),
    ):
        model = MLPStudent((4,), max_iter=2).fit(frame, np.tile(labels, 20))
        again = loaded(model)
        assert_same(again, model, frame)
        assert again.encoder_.levels_ == model.encoder_.levels_
        kinds = [[*map(type, each)] for each in again.encoder_.levels_.values()]
        assert kinds == [[*map(type, e)] for e in model.encoder_.levels_.values()]


@pytest.mark.parametrize("n_rows", [10, 40, 100])
def test_a_stream_goes_on_where_it_was(n_rows):
    """Below 64 rows it has the rows in it."""
    mixed = FRAME.to_numpy(dtype=object)
    some = np.array([1, "1", None, True, "a"], dtype=object)  # 1 and "1" are levels
    mixed[:, -1] = some[np.arange(len(y)) % 5]
    for rows in (mixed, X):
        for model in (
            MLPStudent((4,), random_state=0),
            MLPStudentRegressor((4,), random_state=0),
        ):
            known = {"classes": [0, 1, 2]} if isinstance(model, MLPStudent) else {}
            model.partial_fit(rows[::-1][:n_rows], y[::-1][:n_rows], **known)
            again = loaded(model)
            assert_same(again, model, rows)
            assert_same(again.partial_fit(rows, y), model.partial_fit(rows, y), rows)


@pytest.mark.parametrize("frame", [FRAME, pl.from_pandas(FRAME)])
def test_rows_in_a_frame_are_refused(frame):
    for kind, made in {
        "MungeSampler": MungeSampler(5).fit(frame),
        "UnlabeledRows": UnlabeledRows(frame),
        "MLPStudent": MLPStudent((4,)).partial_fit(frame[:20], y[:20], classes=[0, 1]),
    }.items():
        expected = (
            f"^This {kind} holds rows as a DataFrame of (pandas|polars), which skops "
            r"does not keep\. Write it by joblib\.dump, or fit it on an array\.$"
        )
        with pytest.raises(TypeError, match=expected):
            skops.io.dumps(made)


def test_a_sampler_draws_as_before():
    sampler = MungeSampler(20, random_state=0).fit(X)
    assert_array_equal(loaded(sampler).sample()[0], sampler.sample()[0])
    unfitted = loaded(MungeSampler(20, n_neighbors=3))
    assert unfitted.get_params() == MungeSampler(20, n_neighbors=3).get_params()
    rows = loaded(UnlabeledRows(X))
    model = distil(student=SMALL).fit(X, y, X_unlabeled=rows)
    assert model.n_transfer_rows_ == len(X)


def test_soft_targets_are_read_only():
    soft = loaded(SoftTargets(np.eye(3)[y], ["a", "b", "c"]))
    assert soft.classes.tolist() == ["a", "b", "c"]
    with pytest.raises(ValueError, match="read-only"):
        soft.proba[0] = 1


def test_a_decoded_booster_comes_back():
    booster = LGBMClassifier(n_estimators=2, verbose=-1)
    teacher = LogisticRegression().fit(X, NAMES)
    model = distil(teacher, booster).fit(X, NAMES)
    assert_same(loaded(model, OTHERS), model, X)


@pytest.mark.parametrize("kind", ["mixed columns", "distilled numbers", "boosters"])
def test_a_distilled_estimator_is_fitted_again(kind):
    model = fitted(kind)
    again = loaded(model, OTHERS)
    rows = FRAME if kind == "mixed columns" else X
    targets = y if kind == "distilled numbers" else NAMES
    one, other = (
        clone(each).set_params(random_state=3).fit(rows, targets)
        for each in (model, again)
    )
    assert_same(other, one, rows)


def test_before_fit_parameters_come_back():
    for model in (
        DistilledClassifier(),
        DistilledRegressor(quantiles=(0.1, 0.9), transfer=MungeSampler(3)),
    ):
        assert repr(loaded(model)) == repr(model)


def test_names_of_others_are_not_trusted():
    data = skops.io.dumps(distil(FOREST, SMALL).fit(X, y))
    with pytest.raises(UntrustedTypesFoundException, match=r"_tree\.Tree"):
        skops.io.loads(data, trusted=trusted_types())
    assert all(name.startswith("sklearn_kd.") for name in trusted_types())
    trusted_types().clear()
    assert trusted_types()
