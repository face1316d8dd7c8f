"""The models that the package brings: the default ensemble and the small booster."""

from functools import partial

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.impute import SimpleImputer
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

from sklearn_kd._compat import num_samples, routing_enabled
from sklearn_kd._estimators.parts import last_step
from sklearn_kd._messages import with_message
from sklearn_kd._run.budget import (
    MANY_BOOSTED,
    MANY_CLASSES,
    affordable_trees,
    is_wide,
)
from sklearn_kd._tables.columns import column_kinds, nominal_codes, numeric_block
from sklearn_kd._tables.texts import is_text
from sklearn_kd._tables.unreadable import find_unreadable
from sklearn_kd._task import Regression
from sklearn_kd.teachers.default._makers import makers_of

#: Directions that the linear model of a wide table reads: all up to so many rows or
#: columns, where it is the one on all columns, and the leading ones of more.
_FEW, _DIRECTIONS = 1000, 256

#: Standard deviations from the mean at which its columns are cut off: a word that
#: stands in one text of a hundred is ten from it. And those of the network.
_FURTHEST, _FAR = 3, 10

#: Levels of a nominal column that have a column of their own; rarer ones share one.
_LEVELS = 64

#: With fewer rows the default ensemble has no network, and with fewer than the second
#: its boosting does not stop early. Share of the rows that are held out for that.
_FEWEST_ROWS, _FEW_ROWS, _HELD = 200, 1000, 0.1

#: Share of the columns that a split of its extra trees chooses from, and the most rows
#: with which these are full: they take a hundred MB with more.
_FEATURES, _FULL_ROWS = 0.5, 10_000

#: Folds of the default ensemble, the most rows with which there are any, and trees that
#: its boosting may have in all.
_FOLDS, _MOST_FOLDED, _BOOSTED_TREES = 3, 50_000, 6000

#: Rounds and leaves of the small booster, up to so many rows and above.
_SMALL, _ENOUGH_ROWS, _LARGER = (60, 15), 10_000, (100, 31)
BOOSTER_SIZES = _SMALL, _LARGER

#: The fewest extra trees that are worth having.
_LEAST = 10

#: Losses of a regression that the small booster minimises too; of others the squared.
_BOOSTED_LOSSES = {"absolute_error", "poisson", "gamma"}


def default_teachers(X, task):
    """Make the default ensemble: gradient boosting, extra trees and a network.

    Categories are numbered for trees and written as columns of 0 and 1 for the network,
    which has its columns on a common scale and no missing values. Boosting at a low
    rate and the network hold a tenth of the rows out and stop by them; below 1000 rows
    boosting has a fixed number of small trees instead.

    Extra trees draw bootstrap samples: without, they repeat the labels of the rows that
    they are fitted on. They keep three rows a leaf above 10 000 rows and below 200,
    where there is no network.

    Where a table has more than 100 columns and less than 10 rows a column, a logistic
    regression has the place of booster and network: boosting takes seconds for
    thousands of columns, and finds no split where rows are few. Boosting also costs a
    tree a class and round: sparse rows and more than 30 classes get extra trees alone.

    Parameters
    ----------
    X : {ndarray, sparse matrix, DataFrame} of shape (n_samples, n_features)
        The rows it is to be fitted on.
    task : Classification or Regression
        What is to be learned.

    Returns
    -------
    list of estimator
        Unfitted, without a seed.

    Raises
    ------
    ValueError
        For texts: how words are counted and weighed is the user's choice.
    """
    if is_text(X):
        linear = makers_of(task).linear.func.__name__
        raise ValueError(
            "There is no default teacher for texts. Pass teacher=a pipeline such as "
            f"make_pipeline(TfidfVectorizer(), {linear}()), or a list of several; or "
            f"pass {task.given} to fit."
        )
    unreadable = find_unreadable(X)
    if unreadable is not None:
        raise with_message(
            unreadable,
            f"The default teacher cannot read these rows: {unreadable} Or pass a "
            "teacher whose pipeline reads the column.",
        ) from unreadable
    if _is_simple(X, task):
        return _simple_teachers(X, task)
    n_rows = num_samples(X)
    trees = makers_of(task).trees(
        100,
        max_features=_FEATURES,
        bootstrap=True,
        min_samples_leaf=1 if n_rows <= _FULL_ROWS else 3,
    )
    return [
        _with_encoder(_booster(n_rows, task), X),
        _with_encoder(_routed(trees), X),
        _network(X, task),
    ]


def default_folds(X, task):
    """Give the folds of the ensemble; None without a network or for very many rows."""
    if num_samples(X) > _MOST_FOLDED or _is_simple(X, task):
        return None
    return _FOLDS


def fit_for_folds(members, rows, splits):
    """Adapt the default ensemble to the rows that its members are fitted on.

    Extra trees need no bootstrap samples where others label the fold of a row, and a
    network or boosting cannot stop early where too few rows of a class are left to hold
    some out.

    Parameters
    ----------
    members : list of estimator
        From :func:`default_teachers`.
    rows : TransferSet
        The labelled rows.
    splits : list of (train, test) or None
        The folds, if there are any.

    Returns
    -------
    list of estimator
        Clones.
    """
    members = [clone(one) for one in members]
    parts = [rows, *(rows.at(train) for train, _ in splits or ())]
    may_stop = all(part.task.can_hold_out(part.hard, _HELD) for part in parts)
    for one in map(last_step, members):
        params = one.get_params()
        if splits is not None and params.get("max_features") == _FEATURES:
            one.set_params(bootstrap=False)
        if params.get("early_stopping") is True and not may_stop:
            one.set_params(early_stopping=False)
    return members


def _is_simple(X, task):
    """Return whether a table is sparse, small or wide, or has many classes."""
    if issparse(X) or task.n_outputs > MANY_CLASSES:
        return True
    n_rows = num_samples(X)
    return n_rows < _FEWEST_ROWS or is_wide(n_rows, X.shape[1])


def _simple_teachers(X, task):
    """Make the ensemble of such a table, which has no network."""
    n_trees = max(affordable_trees(num_samples(X), task.n_outputs, 100), _LEAST)
    trees = _extra_trees(n_trees, task)
    if issparse(X):
        return [trees]
    trees = _with_encoder(trees, X)
    if is_wide(num_samples(X), X.shape[1]):
        return [_linear_model(X, task), trees]
    if task.n_outputs > MANY_CLASSES:
        return [trees]
    booster = _each_output(makers_of(task).booster(), task)
    return [_with_encoder(booster, X), trees]


def _each_output(model, task):
    """Fit a model an output, where a model has one only."""
    several = task.name == Regression.name and task.n_targets > 1
    return MultiOutputRegressor(_routed(model)) if several else _routed(model)


def _booster(n_rows, task):
    if n_rows < _FEW_ROWS:
        rounds = {"max_iter": 150, "max_leaf_nodes": 15, "early_stopping": False}
    else:
        most = min(300, _BOOSTED_TREES // task.n_outputs)
        rounds = {
            "max_iter": most,
            "early_stopping": True,
            "validation_fraction": _HELD,
        }
    booster = makers_of(task).booster(learning_rate=0.05, **rounds)
    return _each_output(booster, task)


def _network(X, task):
    """A network of one hidden layer, on columns of a common scale."""
    model = makers_of(task).network(
        hidden_layer_sizes=(100,),
        learning_rate_init=1e-2,
        early_stopping=True,
        validation_fraction=_HELD,
        n_iter_no_change=20,
        max_iter=10_000,  # it stops long before, and warns where it does not
    )
    columns = _common_scale(X, "median", _FAR, add_indicator=True)
    if task.name == Regression.name:
        scaler = _unweighted(StandardScaler())
        model = TransformedTargetRegressor(_routed(model), transformer=scaler)
    else:
        model = _routed(model)
    return make_pipeline(columns, model).set_output(transform="default")


def small_booster(X, task, loss="squared_error", size=None):
    """Make the model that is fitted on the labels to be pooled with a teacher.

    Parameters
    ----------
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        The rows it is to be fitted on.
    task : Classification or Regression
        What is to be learned.
    loss : str, default="squared_error"
        Of a regression; boosting minimises it where it can.
    size : tuple of (int, int) or None, default=None
        Trees a class and leaves. None is 60 of 15, or 100 of 31 above 10 000 rows.

    Returns
    -------
    estimator or None
        Unfitted, without a seed: boosting of this size, or for a wide table the linear
        model of the default ensemble. None above 10 classes or outputs, where no column
        has a value or one is neither numeric nor nominal, for texts, and for sparse
        rows.
    """
    few = task.n_outputs <= MANY_BOOSTED
    if not few or is_text(X) or issparse(X) or find_unreadable(X) is not None:
        return None
    if _empty_columns(X, np.array(column_kinds(X))).all():
        return None
    if is_wide(num_samples(X), X.shape[1]):
        return _linear_model(X, task)
    by_rows = _SMALL if num_samples(X) <= _ENOUGH_ROWS else _LARGER
    rounds, leaves = size or by_rows
    booster = makers_of(task).booster(
        max_iter=rounds, max_leaf_nodes=leaves, early_stopping=False
    )
    if loss in _BOOSTED_LOSSES:
        booster.set_params(loss=loss)
    return _with_encoder(_each_output(booster, task), X)


def _extra_trees(n_trees, task):
    trees = makers_of(task).trees
    return _routed(trees(n_trees, bootstrap=True, min_samples_leaf=3))


def _unweighted(scaler):
    """Keep row weights from a scaler, which metadata routing demands a word on."""
    return scaler.set_fit_request(sample_weight=False) if routing_enabled() else scaler


def _routed(model):
    if routing_enabled():
        model.set_fit_request(sample_weight=True)
    return model


def _linear_model(X, task):
    """A linear model of the leading directions of columns of a common scale."""
    few = min(num_samples(X), X.shape[1]) <= _FEW
    model = make_pipeline(
        _common_scale(X, "mean", _FURTHEST),
        PCA(svd_solver="full") if few else PCA(_DIRECTIONS, svd_solver="randomized"),
        _routed(makers_of(task).linear()),
    )
    return model.set_output(transform="default")


def _common_scale(X, strategy, furthest, *, add_indicator=False):
    """Make what gives columns a common scale, and nominal ones a column a level."""
    kinds = np.array(column_kinds(X))
    kinds = np.where(_empty_columns(X, kinds), "empty", kinds)
    if (kinds == "empty").all():
        kinds[:] = "numeric"
    numeric = make_pipeline(
        FunctionTransformer(_as_float),
        SimpleImputer(
            strategy=strategy, keep_empty_features=True, add_indicator=add_indicator
        ),
        _unweighted(StandardScaler()),
        FunctionTransformer(partial(np.clip, a_min=-furthest, a_max=furthest)),
    )
    nominal = make_pipeline(
        FunctionTransformer(_as_text),
        OneHotEncoder(
            handle_unknown="infrequent_if_exist",
            max_categories=_LEVELS,
            sparse_output=False,
        ),
    )
    return _by_kind(kinds, numeric, nominal)


def _with_encoder(teacher, X):
    """Put an encoder before a teacher that needs one for these columns."""
    kinds = np.array(column_kinds(X))
    empty = _empty_columns(X, kinds)
    if (kinds == "numeric").all() and not (empty.any() and not empty.all()):
        return teacher
    # whatever users have set for their own transformers, these hand arrays on
    pipeline = make_pipeline(_encoder(np.where(empty, "empty", kinds)), teacher)
    return pipeline.set_output(transform="default")


def _empty_columns(X, kinds):
    """Columns without any value, which histogram gradient boosting cannot bin."""
    numeric = np.flatnonzero(kinds == "numeric")
    empty = np.zeros(len(kinds), dtype=bool)
    empty[numeric] = np.isnan(numeric_block(X, numeric.tolist())).all(axis=0)
    for column in np.flatnonzero(kinds == "nominal").tolist():
        codes, _ = nominal_codes(X, column)
        empty[column] = (codes < 0).all()
    return empty


def _encoder(kinds):
    nominal = make_pipeline(
        FunctionTransformer(_as_text),
        OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
    )
    return _by_kind(kinds, FunctionTransformer(_as_float), nominal)


def _by_kind(kinds, numeric, nominal):
    return ColumnTransformer(
        [
            ("numeric", numeric, np.flatnonzero(kinds == "numeric")),
            ("nominal", nominal, np.flatnonzero(kinds == "nominal")),
        ]
    )


def _as_float(X):
    return numeric_block(X, range(X.shape[1]))


def _as_text(X):
    """Write every level as a string: levels of mixed types cannot be sorted."""
    columns = np.empty(X.shape, dtype=object)
    for column in range(X.shape[1]):
        codes, levels = nominal_codes(X, column)
        # one more, for the code -1 of a missing value
        texts = np.array([*map(str, levels), None], dtype=object)
        columns[:, column] = texts[codes]
    return columns
