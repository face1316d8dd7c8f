"""The first layer and what it reads of the columns, in scikit-learn."""

import numpy as np
from sklearn.compose import ColumnTransformer

from sklearn_kd.export._program.steps import AddLevel, Scale
from sklearn_kd.export._sklearn.levels import blocks_of_levels, one_hot
from sklearn_kd.export._sklearn.network import Layers
from sklearn_kd.export._sklearn.numbers import scaler_of, spline_of_numbers


def features_of(program):
    """Write what stands in front of the first activation.

    Parameters
    ----------
    program : Program
        The student.

    Returns
    -------
    features : ColumnTransformer, StandardScaler, MaxAbsScaler or None
        Fitted; None where the network reads the columns as they are.
    layers : Layers
        With the first layer, whose inputs these are.
    later : tuple
        The other steps of the program.
    """
    first, dense, *later = program.steps
    levels = [step for step in later if isinstance(step, AddLevel)]
    layers = Layers()
    if isinstance(first, Scale):
        layers.add(dense.coef, dense.intercept)
        return scaler_of(first), layers, later
    blocks = [spline_of_numbers(first, dense.coef, program.inputs)]
    blocks = [each for each in blocks if each[1]]
    blocks += blocks_of_levels(levels, program.inputs)
    if not blocks:  # a network needs an input; this one has no weight
        blocks = [("none", *one_hot([(0, {"": 0 * dense.intercept})]))]
    intercept = sum((step.vectors[-1] for step in levels), dense.intercept)
    layers.add(np.vstack([weights for *_, weights in blocks]), intercept)
    return _fitted(blocks, len(program.inputs)), layers, later[len(levels) :]


def _fitted(blocks, n_columns):
    """Put the blocks of columns side by side."""
    steps = [(name, transformer, columns) for name, columns, transformer, _ in blocks]
    features = ColumnTransformer(steps, sparse_threshold=1.0)
    # sparse columns, whatever the global configuration says
    features.set_output(transform="default").fit(np.zeros((2, n_columns)))
    features.sparse_output_ = True
    return features
