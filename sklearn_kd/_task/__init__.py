"""The tasks: classification and regression, each with all that depends on it."""

from sklearn_kd._task.classification import Classification as Classification
from sklearn_kd._task.outputs import Predictions as Predictions
from sklearn_kd._task.regression.task import Regression as Regression
