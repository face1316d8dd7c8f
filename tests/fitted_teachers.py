"""Fitted teachers of the wine data, and a way to see that nothing changes them."""

import joblib
import numpy as np
import skorch
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import StandardScaler

WINE = load_wine(as_frame=True)
FRAME = WINE.data
X = StandardScaler().fit_transform(FRAME).astype(np.float32)
y = WINE.target.to_numpy()


class FittedModel:
    """Nothing but ``predict_proba``, and what names the class of each column."""

    def __init__(self, model, order=(2, 0, 1), form=np.asarray, **attributes):
        self.model, self.order, self.form = model, list(order), form
        vars(self).update(attributes)

    def predict_proba(self, X):
        return self.form(self.model.predict_proba(X)[:, self.order])


def forest(X=X, y=y, **params):
    return RandomForestClassifier(10, random_state=0, **params).fit(X, y)


def fingerprint(teacher):
    """Changes when anything in a teacher does. (The hash of a net is not stable.)"""
    if isinstance(teacher, skorch.NeuralNet):
        weights = teacher.module_.state_dict() if teacher.initialized_ else {}
        return joblib.hash({name: value.numpy() for name, value in weights.items()})
    return joblib.hash(teacher)
