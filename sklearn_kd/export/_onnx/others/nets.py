"""Modules of skorch nets as ONNX, by torch's own exporter."""

import copy
import logging
import warnings
from contextlib import contextmanager, redirect_stderr
from io import StringIO

import numpy as np
import torch

from sklearn_kd.export._onnx.graph import OPSET
from sklearn_kd.export._onnx.parts import Converted
from sklearn_kd.export._program.layers import module_of, own_prediction
from sklearn_kd.export._program.program import finished, first_steps, inputs_of
from sklearn_kd.export._program.steps import AddLevel, Encode, Widen
from sklearn_kd.students.encoder.encoder import TabularEncoder
from sklearn_kd.students.skorch.criterion import first_of

#: The least opset of torch's exporter, and the first version of torch that has it.
_TORCH_OPSET, _LEAST_TORCH = max(OPSET, 18), (2, 6)

#: Packages whose reports are silenced while a module is exported.
_PACKAGES = ("torch", "onnxscript")


class _Predicting(torch.nn.Module):
    """A module with the function that a net applies to what it returns."""

    def __init__(self, net):
        super().__init__()
        self.module = copy.deepcopy(module_of(net)).cpu().float()
        self.link = getattr(net.predict_nonlinearity, "output", None)
        self.probabilities = net.predict_nonlinearity

    def forward(self, X):
        """Give probabilities, or the numbers that a module returns."""
        output = self.module(X)
        if self.link is not None:
            return self.probabilities(output)
        output = first_of(output)
        return output.reshape(len(output), -1)


def net_program(student, deciding, model):
    """Give the program of a net with any module that torch can export.

    Parameters
    ----------
    student : SkorchStudent or SkorchStudentRegressor
        Fitted.
    deciding : estimator or None
        What decides the label by a threshold.
    model : estimator
        The whole.

    Returns
    -------
    Program
        Its encoder as steps, and its module as one that torch has written.

    Raises
    ------
    ImportError
        Without what the exporter needs.
    TypeError
        For a module that torch does not export, and for a net that predicts in its own
        way.
    """
    own = own_prediction(student.net_)
    if own is not None:
        raise TypeError(
            f"to_onnx covers nets that predict as skorch's own, got {own}. Export the "
            "module by torch.onnx.export, and what the net does with it yourself."
        )
    steps, width = _encoding(student)
    module = _Predicting(student.net_).eval()
    steps.append(Converted(_export(module, width, student), "module"))
    return finished(steps, student, deciding, model, inputs_of(student))


def _encoding(student):
    """Give the steps of the encoder alone, and how many columns they give."""
    encoder, width = student.encoder_, student.n_features_in_
    if type(encoder) is TabularEncoder:
        width = len(encoder.layout_)
    # the network of first steps gives each column as it is
    first, _, *levels = first_steps(student, np.eye(width), np.zeros(width), "to_onnx")
    if not isinstance(first, Encode):
        return [first], width
    n_numbers = sum(len(part.columns) for part in first.parts)
    width = max(width, 1)  # of constant columns there is one of zeros
    if n_numbers == width:
        return [first], width
    levels = [AddLevel(each.column, each.levels, each.vectors) for each in levels]
    return [first, Widen(np.arange(n_numbers), width), *levels], width


def _export(module, width, student):
    """Have torch write a module that reads numbers, or whole numbers."""
    name = type(module.module).__name__
    version = tuple(map(int, torch.__version__.split(".")[:2]))
    if version < _LEAST_TORCH:
        raise ImportError(
            f"to_onnx writes the module {name} by the exporter of torch 2.6 and newer, "
            f"got torch {torch.__version__}. Update torch, or train a "
            "sklearn_kd.torch.TabularMLP, which needs none."
        )
    integers = getattr(student.encoder_, "integers", False)
    kinds = [torch.int64] if integers else [torch.float32, torch.int64]
    # only with rows as they are may a module read integers
    kinds = kinds if student.encoder_ is None or integers else kinds[:1]
    for dtype in kinds:
        rows = torch.zeros((3, width), dtype=dtype)
        try:
            with torch.no_grad():
                module(rows)
        except Exception:
            if dtype is kinds[-1]:
                raise
            continue
        break
    if dtype is torch.int64:
        module = _Whole(module)
        rows = rows.float()
    try:
        with _quiet():
            exported = torch.onnx.export(
                module.eval(),
                (rows,),
                dynamo=True,
                verbose=False,
                opset_version=_TORCH_OPSET,
                dynamic_shapes=({0: torch.export.Dim.DYNAMIC},),
            )
    except ModuleNotFoundError as error:
        raise ImportError(
            f"to_onnx writes the module {name} by torch.onnx.export, which needs the "
            f"package {error.name}. Install it with `pip install sklearn-kd[onnx]`."
        ) from error
    except Exception as error:  # what it raises is of many kinds
        reason = str(error.__cause__ or error).strip().partition("\n")[0].rstrip(".")
        raise TypeError(
            f"to_onnx writes the module {name} by torch.onnx.export, which does not "
            f"convert it: {reason}. Change the module so that torch.export.export "
            "takes it, or train a sklearn_kd.torch.TabularMLP."
        ) from error
    return exported.model_proto


class _Whole(torch.nn.Module):
    """A module that reads integers, of rows in float32."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, X):
        """Convert rows, and hand them on."""
        return self.module(X.to(torch.int64))


@contextmanager
def _quiet():
    """Silence what torch reports of its own insides."""
    names = [
        name
        for name in (*_PACKAGES, *logging.root.manager.loggerDict)
        if name.partition(".")[0] in _PACKAGES
    ]
    loggers = {logging.getLogger(name) for name in names}
    levels = [(logger, logger.level) for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        with warnings.catch_warnings(), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        for logger, level in levels:
            logger.setLevel(level)
