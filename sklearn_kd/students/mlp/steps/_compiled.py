"""The compiled network: layers, losses and optimizer in C, behind cells."""

import numpy as np
from scipy.linalg import cython_blas

from sklearn_kd._native import COMPILED, core
from sklearn_kd.losses.kl import KLDivergence
from sklearn_kd.losses.means import SquaredError
from sklearn_kd.students.encoder.encoder import TabularEncoder
from sklearn_kd.students.mlp._batches import OfMultiples
from sklearn_kd.students.mlp._network import Parameters
from sklearn_kd.students.mlp.steps._cells import CellPlan

#: Numbers of the activations and the losses in `layers.h`.
_ACTIVATIONS = {"relu": 0, "identity": 1, "tanh": 2, "logistic": 3}
_SOFTMAX, _SQUARED = 0, 1

#: The product of matrices of BLAS that scikit-learn's compiled code calls, too.
_GEMM = cython_blas.__pyx_capi__["sgemm"]


def cells_of(encoder, dtype):
    """Give the cells of an encoder; None where the network cannot be compiled."""
    if type(encoder) is not TabularEncoder or not can_compile(None, dtype):
        return None
    plan = CellPlan(encoder.layout_)
    return plan if can_compile(plan, dtype) else None


def can_compile(plan, dtype):
    """Return whether a network behind cells (None: any) can be computed compiled."""
    compiled = core()
    return (
        compiled is not None
        and dtype == "float32"
        and (plan is None or plan.possible)
        and compiled.has_avx2()
        and compiled.takes_gemm(_GEMM)
    )


class CompiledNetwork:
    """A network behind cells; it does what :class:`NumPyNetwork` does.

    Parameters
    ----------
    plan : CellPlan
        How cells are encoded.
    parameters : Parameters
        float32; changed in place.
    activation : str
        Of the hidden layers.
    optimizer : AdamW
        Of the parameters.
    loss : object
        As in :mod:`sklearn_kd.losses`.
    batch_size : int
        Most rows of a step.
    """

    kernel = COMPILED

    def __init__(self, plan, parameters, activation, optimizer, loss, batch_size):
        self._core = core()
        self.optimizer = optimizer
        self.loss = loss
        n_outputs = parameters.sizes[-1]
        self._goal = _goal_of(loss, n_outputs)
        self._outputs = np.empty((2, batch_size, n_outputs), dtype=np.float32)
        self._network = _network_of(
            plan,
            parameters,
            activation,
            batch_size,
            n_targets=0 if self._goal is None else n_outputs,
            # of inputs that no cell is encoded as, it stays 0
            learned=(np.zeros_like(parameters.flat), optimizer.mean, optimizer.square),
        )

    def parts(self, run, most):
        """Part a run into what is learned at once: `most` steps, or a batch each."""
        return run.batches() if self._goal is None else run.parts(most)

    def learn(self, part, rate):
        """Take the steps of a part, as :meth:`NumPyNetwork.learn`."""
        optimizer = self.optimizer
        if self._goal is None:
            value, gradient = self._value_and_gradient(part, 1 / len(part))
            if np.isfinite(value):
                step = np.array([optimizer.next_step(rate())], dtype=np.float32)
                rows = part.X.arrays
                self._core.cells_backward(self._network, rows, gradient, step)
            return value * len(part)
        begun = optimizer.n_steps
        steps = [optimizer.next_step(rate()) for _ in range(len(part.bounds) - 1)]
        total, taken = self._go_through(part, np.array(steps, dtype=np.float32))
        optimizer.n_steps = begun + taken
        return total

    def loss_of(self, part):
        """Sum the loss of the rows of a part."""
        if self._goal is None:
            return self._value_and_gradient(part, 1.0)[0]
        total, _ = self._go_through(part, None)
        return total

    def forward(self, X):
        """Compute the outputs of some rows; the next call overwrites them."""
        outputs = self._outputs[0, : len(X)]
        self._core.cells_forward(self._network, X.arrays, outputs)
        return outputs

    def _value_and_gradient(self, batch, weight):
        """Evaluate a loss that is not compiled."""
        outputs = self.forward(batch.X)
        gradient = self._outputs[1, : len(outputs)]
        if batch.weight is not None:
            weight = batch.weight * weight
        value = self.loss.value_and_gradient(outputs, batch.targets, weight, gradient)
        return value, gradient

    def _go_through(self, part, steps):
        """Take steps of a loss that is compiled, or only evaluate it."""
        return self._core.cells_learn(
            self._network,
            part.X.arrays,
            part.targets,
            part.weight,
            part.order,
            part.bounds,
            self._goal,
            steps,
        )


class CompiledBlocks:
    """A fitted network on many rows, so many at a time.

    Parameters
    ----------
    plan : CellPlan
        How cells are encoded.
    layers : object
        With `coefs_` and `intercepts_`, float32.
    activation : str
        Of the hidden layers.
    """

    #: Rows that are computed at once.
    _BLOCK = 512

    #: There is no slope that could be infinite.
    finite = True

    def __init__(self, plan, layers, activation):
        self._core, self._plan = core(), plan
        parameters = Parameters.of(layers.coefs_, layers.intercepts_)
        self._network = _network_of(plan, parameters, activation, self._BLOCK)

    def logits(self, rows, out, watch):
        """Compute the logits, as :meth:`TabularBlocks.logits`."""
        outputs = np.empty(out.shape, dtype=np.float32)
        cells = self._plan.encode(rows, watch).arrays
        self._core.cells_forward(self._network, cells, outputs)
        out[:] = outputs


def _network_of(
    plan, parameters, activation, batch_size, *, n_targets=0, learned=(None,) * 3
):
    """Give what the core takes for a network; `learned` is what a step writes."""
    sizes = np.array(parameters.sizes, dtype=np.int32)
    plan = (*plan.arrays, plan.n_inputs, plan.n_dense)
    work = core().cells_work(plan, sizes, n_targets, batch_size)
    return (
        plan,
        sizes,
        n_targets,
        batch_size,
        _ACTIVATIONS[activation],
        _GEMM,
        parameters.flat,
        *learned,
        np.empty(work, dtype=np.float32),
    )


def _goal_of(loss, n_outputs):
    """Describe a loss that is compiled; None for any other."""
    factor, unit = None, 1.0
    if type(loss) is OfMultiples:
        loss, factor, unit = loss.loss, loss.factor, loss.unit
        factor = np.ones(n_outputs) * factor
    if type(loss) is KLDivergence and loss.temperature == 1:
        code = _SOFTMAX
    elif type(loss) is SquaredError:
        code = _SQUARED
    else:
        return None
    if factor is None:
        return code, None, None, unit
    return code, factor.astype(np.float32), (factor / unit).astype(np.float32), unit
