"""Distil a booster of the Adult data, and write the student as two files.

python make_student.py

Needs sklearn_kd with its extra "onnx", pandas and skops. For a table of your own, fit
on the columns that a request will have, and on no others.
"""

import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier

from sklearn_kd import DistilledClassifier
from sklearn_kd.datasets import load_adult
from sklearn_kd.export import to_onnx


def main():
    """Write student.onnx and student.skops; either one is enough."""
    data = load_adult()
    rows, labels = data.data.iloc[:5000], data.target.iloc[:5000]
    teacher = HistGradientBoostingClassifier(random_state=0).fit(rows, labels)
    distilled = DistilledClassifier(teacher, random_state=0).fit(rows, labels)
    to_onnx(distilled, "student.onnx")
    skops.io.dump(distilled.student_, "student.skops")


if __name__ == "__main__":
    main()
