"""The task, classification: labels, class probabilities, and the link between them."""

from sklearn_kd._task.answers import Answers as Answers
from sklearn_kd._task.classification import Classification as Classification
