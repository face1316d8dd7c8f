"""Made-up outputs and targets for the losses of numbers, and their formulas anew."""

import numpy as np
import torch

from sklearn_kd import SoftPredictions

LEVELS = (0.1, 0.5, 0.9)
ALPHAS = (0.0, 0.3, 1.0, "mixed")


def problem(loss, alpha="mixed", n_targets=2, seed=3):
    """Outputs, hard targets, soft targets and weights of twelve rows."""
    rng = np.random.default_rng(seed)
    quantiles = LEVELS if loss == "pinball" else None
    shape = 12, n_targets * len(quantiles or [None])
    pred, hard = rng.gamma(1.0, size=shape), rng.gamma(1.0, size=(12, n_targets))
    if quantiles:
        pred = np.sort(pred.reshape(12, n_targets, -1), axis=2).reshape(shape)
    if loss == "poisson":  # counts are 0 often
        hard[:4], pred[2:6] = 0, 0
    row_alpha = np.tile([0.0, 0.3, 1.0], 4) if alpha == "mixed" else alpha
    soft = SoftPredictions(pred, row_alpha, loss, quantiles)
    return 2 * rng.normal(size=shape), hard, soft, rng.random(12) + 0.1


def deviance_poisson(s, t):
    ratio = torch.where(t > 0, t / s, torch.ones_like(s))
    return s - t + t * ratio.log()


def torch_quantiles(z):
    steps = torch.logaddexp(z, torch.zeros_like(z))
    lowest = z.reshape(len(z), -1, len(LEVELS))[:, :, 0]
    columns = []
    for target in range(lowest.shape[1]):
        level = lowest[:, target]
        columns.append(level)
        for k in range(1, len(LEVELS)):
            level = level + steps[:, target * len(LEVELS) + k]
            columns.append(level)
    return torch.stack(columns, dim=1)


def torch_pinball(s, y):
    terms = []
    for column, target in enumerate(np.repeat(np.arange(y.shape[1]), len(LEVELS))):
        u = y[:, target] - s[:, column]
        level = LEVELS[column % len(LEVELS)]
        terms.append(torch.where(u > 0, level * u, (level - 1) * u))
    return torch.stack(terms, dim=1)


#: The formulas of the docstrings, written down with torch and nothing shared.
REFERENCES = {
    "squared_error": lambda z, t: (z - t) ** 2 / 2,
    "absolute_error": lambda z, t: (z - t).abs(),
    "huber": lambda z, t: torch.where(
        (z - t).abs() <= 1, (z - t) ** 2 / 2, (z - t).abs() - 0.5
    ),
    "poisson": lambda z, t: deviance_poisson(z.exp(), t),
    "gamma": lambda z, t: t / z.exp() - 1 - (t / z.exp()).log(),
    "pinball": lambda z, t: (torch_quantiles(z) - t) ** 2 / 2,
}
HARD_REFERENCES = REFERENCES | {
    "pinball": lambda z, y: torch_pinball(torch_quantiles(z), y)
}


def torch_reference(z, hard, soft, weight):
    """The weighted mean of the blended loss, by the formulas."""
    alpha = torch.tensor(soft.row_alpha.copy())[:, None]
    pred, hard = torch.tensor(soft.pred.copy()), torch.tensor(hard)
    term = REFERENCES[soft.loss](z, pred).mean(1, keepdim=True)
    hard_term = HARD_REFERENCES[soft.loss](z, hard).mean(1, keepdim=True)
    values = (alpha * term + (1 - alpha) * hard_term)[:, 0]
    weight = torch.tensor(weight)
    return (values * weight).sum() / weight.sum()
