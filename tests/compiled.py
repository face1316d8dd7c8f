"""What tests of the compiled core share: both ways of running, and cells as numbers."""

import numpy as np
import pytest

from sklearn_kd._native import SWITCH, core

#: There is a compiled core, and this machine can run the steps of training in it.
HAS_CELLS = core() is not None and core().has_avx2()

needs_cells = pytest.mark.skipif(
    not HAS_CELLS, reason="the compiled core is not built, or there is no AVX2"
)


def both_ways(monkeypatch, run):
    """Give what a function gives without the compiled core, and with it."""
    with monkeypatch.context() as patch:
        patch.setenv(SWITCH, "0")
        plain = run()
    monkeypatch.delenv(SWITCH, raising=False)
    return plain, run()


def dense(rows):
    """Write cells as the inputs that they stand for."""
    cells, shares, first_inputs = rows.arrays
    first, ramp_input, flag_input, entry, entry_input, entry_value = rows.plan.arrays
    encoded = np.zeros(rows.shape, dtype=np.float32)
    encoded[:, : first_inputs.shape[1]] = first_inputs
    n_ramps = len(ramp_input)
    for row in range(len(rows)):
        for column in range(n_ramps):
            place, last = cells[row, column] - first[column], first[column + 1] - 1
            if cells[row, column] == last:
                if flag_input[column] >= 0:
                    encoded[row, flag_input[column]] = 1
                continue
            own = ramp_input[column]
            encoded[row, own : own + place] = 1
            encoded[row, own + place] = shares[row, column]
        for column in range(n_ramps, cells.shape[1]):
            place = cells[row, column] - first[n_ramps]
            own = slice(entry[place], entry[place + 1])
            encoded[row, entry_input[own]] += entry_value[own]
    return encoded
