"""Teachers that are written differently after they were loaded have a ``cache_key``."""

import pickle

import joblib
import pytest
from recorder import Recorder
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from skorch_nets import net
from torch import nn
from wine import X as WINE
from wine import distil, y

from sklearn_kd import StoredTeacher

X = WINE.astype("float32")
NET = net(
    max_epochs=1,
    module__n_features=X.shape[1],
    module__n_classes=3,
    criterion=nn.CrossEntropyLoss,
)


@pytest.mark.parametrize(
    "teacher",
    [HistGradientBoostingClassifier(max_iter=3, early_stopping=False), NET],
    ids=["histogram boosting", "skorch"],
)
def test_a_key_stands_for_the_state(teacher, tmp_path):
    """As a worker gets it, from a pickle."""
    teacher = clone(teacher).fit(X, y)
    sent = pickle.loads(pickle.dumps(teacher))

    def labels(teacher, folder):
        distil(teacher, Recorder(), memory=folder).fit(X, y)
        return len(list(folder.rglob("output.pkl")))

    assert joblib.hash(sent) != joblib.hash(teacher)
    assert labels(teacher, tmp_path / "by hash") == 1
    assert labels(sent, tmp_path / "by hash") == 2
    teacher.cache_key = sent.cache_key = "fitted on all rows"
    assert labels(teacher, tmp_path / "by key") == 1
    assert labels(sent, tmp_path / "by key") == 1
    # a file has one of its own
    stored = StoredTeacher.save(teacher, tmp_path / "teacher.joblib")
    assert labels(stored, tmp_path / "by digest") == 1
    stored = pickle.loads(pickle.dumps(stored))
    assert labels(stored, tmp_path / "by digest") == 1
