"""Whether an object is a skorch net, without importing skorch."""

import sys


def is_skorch_net(estimator):
    """Return whether an object is a skorch net: False where skorch is not imported."""
    skorch = sys.modules.get("skorch")
    return skorch is not None and isinstance(estimator, skorch.NeuralNet)
