"""The wine data, scaled, and small estimators that learn them in a moment."""

from given_rows import on_given_rows
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import StandardScaler

from sklearn_kd import MLPStudent

X, y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
# 20 epochs are a few hundred steps on wine
STUDENT = MLPStudent((8,), max_iter=20, batch_size=16)
FOREST = RandomForestClassifier(10, random_state=0).fit(X, y)


def distil(teacher=FOREST, student=STUDENT, **params):
    return on_given_rows(teacher, student, **{"random_state": 0} | params)
