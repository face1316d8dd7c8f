"""The losses by name, and the checks of a name before anything learns by it."""

from collections import UserDict
from collections.abc import Set

from sklearn_kd._messages import show
from sklearn_kd.losses.blended import BlendedLoss
from sklearn_kd.losses.decoupled import DecoupledKL
from sklearn_kd.losses.kl import KLDivergence
from sklearn_kd.losses.logit_mse import LogitMSE
from sklearn_kd.losses.means import GammaDeviance, PoissonDeviance, SquaredError
from sklearn_kd.losses.medians import AbsoluteError, Huber, Pinball
from sklearn_kd.losses.numbers import RegressionLoss
from sklearn_kd.losses.standardized import StandardizedKL

#: The bases of losses, and who is trained with their form for NumPy.
_STUDENTS = {BlendedLoss: "MLPStudent", RegressionLoss: "MLPStudentRegressor"}


class Registry(UserDict):
    """A dict of losses that takes no other entries than ``name: subclass``."""

    def __setitem__(self, name, loss):
        if not isinstance(name, str):
            raise TypeError(
                f"A loss is registered by a string, got {show(name)}. Write "
                'LOSSES["name"] = cls.'
            )
        if not (isinstance(loss, type) and issubclass(loss, tuple(_STUDENTS))):
            raise TypeError(
                f"LOSSES[{show(name)}] must be a class derived from "
                "sklearn_kd.losses.RegressionLoss or, for classes, derived from "
                f"sklearn_kd.losses.BlendedLoss, got {show(loss)}. Register the class "
                "itself, without a call."
            )
        super().__setitem__(name, loss)


#: The losses by name: ``DistilledClassifier(loss=...)`` takes those of classes, and
#: ``DistilledRegressor`` those of numbers. It is read when a loss is looked up: a class
#: that is added here is found everywhere.
LOSSES = Registry(
    {
        "kl": KLDivergence,
        "mse_logit": LogitMSE,
        "dkd": DecoupledKL,
        "kl_standardized": StandardizedKL,
        "squared_error": SquaredError,
        "absolute_error": AbsoluteError,
        "huber": Huber,
        "pinball": Pinball,
        "poisson": PoissonDeviance,
        "gamma": GammaDeviance,
    }
)


class LossNames(Set):
    """The names of the registered losses that fit a task, as they are at the moment.

    Parameters
    ----------
    task : str
        "classification" or "regression".
    """

    def __init__(self, task):
        self.task = task

    def __contains__(self, name):
        return name in LOSSES and LOSSES[name].task == self.task

    def __iter__(self):
        return (name for name in LOSSES if name in self)

    def __len__(self):
        return sum(1 for _ in self)


def check_loss(name, parameter="loss", task="classification"):
    """Refuse what names no loss of a task.

    Parameters
    ----------
    name : object
        What was passed.
    parameter : str, default="loss"
        Where, for the message.
    task : str, default="classification"
        The task.

    Raises
    ------
    ValueError
        For anything but a key of :data:`LOSSES` whose loss fits the task, and for one
        that was removed since.
    """
    names = LossNames(task)
    if isinstance(name, str) and name in names:
        return
    other = isinstance(name, str) and name in LOSSES
    fits = f", which fits task={show(LOSSES[name].task)}" if other else ""
    raise ValueError(
        f"{parameter} must be one of {sorted(names)}, got {show(name)}{fits}. Register "
        "a loss of your own first, LOSSES[name] = cls, in every process that uses it."
    )


def check_form(name, form):
    """Refuse a loss that is not written with what a student computes with.

    Parameters
    ----------
    name : str
        A key of :data:`LOSSES`.
    form : {"NumPy", "torch"}
        What the student computes with.

    Raises
    ------
    ValueError
        For a class without methods of its own for this form.
    """
    loss = LOSSES[name]
    base, mlp = next(pair for pair in _STUDENTS.items() if issubclass(loss, pair[0]))
    student, other = f"{mlp} is", "a net of skorch"
    if form == "torch":
        student, other = "a skorch student is", f"{mlp}()"
    for method in loss._forms[form]:
        if getattr(loss, method) is getattr(base, method):
            raise ValueError(
                f"loss={show(name)} has no form for {form}, and {student} trained "
                f"with {form}: {loss.__name__} has no method {method}. Write one, or "
                f"use {other}."
            )
