"""A unit of work: all models on one split of one table, in one thread.

What does not depend on the package, teachers and rivals, is fitted once and kept in a
cache: a card with everything that is measured, and for teachers the model itself. All
seconds are the processor's, which other work on the machine leaves nearly alone.
"""

import os
import re
import traceback
import warnings
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from time import process_time

import joblib
import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split

import sklearn_kd
from benchmarks.quality.classification import CLASSIFICATION
from benchmarks.quality.students import cut_to_latency, distil
from benchmarks.quality.task import Task
from benchmarks.shared.figures import frame_floor
from benchmarks.shared.results import append_row

#: Raise it when the split or what is measured changes: nothing older counts then.
PROTOCOL = 1

#: Seeds of the second teacher, for the agreement of two teachers of a kind.
OTHER_SEED = 1000

#: Rooms of the package that our figures do not depend on.
OTHER_ROOMS = {"_demo", "datasets", "export", "inspection", "metrics"}

PACKAGE = Path(sklearn_kd.__file__).parent

#: The code of the package but for these: what our figures depend on.
CODE = joblib.hash(
    [
        path.read_text()
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in OTHER_ROOMS
    ]
)[:12]


def settings_key(name, task=CLASSIFICATION):
    """Hash what a teacher or rival is: its parameters that are not at their defaults.

    Parameters
    ----------
    name : str
        Of a teacher or rival.
    task : Task
        Which has its maker.

    Returns
    -------
    str
        The hash.
    """
    makes = [task.makers[name](0, mixed) for mixed in (False, True)]
    texts = [BaseEstimator.__repr__(make, N_CHAR_MAX=10**6) for make in makes]
    texts = [re.sub(r" at 0x\w+", "", text) for text in texts]  # column selectors
    return joblib.hash([PROTOCOL, *texts])[:12]


def row_key(model, teacher, max_rows=None, task=CLASSIFICATION):
    """Return which state of code and settings the row of a model belongs to."""
    key = settings_key(teacher, task)
    if model in task.ours:
        key = f"{CODE}+{key}"
    elif model != "teacher":
        key = f"{settings_key(model, task)}+{key}"
    return key if max_rows is None else f"{key}<{max_rows}"


@dataclass(frozen=True)
class Unit:
    """One split of one table.

    Parameters
    ----------
    name : str
        The table.
    seed : int
        Of the split and of every model.
    folder : path-like or None
        Where the table is; None for public ones.
    max_rows : int or None
        Cap on its rows.
    cache : Path
        Folder for cards and teachers.
    task : Task
        Labels or numbers.
    """

    name: str
    seed: int
    folder: object
    max_rows: int | None
    cache: Path
    task: Task = CLASSIFICATION

    @cached_property
    def split(self):
        """Training rows, test rows, their targets."""
        X, y = self.task.read(self.name, self.folder, self.max_rows)
        strata = self.task.strata(y)
        return train_test_split(
            X, y, test_size=0.3, stratify=strata, random_state=self.seed
        )

    @cached_property
    def classes(self):
        return np.unique(self.split[2])

    @cached_property
    def mixed(self):
        return isinstance(self.split[0], pd.DataFrame)

    @cached_property
    def facts(self):
        """The columns of a row that describe its table."""
        X, X_test, y, _ = self.split
        facts = {
            "n_train": len(y),
            "n_test": len(X_test),
            "n_features": X.shape[1],
            "mixed": int(self.mixed),
        } | self.task.facts(y)
        if self.mixed:
            facts["frame_floor_seconds"] = frame_floor(X_test)
        return facts

    @cached_property
    def without_teacher(self):
        """What was measured of the student on labels: the same for all teachers."""
        return {}

    @cached_property
    def data_key(self):
        """Hash of the training rows: cards of another table of that name are no use."""
        X, _, y, _ = self.split
        if self.mixed:
            X = pd.util.hash_pandas_object(X, index=False).to_numpy()
        return joblib.hash([X, list(y)])[:8]

    def path(self, name, kind, seed=None):
        """Where the card or the model of a teacher or rival is kept."""
        seed = self.seed if seed is None else seed
        stem = f"{self.name}-{self.data_key}-{name}-{settings_key(name, self.task)}"
        return self.cache / f"{stem}-{seed}.{kind}.joblib"

    def card(self, name, keep_model=False, seed=None):
        """Fit a teacher or rival and measure it, or read what an earlier run found.

        Returns
        -------
        card : dict
            ``outputs`` for the test rows and the figures that need no targets.
        model : object or None
            Fitted where that was necessary.
        """
        path = self.path(name, "outputs", seed)
        if path.exists() and (not keep_model or self.path(name, "model").exists()):
            return joblib.load(path), None
        X, X_test, y, _ = self.split
        model = self.task.make(name, self.seed if seed is None else seed, self.mixed, y)
        start = process_time()
        model.fit(X, y)
        card = {"fit_seconds": process_time() - start}
        card["outputs"] = self.task.outputs(model, X_test)
        if seed is None:
            card |= self.task.costs(model, X_test, n_calls=100)
        if keep_model:
            _keep(self.path(name, "model"), model)
        _keep(path, card)
        return card, model

    def teacher(self, name):
        """The fitted teacher: from the cache where it is there."""
        _, model = self.card(name, keep_model=True)
        return joblib.load(self.path(name, "model")) if model is None else model

    def seed_ceiling(self, name):
        """How like each other two teachers are that differ in their seed alone."""
        one, _ = self.card(name, keep_model=True)
        other, _ = self.card(name, seed=self.seed + OTHER_SEED)
        return self.task.likeness(other["outputs"], one["outputs"])


def run(unit, wanted, out):
    """Measure models on a split, and add each row to the results file at once.

    Parameters
    ----------
    unit : Unit
        The split.
    wanted : list of (str, str)
        Pairs of teacher and model that have no row yet.
    out : Path
        The results file.

    Returns
    -------
    str or None
        What went wrong, if anything did: the other units go on.
    """
    unit = replace(unit)  # its data goes when it is done
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for teacher in dict.fromkeys(teacher for teacher, _ in wanted):
                models = [model for name, model in wanted if name == teacher]
                for model, figures in _figures(unit, teacher, models):
                    _write(unit, teacher, model, figures, out)
    except Exception:  # a table or model that fails is reported at the end
        return f"{unit.name} seed {unit.seed}: {traceback.format_exc()}"
    return None


def _figures(unit, teacher, models):
    """Yield the name of each model and what was measured of it."""
    if "teacher" in models:
        card, _ = unit.card(teacher, keep_model=True)
        if unit.seed == 0:
            card["seed_ceiling"] = unit.seed_ceiling(teacher)
        yield "teacher", card
    for name in unit.task.rivals:
        if name in models:
            yield name, unit.card(name)[0]
    if set(models) & set(unit.task.ours):
        yield from _ours(unit, teacher, models)


def _ours(unit, teacher_name, models):
    task = unit.task
    X, X_test, y, _ = unit.split
    teacher = unit.teacher(teacher_name)
    teacher_time = task.beside(teacher, X_test)
    teacher = task.as_teacher(teacher)

    def measured(model, figures):
        figures["outputs"] = task.outputs(model, X_test)
        return figures | task.costs(model, X_test)

    if set(models) & {"student", "no_teacher", "lightgbm_latency"}:
        model, figures = distil(task, teacher, X, y, unit.seed)
        student = measured(model.student_, figures)
    if "student" in models:
        yield "student", student | teacher_time
    if "no_teacher" in models:
        if not unit.without_teacher:
            plain = model.student_on_labels_
            unit.without_teacher.update(measured(plain, {"n_steps": plain.n_steps_}))
        yield "no_teacher", unit.without_teacher
    for name, settings in (
        ("fidelity", {"objective": "fidelity"}),
        ("rows_only", {"transfer": None}),
    ):
        if name in models:
            model, figures = distil(task, teacher, X, y, unit.seed, **settings)
            yield name, measured(model.student_, figures) | teacher_time
    if "lightgbm_latency" in models:
        column = "frame_row_seconds" if unit.mixed else "array_row_seconds"
        yield (
            "lightgbm_latency",
            measured(
                *cut_to_latency(X, y, unit.seed, unit.mixed, X_test, student[column])
            ),
        )


def _write(unit, teacher, model, figures, out):
    task, figures = unit.task, dict(figures)
    teacher_outputs = unit.card(teacher, keep_model=True)[0]["outputs"]
    figures |= task.figures(unit, figures.pop("outputs"), teacher_outputs)
    row = {"set": unit.name, "teacher": teacher, "seed": unit.seed, "model": model}
    row["key"] = row_key(model, teacher, unit.max_rows, task)
    append_row(out, row | unit.facts | figures, task.columns)
    print(
        f"{unit.name} {teacher} {unit.seed} {model}: {task.shown(figures)}, "
        f"{figures.get('fit_seconds', np.nan):.1f} s",
        flush=True,
    )


def _keep(path, thing):
    """Write a file that is there as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    joblib.dump(thing, part, compress=1)
    os.replace(part, path)
