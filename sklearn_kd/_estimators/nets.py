"""What can be read off a net without importing skorch."""

import sys


def is_skorch_net(estimator):
    """Say whether an object is a net of skorch.

    Parameters
    ----------
    estimator : object
        Anything.

    Returns
    -------
    bool
        False where skorch has not been imported: then there can be no net.
    """
    skorch = sys.modules.get("skorch")
    return skorch is not None and isinstance(estimator, skorch.NeuralNet)
