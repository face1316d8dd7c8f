"""Teachers that leave traces in a folder, for processes that share nothing else."""

import os
import signal
from pathlib import Path

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from wine import FOREST


class Traced:
    """A fitted forest that notes who loaded it, and who predicted by it."""

    def __init__(self, folder, model=FOREST):
        self.folder, self.model = str(folder), model
        self.classes_ = model.classes_

    def __setstate__(self, state):
        vars(self).update(state)
        note(self.folder, "loaded")

    def predict_proba(self, X):
        note(self.folder, "predicted")
        return self.model.predict_proba(X)


class Picky(Traced):
    """One that predicts no row with a 7 in it."""

    def predict_proba(self, X):
        if (X == 7).any():
            raise ValueError("a row of 7s")
        return super().predict_proba(X)


class Fatal(Traced):
    """One whose first call ends the process, unless it is the one that made it."""

    def __init__(self, folder):
        super().__init__(folder)
        self.home = os.getpid()

    def predict_proba(self, X):
        die_once(self.folder, self.home)
        return super().predict_proba(X)


class FatalFit(LogisticRegression):
    """An unfitted teacher, and its first fit ends the process."""

    def __init__(self, folder=None, home=None, random_state=None):
        super().__init__(random_state=random_state)
        self.folder, self.home = folder, home

    def fit(self, X, y, sample_weight=None):
        die_once(self.folder, self.home)
        return super().fit(X, y, sample_weight)


class TracedForest(RandomForestClassifier):
    """An unfitted forest that notes its fits."""

    def __init__(self, n_estimators=10, random_state=None, folder=None):
        super().__init__(n_estimators, random_state=random_state)
        self.folder = folder

    def fit(self, X, y, sample_weight=None):
        note(self.folder, "fitted")
        return super().fit(X, y, sample_weight)


def note(folder, what):
    """Leave an empty file, whose name says what was done, and by which process."""
    Path(folder, f"{what} {os.getpid()} {os.urandom(4).hex()}").touch()


def noted(folder, what):
    """List the processes that did something, each as often as it did."""
    return [int(path.name.split()[1]) for path in Path(folder).glob(f"{what} *")]


def die_once(folder, home):
    """Kill this process, unless it is at home, or one has died before."""
    if os.getpid() == home:
        return
    try:
        Path(folder, "died").touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
