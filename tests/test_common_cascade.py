"""scikit-learn's own checks of cascades, whose parts are fitted inside."""

import pytest
from checks import parametrize_with_checks
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_param_validation,
)
from teacher_alone import alone

from sklearn_kd import CascadeClassifier, DistilledClassifier, MLPStudent

#: The checks have as few rows as 10.
pytestmark = pytest.mark.filterwarnings("ignore:The teacher answers every row")

DISTILLED = DistilledClassifier(
    student=MLPStudent((16,), max_iter=20), transfer=None, objective=alone()
)
ESTIMATORS = {
    "plain": CascadeClassifier(
        LogisticRegression(),
        DecisionTreeClassifier(max_leaf_nodes=8),
        max_disagreement=0.5,
    ),
    "distilled": CascadeClassifier(
        DISTILLED, LogisticRegression(), max_disagreement=0.5
    ),
}


def expected_failures(name):
    return dict.fromkeys(
        (
            "check_sample_weight_equivalence_on_dense_data",
            "check_sample_weight_equivalence_on_sparse_data",
        ),
        "a random part of the rows is held out",
    )


@parametrize_with_checks(ESTIMATORS, expected_failures)
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    "check", [check_param_validation, check_dataframe_column_names_consistency]
)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_checks_that_scikit_learn_leaves_out(name, check):
    check("CascadeClassifier", clone(ESTIMATORS[name]))
