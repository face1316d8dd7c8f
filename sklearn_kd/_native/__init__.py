"""The compiled core: optional C functions that do what NumPy code here does, faster.

The package is complete without it. It is built with the package where there is a C
compiler, and the environment variable ``SKLEARN_KD_COMPILED=0`` switches it off.
"""

import os

try:
    from sklearn_kd._native import _core
except ImportError:  # it was not built
    _core = None

#: What the functions of the core take and give. Raise it here and in `module.c` when
#: that changes: a core that was built before then counts for none.
INTERFACE = 2
if _core is not None and getattr(_core, "INTERFACE", None) != INTERFACE:
    _core = None

#: The environment variable that switches the core off, and the values that do so.
SWITCH, OFF = "SKLEARN_KD_COMPILED", frozenset(["0", "false", "no", "off"])

#: What code says of itself that ran compiled, or in NumPy.
COMPILED, NUMPY = "compiled", "numpy"


def core():
    """Give the module of compiled functions; None where there is none to be used."""
    return None if os.environ.get(SWITCH, "").lower() in OFF else _core


def training_kernel():
    """Name what takes the training steps of a network that can be compiled."""
    compiled = core()
    return NUMPY if compiled is None or not compiled.has_avx2() else COMPILED
