"""Training a skorch net on soft targets: what is set in it, and what it is given."""

import copy

import numpy as np
import torch
from skorch.callbacks import BatchScoring, Callback, EpochScoring
from skorch.dataset import Dataset
from skorch.helper import predefined_split
from skorch.utils import to_numpy

from sklearn_kd._run.random import contained_draws
from sklearn_kd.losses import LOSSES
from sklearn_kd.students.skorch._dataset import GivenRows
from sklearn_kd.students.skorch._diverged import PROBED, check_trained, first_loss
from sklearn_kd.students.skorch._prediction import forward
from sklearn_kd.students.skorch._threads import single_torch_thread
from sklearn_kd.students.skorch._widths import (
    may_set_width,
    set_shapes,
    unreadable,
    widths,
)
from sklearn_kd.students.skorch.criterion import first_of, labels_of
from sklearn_kd.torch.loader import JoiningDataLoader, TensorBatchLoader

#: Options of the batched loader; a net with others keeps its own loader.
_LOADER_OPTIONS = {"batch_size", "shuffle", "drop_last", "device", "generator"}

#: Options that set the order of rows.
_ORDERS = {"shuffle", "sampler", "batch_sampler"}

#: Rows of a batch that is only scored, where the user has set none.
_SCORED = 2048


class Start(Callback):
    """Finds what the module returns when training begins, after all callbacks.

    Those may set how wide its rows are.

    Parameters
    ----------
    rows : NetRows
        What to learn from.
    by_task : NetTask
        How the output is read.
    given : type
        The class of the user's own criterion.
    """

    #: Of the first training rows.
    loss = np.inf

    def __init__(self, rows, by_task, given):
        self.rows = rows
        self.by_task = by_task
        self.given = given

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Find the output of the module."""
        output = _first_output(net, self.rows.head(PROBED))
        self.by_task.read(net, output, self.given)
        _check_single_rows(net, self.rows)
        self.loss = first_loss(net, self.rows)


def train_net(net, rows, validation, soft, by_task):
    """Train a net in place.

    Parameters
    ----------
    net : skorch.NeuralNet
        A clone that is not initialised.
    rows : NetRows
        What to learn from.
    validation : NetRows or None
        What makes the ``valid_loss``; None leaves the net its ``train_split``.
    soft : SoftTargets or SoftPredictions
        With the loss and its settings.
    by_task : NetTask
        What depends on the task.
    """
    own_split, own_dataset = net.train_split, net.dataset
    start = _prepare(net, rows, validation, soft, by_task)
    net.dataset = GivenRows(rows, own_dataset)
    net.callbacks_.append(("start", start))
    _score_by_labels(net)
    with single_torch_thread(net):
        try:
            net.partial_fit(rows.X, rows.y)  # a stratified split of the user's reads y
        finally:  # the other ones hold rows
            net.train_split, net.dataset = own_split, own_dataset
            net.callbacks_ = [each for each in net.callbacks_ if each[1] is not start]
        check_trained(net, rows, start.loss, by_task)


def rehearse(net, rows, soft, by_task):
    """Find out whether a net could be trained, without training it.

    Parameters
    ----------
    net, rows, soft, by_task
        As for :func:`train_net`.

    Raises
    ------
    ValueError
        For a module that cannot read the rows, or returns another number of columns, or
        NaN; torch and skorch raise their own errors for parameters that they lack.
    """
    start = _prepare(net, rows, None, soft, by_task)
    set_shapes(net, rows.X, rows.y)
    try:
        with single_torch_thread(net):
            start.on_train_begin(net)
    except ValueError as error:
        unread = isinstance(error.__cause__, RuntimeError)
        if not (unread and may_set_width(net)):
            raise


def _prepare(net, rows, validation, soft, by_task):
    """Set what a net is trained with, and initialise it; give the :class:`Start`."""
    LOSSES[soft.loss].check_classes(by_task.width)
    given = net.criterion
    settings = by_task.settings(net, soft)
    if validation is not None:
        settings["train_split"] = predefined_split(validation)
    net.set_params(**settings, **_loaders(net), **widths(net, rows.X, by_task.width))
    net.initialize()
    return Start(rows, by_task, given if isinstance(given, type) else type(given))


def _loaders(net):
    """Exchange skorch's own loader, for training and for the rest."""
    settings = {}
    for name in ("iterator_train", "iterator_valid"):
        prefix = f"{name}__"
        options = {o.removeprefix(prefix) for o in vars(net) if o.startswith(prefix)}
        if getattr(net, name) is not torch.utils.data.DataLoader:
            continue
        # with a sampler of the user's, a DataLoader refuses the option
        if name == "iterator_train" and options.isdisjoint(_ORDERS):
            settings[f"{prefix}shuffle"] = True
        if name == "iterator_train":
            settings[name] = JoiningDataLoader
        if options <= _LOADER_OPTIONS:
            settings[name] = TensorBatchLoader
            if "device" not in options:
                settings[f"{prefix}device"] = net.device
            if name == "iterator_valid" and "batch_size" not in options:
                # where nothing is learnt, skorch's work on each batch is mere cost
                settings[f"{prefix}batch_size"] = max(net.batch_size, _SCORED)
    return settings


def _first_output(net, X):
    """Get what the module returns for a few rows.

    Raises
    ------
    ValueError
        For NaN, and for a module that cannot read the rows.
    """
    try:
        output = first_of(forward(net, X))
    except RuntimeError as error:
        if isinstance(error, torch.cuda.OutOfMemoryError):
            raise
        raise unreadable(net, X, error) from error
    if output.isnan().any():
        raise ValueError(
            f"The module returns NaN for some of the first {len(output)} rows, before "
            "it has learnt anything, and would learn nothing but NaN from them. Look "
            "for a logarithm, a root or a division by 0 in its forward."
        )
    return output


def _check_single_rows(net, rows):
    """Refuse batches of one row for a module that cannot learn from them."""
    batch_size = getattr(net, "iterator_train__batch_size", net.batch_size)
    if batch_size != 1 and len(rows) > 1:
        return
    trial = object.__new__(type(net))
    trial.__dict__.update(net.__dict__)
    try:
        trial.__dict__["module_"] = copy.deepcopy(net.module_)
    except Exception:  # it may hold a lock
        return
    row = TensorBatchLoader(Dataset(rows.head(1)), 1, device=net.device)
    try:
        with contained_draws(0, net):
            trial.evaluation_step(next(iter(row)), training=True)
    except Exception as error:
        raise ValueError(
            f"The module {type(net.module_).__name__} cannot learn from a batch of one "
            f"row: {error}. A layer such as BatchNorm needs two: set batch_size to 2 "
            f"or more (it is {batch_size}, of {len(rows)} rows)."
        ) from error


def _score_by_labels(net):
    """Have skorch's callbacks for scores read the labels alone."""
    for _, callback in net.callbacks_:
        extract = getattr(callback, "target_extractor", None)
        scores = isinstance(callback, (BatchScoring, EpochScoring))
        if scores and extract is to_numpy:
            callback.target_extractor = labels_of
