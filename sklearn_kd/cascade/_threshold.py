"""From which probability on a student answers: chosen on calibration rows."""

from dataclasses import dataclass
from math import ceil, log1p

import numpy as np

from sklearn_kd._messages import warn
from sklearn_kd.metrics._bounds import clopper_pearson_upper, effective_rows

#: The thresholds that are tried, the same for all data: 0, where the student answers
#: every row, 100 for each power of ten of the distance from 1 down to 1e-12, and
#: infinity, where it answers none.
GRID = np.concatenate([[0.0], 1 - 10 ** -np.linspace(0.01, 12, 1200), [np.inf]])


@dataclass(frozen=True)
class Chosen:
    """A threshold, and what it gives on the rows that it was chosen on.

    Parameters
    ----------
    threshold : float
        One of ``GRID``.
    share : float
        Share of the rows that the student answers.
    disagreement : float
        Share of all rows that it answers, and answers otherwise than the teacher.
    bound : float
        Upper bound on the probability of such a row.
    """

    threshold: float
    share: float
    disagreement: float
    bound: float


def choose_threshold(certainty, differs, weight, max_disagreement, confidence):
    """Choose the lowest threshold whose disagreement is within the budget.

    Parameters
    ----------
    certainty : ndarray of shape (n_rows,), float64
        The student's probability of the label that it predicts.
    differs : ndarray of shape (n_rows,), bool
        Whether that label is another than the teacher's.
    weight : ndarray of shape (n_rows,), float64
        Row weights, above 0.
    max_disagreement : float
        The budget.
    confidence : float
        How often the bound is to hold.

    Returns
    -------
    Chosen
        Infinity where no other threshold is within the budget.

    Notes
    -----
    Disagreement, and with it the bound, falls as the threshold rises. The lowest
    threshold within the budget is therefore where a walk from the top down ends at the
    first one beyond it.
    """
    # of each row the number of thresholds at which it is answered; NaN is never
    passed = np.searchsorted(GRID, np.nan_to_num(certainty, nan=-1.0), side="right")
    answered, wrong = (
        np.bincount(passed, weights, len(GRID) + 1)[:0:-1].cumsum()[::-1]
        for weights in (weight, weight * differs)
    )
    total, n_rows = weight.sum(), effective_rows(weight)
    bounds = clopper_pearson_upper(wrong * n_rows / total, n_rows, confidence)
    bounds[-1] = 0  # the teacher agrees with itself
    best = int((bounds <= max_disagreement).argmax())
    return Chosen(
        float(GRID[best]),
        float(answered[best] / total),
        float(wrong[best] / total),
        float(bounds[best]),
    )


def rows_needed(max_disagreement, confidence):
    """Count the rows that it takes where student and teacher agree on all of them."""
    return ceil(log1p(-confidence) / log1p(-max_disagreement))


def warn_of_none(chosen, weight, max_disagreement, confidence):
    """Warn where the student answers no calibration row, with what would help."""
    if chosen.share > 0:
        return
    needed, n_rows = rows_needed(max_disagreement, confidence), effective_rows(weight)
    budget = f"max_disagreement={max_disagreement:g} with confidence={confidence:g}"
    if n_rows < needed:
        counted = f"the {len(weight)} calibration rows"
        if n_rows < len(weight):
            counted += f" (with their weights, as many as {n_rows:.1f})"
        warn(
            f"The teacher answers every row: {counted} are too few to show "
            f"{budget}, which takes {needed} rows, more where student and teacher "
            "differ on any. Pass more rows, or allow more disagreement."
        )
    else:
        warn(
            f"The teacher answers every row: on the {len(weight)} calibration rows the "
            "student differs from it too often for "
            f"{budget}, even where it is surest. Allow more disagreement, or pass a "
            "student that is closer to its teacher, such as a DistilledClassifier with "
            'objective="fidelity".'
        )
