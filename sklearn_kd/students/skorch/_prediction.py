"""What a net returns for encoded rows, in its own precision and in float64."""

import copy
from contextlib import nullcontext

import numpy as np
import torch
from skorch.dataset import Dataset

from sklearn_kd._run.random import contained_draws
from sklearn_kd.students.skorch._threads import single_torch_thread
from sklearn_kd.students.skorch.criterion import first_of
from sklearn_kd.torch.loader import TensorBatchLoader


def forward(net, X):
    """Get what the module returns for the first batch of rows."""
    return next(iter(net.forward_iter(Dataset(X), training=False)))


def predict_proba(net, X):
    """Predict class probabilities of encoded rows, in float64; rows sum to 1."""
    with _contained(net), single_torch_thread(net):
        proba = net.predict_proba(Dataset(X)).astype(np.float64)
    return proba / proba.sum(axis=1, keepdims=True)


def predict_outputs(net, X):
    """Get what the module returns for encoded rows, in float64 and two dimensions."""
    with _contained(net), single_torch_thread(net):
        batches = net.forward_iter(Dataset(X), training=False)
        outputs = torch.cat([first_of(output) for output in batches])
    return outputs.double().numpy().reshape(len(outputs), -1)


def _contained(net):
    """Contain what a DataLoader draws, be it only the seed of its workers."""
    own = net.iterator_valid is TensorBatchLoader
    return nullcontext() if own else contained_draws(0, net)


def in_float64(net, X):
    """Make a net that shares everything with another but a module in float64.

    Parameters
    ----------
    net : skorch.NeuralNet
        Fitted.
    X : {ndarray, CSR matrix} of shape (n_samples, n_inputs), or dict of ndarray
        Encoded rows in float64, to try it on.

    Returns
    -------
    skorch.NeuralNet or None
        None where the net is meant to be fast, on another device or compiled, and
        where the module cannot be copied or computes in float32 only.
    """
    device = torch.device(net.device or "cpu")
    if device.type != "cpu" or getattr(net, "compile", False):
        return None
    exact = object.__new__(type(net))
    exact.__dict__.update(net.__dict__)
    try:
        exact.__dict__["module_"] = copy.deepcopy(net.module_).double()
        with _contained(net), single_torch_thread(net):
            forward(exact, X)
    # the module may assert its dtype or hold a lock, and the net predicts without this
    # too
    except Exception:
        return None
    return exact
