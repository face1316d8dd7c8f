"""Which objects are skorch nets, without importing skorch."""

import sys

from sklearn_kd._run.versions import VersionedMixin


def is_skorch_net(estimator):
    """Return whether an object is a skorch net: False where skorch is not imported."""
    skorch = sys.modules.get("skorch")
    return skorch is not None and isinstance(estimator, skorch.NeuralNet)


def nets_in(part):
    """Give the nets that an estimator, or a list of some, has as it was passed.

    Those inside an estimator of this package are left to it.
    """
    if is_skorch_net(part):
        yield part
    elif isinstance(part, (list, tuple)):
        for each in part:
            yield from nets_in(each)
    elif hasattr(part, "get_params") and not isinstance(part, (type, VersionedMixin)):
        yield from nets_in([*part.get_params(deep=False).values()])
