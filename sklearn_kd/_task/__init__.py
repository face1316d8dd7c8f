"""The task, classification: labels, class probabilities, and the link between them."""

from sklearn_kd._task.classification import Classification as Classification
from sklearn_kd._task.outputs import Predictions as Predictions
