"""A trial fit of the student on a few rows, before the teacher is fitted."""

import warnings
from dataclasses import replace
from itertools import islice
from numbers import Integral

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid, ParameterSampler
from sklearn.pipeline import Pipeline

from sklearn_kd._compat import BaseSearchCV, drop_callbacks, num_samples
from sklearn_kd._estimators.parts import last_step, parts_of
from sklearn_kd._messages import printable
from sklearn_kd._rows import rows_without_label
from sklearn_kd._run.random import contained_draws
from sklearn_kd._tables.checks import check_table
from sklearn_kd._tables.columns import column_kinds, nominal_codes, numeric_block
from sklearn_kd._tables.doubtful_levels import check_levels
from sklearn_kd._tables.level_types import check_same_types
from sklearn_kd._tables.taking import is_large, read_rows, take_rows
from sklearn_kd._tables.texts import is_text
from sklearn_kd._tables.unreadable import REFUSALS, has_odd_columns, is_odd, refused_by
from sklearn_kd.students._dispatch import fit_student
from sklearn_kd.students._kind import Kind
from sklearn_kd.students._kinds import kind_of
from sklearn_kd.students.encoder.encoder import TabularEncoder

#: Rows of each class, and rows in all, that a student is tried on, beside those with
#: the levels (of so many a column), the gaps and the extremes of its columns.
_EACH, _ROWS, _LEVELS = 5, 100, 512

#: Columns of which each has its extremes among them; of more, the table has.
_COLUMNS = 200

#: Customary names of parameters that set how long a student learns. In a trial they
#: are 2 at most.
_LENGTHS = {"n_estimators", "max_iter", "iterations", "n_iter", "max_epochs"}

#: Packages whose ``fit`` does nothing but learn.
_PACKAGES = {"sklearn", "sklearn_kd", "skorch", "lightgbm", "xgboost", "catboost"}

#: Candidates of a search that are tried until one fits.
_CANDIDATES = 10


def check_readable(student, labelled, parts, more, soft_term, seed, *, rehearsed):
    """Refuse rows, and parameters, that a student could not learn with.

    Where the student reads the rows by :class:`TabularEncoder`, its rules are applied
    to all of them. Any other student is tried: a clone is fitted in short on a few
    labelled rows, and on such with a few of each kind of rows without a label. Where
    that fails, it is tried on all rows, so that none is refused because they were few.
    A student with classes of the user's own is tried only where some column holds
    anything but numbers: its ``fit`` may do more than learn.

    Parameters
    ----------
    student : estimator
        Seeded; not changed.
    labelled : TransferSet
        All labelled rows, without soft targets.
    parts : (TransferSet, TransferSet or None)
        Those to learn from, and those to be stopped by.
    more : dict of str to {ndarray, CSR matrix, DataFrame}
        Rows without a label, by what messages call them.
    soft_term : SoftTerm
        How soft targets will count.
    seed : int
        For a student that draws from global generators.
    rehearsed : bool
        Whether the student is to be tried; no need where it is fitted at once.

    Returns
    -------
    frozenset
        Names of the columns that were warned of.

    Raises
    ------
    TypeError, ValueError
        Whatever the encoder raises for these rows; the student may raise anything.

    Warns
    -----
    UserWarning
        Of nominal columns in which most values differ, and of rows without a label
        that have values of another type there.
    """
    X, warned, tables = labelled.X, frozenset(), False
    if not (issparse(X) or is_text(X)):
        tables = _reads_tables(student)
        if tables:
            warned = _check_tables(type(student).__name__, X, more)
    kind = _kind_alone(student)
    if not (rehearsed and kind.needs_trial(student, tables)):
        return warned
    if not (kind.try_out or _is_known(student) or has_odd_columns(X)):
        return warned
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of few rows, and of what comes again
        try:
            _rehearse(student, *parts, more, soft_term, seed)
        except REFUSALS as error:
            if not is_odd(X):
                raise
            side = f"The student {type(student).__name__}"
            raise refused_by(side, X, error) from error
    return warned


def check_dates(X, parts):
    """Refuse an array of dates or durations that would be read as numbers.

    Parameters
    ----------
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features)
        Checked rows.
    parts : iterable of object
        Teachers and student. A pipeline may begin with a transformer that reads dates,
        and so may a class of the user's own.

    Raises
    ------
    TypeError
        With the dtype.
    """
    if not (isinstance(X, np.ndarray) and X.dtype.kind in "mM"):
        return
    for part in parts:
        first = _first_step(part)
        package = type(first).__module__.partition(".")[0]
        if package in _PACKAGES and hasattr(first, "predict"):
            column_kinds(X)


def _check_tables(name, X, more):
    """Apply the rules of :class:`TabularEncoder`."""
    try:
        kinds = column_kinds(X)
        check_table(X, kinds, name)
    except (TypeError, ValueError) as error:
        raise refused_by(f"The student {name}", X, error) from error
    warned = check_levels(X, kinds)
    for what, rows in more.items():
        try:
            check_table(rows, kinds, name)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{what}: {error}") from error
        check_same_types(X, rows, kinds, what)
    return warned


def _reads_tables(student):
    """Return whether what reads the rows first is a :class:`TabularEncoder`."""
    first = _first_step(student)
    if hasattr(first, "predict"):  # a student, and no transformer
        first = kind_of(first).encoder_of(first)
    return isinstance(first, (str, TabularEncoder))


def _kind_alone(student):
    """Give the kind of a student by itself: at the end of a pipeline it is none."""
    return Kind if isinstance(student, Pipeline) else kind_of(student)


def _first_step(student):
    """Give what reads the rows of a pipeline or a search first, or the estimator."""
    while isinstance(student, (Pipeline, BaseSearchCV)):
        if isinstance(student, BaseSearchCV):
            student = student.estimator
            continue
        steps = [s for _, s in student.steps if s is not None and s != "passthrough"]
        student = steps[0]
    return student


def _is_known(student):
    """Return whether all that a student is made of is of the packages above.

    CatBoost that saves snapshots goes on from those of the trial.
    """
    params = student.get_params(deep=True)
    if any(params[name] for name in params if name.endswith("save_snapshot")):
        return False
    return all(
        type(part).__module__.partition(".")[0] in _PACKAGES
        for part in [student, *params.values()]
        if hasattr(part, "fit") and not isinstance(part, type)
    )


def _rehearse(student, train, validation, more, soft_term, seed):
    """Try a student on labelled rows, and on these with rows without a label."""
    stop = validation and _labelled(
        validation.at(_telling_rows(validation.X)), soft_term
    )
    try:
        base = _try_few_or_all(
            student,
            lambda few: _labelled(_some(train) if few else train, soft_term),
            stop,
            seed,
        )
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"The student {type(last_step(student)).__name__} was tried on rows of X "
            f"before any teacher, and failed: {printable(error)}"
        ) from error
    for what, X in more.items():
        telling = _telling_rows(X)
        try:
            _try_few_or_all(
                student,
                lambda few, X=X, t=telling: _joined(
                    base, take_rows(X, t) if few else X
                ),
                stop,
                seed,
            )
        except (TypeError, ValueError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{what}: {error}") from error


def _try_few_or_all(student, make, stop, seed):
    """Give the rows that a student could be fitted on; raise its error on all."""
    rows = make(True)
    try:
        _try(student, rows, stop, seed)
    except Exception:
        every = make(False)
        if len(every) == len(rows):
            raise
        rows = every
        _try(student, rows, stop, seed)
    return rows


def _some(train):
    """Take a few labelled rows, in their order."""
    telling = _telling_rows(train.X)
    first = train.task.some_of_each(train.hard, _EACH, _ROWS)
    return train.at(np.union1d(first, telling))


def _labelled(rows, soft_term):
    """Read labelled rows, with soft targets that are nearly their hard targets.

    So a student that learns by weights has copies of each row, as it will have: what
    splits rows off finds more than one of each class.
    """
    soft = soft_term.of(rows.task.nearly_hot(rows.hard), rows.task)
    soft = soft.with_outputs(soft.outputs, np.ones(len(soft)))
    return replace(rows, X=read_rows(rows.X), soft=soft)


def _joined(rows, X):
    """Append rows without a label, whose soft targets are neutral."""
    X = read_rows(X)
    more = rows_without_label(X, rows.task, 1.0)
    return rows.append(more.predicted(rows.task.neutral(len(more)), rows.soft))


def _telling_rows(X):
    """Choose the first rows, and those in which columns have what others do not."""
    n_rows = num_samples(X)
    chosen = [np.arange(min(n_rows, _ROWS))]
    if is_text(X) or is_large(X):  # what is large has been checked, part by part
        return chosen[0]
    if issparse(X):
        extremes = [X.argmin() // X.shape[1], X.argmax() // X.shape[1]]
        return np.union1d(chosen[0], extremes).astype(int)
    try:
        kinds = column_kinds(X)
        numeric = [column for column, kind in enumerate(kinds) if kind == "numeric"]
        if numeric:
            chosen.append(_extremes(numeric_block(X, numeric)))
    except (TypeError, ValueError):  # dates, or such numbers as a pipeline may read
        return chosen[0]
    for column, kind in enumerate(kinds):
        if kind == "nominal":
            codes, _ = nominal_codes(X, column)
            chosen.append(np.unique(codes, return_index=True)[1][:_LEVELS])
    return np.unique(np.concatenate(chosen)).astype(int)


def _extremes(block):
    """Choose rows with the extremes and the first gap of each column, or of all."""
    if block.shape[1] > _COLUMNS:
        low, high = np.nanmin(block, axis=1), np.nanmax(block, axis=1)
        block = np.column_stack([low, high])
    missing = np.isnan(block)
    return np.concatenate(
        [
            np.where(missing, np.inf, block).argmin(axis=0),
            np.where(missing, -np.inf, block).argmax(axis=0),
            missing.argmax(axis=0),
        ]
    )


def _try(student, rows, stop, seed):
    """Fit a clone in short; of a search, the first candidate that can be fitted."""
    # whatever a part draws from, and if it is a global generator: no trace is left
    anything = object()
    try_out = _kind_alone(student).try_out
    if try_out is not None:
        with contained_draws(seed, anything):
            trial = clone(student)
            drop_callbacks(parts_of(trial))
            try_out(trial, rows)
        return
    last, candidates = last_step(student), [None]
    if isinstance(last, BaseSearchCV):
        candidates = _candidates(last)
    failed = None
    for candidate in candidates[:_CANDIDATES]:
        trial = clone(student)
        if candidate is not None:
            trial = _with_last(trial, candidate)
        drop_callbacks(parts_of(trial))
        _shorten(trial)
        try:
            with contained_draws(seed, anything):
                fit_student(trial, rows, stop)
        except Exception as error:
            failed = error
        else:
            return
    if len(candidates) <= _CANDIDATES:  # else another may do
        raise failed


def _candidates(search):
    """Give a search's estimator with the parameters of its candidates, or of some."""
    grid = getattr(search, "param_grid", None)
    distributions = getattr(search, "param_distributions", None)
    if grid is not None:
        settings = islice(ParameterGrid(grid), _CANDIDATES + 1)
    elif distributions is not None:
        settings = ParameterSampler(distributions, _CANDIDATES + 1, random_state=0)
    else:
        settings = [{}]
    return [
        clone(search.estimator).set_params(
            **{name: clone(value, safe=False) for name, value in params.items()}
        )
        for params in settings
    ]


def _with_last(student, last):
    """Put another estimator in the place of the search that a pipeline ends in."""
    if not isinstance(student, Pipeline):
        return last
    name, inner = student.steps[-1]
    student.steps[-1] = (name, _with_last(inner, last))
    return student


def _shorten(student):
    """Bound the parameters for the length of training, and switch off printing."""
    for name, value in student.get_params(deep=True).items():
        name_alone = name.rpartition("__")[2]
        counts = isinstance(value, Integral) and not isinstance(value, bool)
        if name_alone in _LENGTHS and counts and value > 2:
            student.set_params(**{name: 2})
        elif name_alone == "verbose" and isinstance(value, Integral) and value > 0:
            student.set_params(**{name: type(value)(0)})
