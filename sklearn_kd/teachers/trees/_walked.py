"""A fitted teacher whose trees are walked by the compiled core."""

import threading

import numpy as np

from sklearn_kd._compat import num_samples
from sklearn_kd._native import COMPILED, core
from sklearn_kd._tables.taking import take_copy
from sklearn_kd._task.outputs import ask
from sklearn_kd.teachers.given.stored import StoredTeacher
from sklearn_kd.teachers.trees._known import is_wrapper, walker_of
from sklearn_kd.teachers.trees._walker import shallow_copy

#: What says that a teacher predicts in its own way.
TEACHER = "teacher"

#: The fewest rows for which trees are walked, how many of these the teacher predicts in
#: its own way, too, and how far the two may differ: probabilities, and numbers in
#: relation to the largest.
LEAST_ROWS, TRIED_ROWS, TOLERANCE = 1000, 100, 1e-6


class Walked:
    """A teacher of trees, and its copy that walks them.

    Parameters
    ----------
    teacher : estimator
        Fitted.
    method : str
        That gives its predictions.

    Attributes
    ----------
    differs : bool
        Whether the copy was found to predict anything else than the teacher.
    """

    def __init__(self, teacher, method):
        self.teacher, self.method = teacher, method
        self.differs = False
        self._walkers = []
        self._lock = threading.Lock()
        self._copy = self._loaded = None

    def __reduce__(self):
        """Pickle the teacher alone: the trees are read anew in another process."""
        return Walked, (self.teacher, self.method)

    def walks(self):
        """Return whether there are any trees that may be walked."""
        if self._copy is None:
            self._copy = self._rebuilt(self.teacher, {})
        return bool(self._walkers)

    def predict_by(self, task, X, given_classes):
        """Predict rows by the copy where it can be trusted, else by the teacher.

        Parameters
        ----------
        task : Classification or Regression
            Calls it.
        X : {ndarray, sparse matrix, DataFrame} of shape (n_samples, n_features)
            Rows as they reach the teacher.
        given_classes : array-like or None
            ``teacher_classes`` of the user.

        Returns
        -------
        outputs, columns
            As of ``task.predict_by``.
        kernel : {"compiled", "teacher"}
            What has predicted.
        """
        if num_samples(X) >= LEAST_ROWS and self._load() and self._agrees(X):
            try:
                return *task.predict_by(self._copy, X, given_classes), COMPILED
            except Exception:  # the teacher says what is wrong with the rows
                self.differs = True
        return *task.predict_by(self.teacher, X, given_classes), TEACHER

    def trees_of(self, model):
        """Give the trees of a model, such as a forest, inside the teacher, or None."""
        self._load()
        found = [one.trees for one in self._walkers if one.model is model]
        return found[0] if found else None

    def _load(self):
        """Read the trees once; return whether some are walked."""
        with self._lock:
            if self._loaded is None:
                loaded = self.walks() and [one.load() for one in self._walkers]
                self._loaded = bool(loaded) and any(loaded)
        return self._loaded

    def _agrees(self, X):
        """Return whether copy and teacher predict the same for the first rows."""
        rows = take_copy(X, slice(TRIED_ROWS))
        wanted = np.asarray(ask(self.teacher, self.method, rows))
        try:
            found = np.asarray(ask(self._copy, self.method, rows))
        except Exception:
            found = np.empty(0)
        if found.shape != wanted.shape:
            self.differs = True
            return False
        size = 1.0 if self.method == "predict_proba" else np.abs(wanted).max()
        agrees = bool((np.abs(found - wanted) <= TOLERANCE * size).all())
        self.differs |= not agrees
        return agrees

    def _rebuilt(self, value, done):
        """Copy a value where it holds trees that may be walked."""
        if id(value) in done:
            return done[id(value)]
        made = value
        if type(value) in (list, tuple):
            parts = [self._rebuilt(part, done) for part in value]
            if any(new is not old for new, old in zip(parts, value, strict=True)):
                made = type(value)(parts)
        elif type(value) is StoredTeacher:
            made = self._rebuilt(value.estimator, done)
        elif (walker := walker_of(value)) is not None:
            self._walkers.append(walker)
            made = walker.copy()
        elif is_wrapper(value):
            made = self._around(value, done)
        done[id(value)] = made
        return made

    def _around(self, model, done):
        """Copy a model in whose attributes there are such trees."""
        held = {name: self._rebuilt(part, done) for name, part in vars(model).items()}
        if all(part is vars(model)[name] for name, part in held.items()):
            return model
        return shallow_copy(model, **held)


class Walkers:
    """What walks the trees of teachers: each is read once.

    It pickles empty: in another process nothing has been read.
    """

    def __init__(self):
        self._found = {}

    def __reduce__(self):
        return Walkers, ()

    def of(self, teacher, method, n_rows):
        """Give what walks the trees of a fitted teacher.

        Parameters
        ----------
        teacher : object
            Fitted.
        method : str
            That gives its predictions.
        n_rows : int
            How many rows it is to predict at a time.

        Returns
        -------
        Walked or None
            None without the compiled core, for few rows, and where there are no trees
            that it knows.
        """
        if n_rows < LEAST_ROWS:
            return None
        key = id(teacher), method
        if key not in self._found:  # with the teacher its id stays taken
            self._found[key] = teacher, walked(teacher, method)
        return self._found[key][1]


def walked(teacher, method):
    """Prepare a fitted teacher for a walk of its trees, or give None."""
    if core() is None or method in getattr(teacher, "__dict__", ()):
        return None
    found = Walked(teacher, method)
    # the file of a stored one is not read before it has to predict
    return found if type(teacher) is StoredTeacher or found.walks() else None
