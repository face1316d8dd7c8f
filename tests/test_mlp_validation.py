"""MLPStudent with validation rows of the user's own, and when they count."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from wine import FOREST, X, y

from sklearn_kd import MLPStudent, SoftTargets

SOFT = SoftTargets(FOREST.predict_proba(X), [0, 1, 2])


def test_without_early_stopping_validation_rows_are_only_watched():
    params = {"max_iter": 60, "early_stopping": False, "random_state": 0}
    watched = MLPStudent(n_iter_no_change=2, **params)
    watched.fit(X, y, X_val=X, y_val=(y + 1) % 3)
    assert len(watched.validation_loss_curve_) == watched.n_iter_ == 60
    alone = MLPStudent(**params).fit(X, y)
    assert_array_equal(watched.predict_proba(X), alone.predict_proba(X))


@pytest.mark.parametrize(
    ("fit", "message"),
    [
        ({"X_val": X}, "both X_val and y_val"),
        ({"y_val": y}, "both X_val and y_val"),
        ({"sample_weight_val": np.ones(len(y))}, "both X_val and y_val"),
        (
            {
                "X_val": X,
                "y_val": y,
                "soft_targets_val": SoftTargets(SOFT.proba, [0, 1, 2], temperature=2.0),
            },
            "must have the classes, the temperature and the loss",
        ),
    ],
)
def test_validation_rows_are_checked(fit, message):
    with pytest.raises(ValueError, match=message):
        MLPStudent(max_iter=2).fit(X, y, soft_targets=SOFT, **fit)
