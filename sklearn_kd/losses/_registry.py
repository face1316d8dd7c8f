"""The losses by name, and the checks of a name before anything learns by it."""

from collections import UserDict
from collections.abc import Set

from sklearn_kd._messages import show
from sklearn_kd._task import Classification
from sklearn_kd.losses.blended import BlendedLoss
from sklearn_kd.losses.decoupled import DecoupledKL
from sklearn_kd.losses.kl import KLDivergence
from sklearn_kd.losses.logit_mse import LogitMSE
from sklearn_kd.losses.standardized import StandardizedKL

#: What a loss is written with, the methods of each form, and who learns by it.
_FORMS = {
    "NumPy": (("prepare_soft", "soft_term"), "MLPStudent is", "a net of skorch"),
    "torch": (("torch_soft_term",), "a skorch student is", "MLPStudent()"),
}


class Registry(UserDict):
    """A dict of losses that takes no other entries than ``name: subclass``."""

    def __setitem__(self, name, loss):
        if not isinstance(name, str):
            raise TypeError(
                f"A loss is registered by a string, got {show(name)}. Write "
                'LOSSES["name"] = cls.'
            )
        if not (isinstance(loss, type) and issubclass(loss, BlendedLoss)):
            raise TypeError(
                f"LOSSES[{show(name)}] must be a class derived from "
                f"sklearn_kd.losses.BlendedLoss, got {show(loss)}. Register the class "
                "itself, without a call."
            )
        super().__setitem__(name, loss)


#: The losses by name, as ``DistilledClassifier(loss=...)`` takes them. It is read when
#: a loss is looked up: a class that is added here is found everywhere.
LOSSES = Registry(
    {
        "kl": KLDivergence,
        "mse_logit": LogitMSE,
        "dkd": DecoupledKL,
        "kl_standardized": StandardizedKL,
    }
)


class LossNames(Set):
    """The names of the registered losses that fit a task, as they are at the moment.

    Parameters
    ----------
    task : str
        Such as "classification".
    """

    def __init__(self, task):
        self.task = task

    def __contains__(self, name):
        return name in LOSSES and LOSSES[name].task == self.task

    def __iter__(self):
        return (name for name in LOSSES if name in self)

    def __len__(self):
        return sum(1 for _ in self)


def check_loss(name, parameter="loss"):
    """Refuse what names no loss of classes.

    Parameters
    ----------
    name : object
        What was passed.
    parameter : str, default="loss"
        Where, for the message.

    Raises
    ------
    ValueError
        For anything but a key of :data:`LOSSES` whose loss fits classification, and
        for one that was removed since.
    """
    names = LossNames(Classification.name)
    if isinstance(name, str) and name in names:
        return
    other = isinstance(name, str) and name in LOSSES
    task = f", which fits task={show(LOSSES[name].task)}" if other else ""
    raise ValueError(
        f"{parameter} must be one of {sorted(names)}, got {show(name)}{task}. Register "
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
    methods, student, other = _FORMS[form]
    for method in methods:
        if getattr(loss, method) is getattr(BlendedLoss, method):
            raise ValueError(
                f"loss={show(name)} has no form for {form}, and {student} trained "
                f"with {form}: {loss.__name__} has no method {method}. Write one, or "
                f"use {other}."
            )
