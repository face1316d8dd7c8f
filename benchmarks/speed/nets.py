"""What the tensor loader makes of skorch: an epoch, and the probabilities of all rows.

Called by `benchmarks.speed`, whose rows these join.
"""

import time
from statistics import median

import numpy as np
import torch
from skorch import NeuralNetClassifier

from sklearn_kd.torch import DistillationLoss, TabularMLP, TensorBatchLoader

# With plain SGD, skorch's own choice, in every arm.
LEARNING_RATE = 0.01


class SoftRows(torch.utils.data.Dataset):
    """Rows with soft targets, as skorch passes them to our loader."""

    def __init__(self, X, targets):
        self.X, self.targets = X, targets

    def __len__(self):
        return len(self.X)


def make_module(n_features, n_classes, hidden):
    """Make the network of every arm."""
    torch.manual_seed(0)
    return TabularMLP(n_features, n_classes, hidden)


def make_net(module, batch, criterion, loader):
    """Make a skorch net around the network, with skorch's callbacks."""
    chosen = {}
    if loader is not None:
        chosen = {"iterator_train": loader, "iterator_valid": loader}
    return NeuralNetClassifier(
        module,
        criterion=criterion,
        lr=LEARNING_RATE,
        batch_size=batch,
        train_split=None,
        iterator_train__shuffle=True,
        verbose=0,
        **chosen,
    ).initialize()


def raw_epochs(module, X, target, batch, criterion):
    """Give a function that runs some epochs of a plain torch loop."""
    optimizer = torch.optim.SGD(module.parameters(), lr=LEARNING_RATE)

    def run(epochs):
        module.train()
        for _ in range(epochs):
            for rows in torch.randperm(len(X)).split(batch):
                if isinstance(target, dict):
                    part = {name: values[rows] for name, values in target.items()}
                else:
                    part = target[rows]
                optimizer.zero_grad()
                criterion(module(X[rows]), part).backward()
                optimizer.step()

    return run


def raw_proba(module, X, batch):
    """Predict probabilities in a plain torch loop, as an array."""
    module.eval()
    with torch.inference_mode():
        return np.concatenate(
            [module(part).softmax(1).numpy() for part in X.split(batch)]
        )


def epoch_arms(X, y, n_classes, hidden, batch):
    """Give functions that run some epochs, by the name of their arm."""
    rng = np.random.default_rng(0)
    soft = {
        "proba": rng.dirichlet(np.ones(n_classes), len(X)).astype(np.float32),
        "labels": y,
        "row_alpha": rng.random(len(X), dtype=np.float32),
        "sample_weight": np.ones(len(X), dtype=np.float32),
    }
    tensors = {name: torch.from_numpy(values) for name, values in soft.items()}
    X_tensor, y_tensor = torch.from_numpy(X), torch.from_numpy(y)

    def module():
        return make_module(X.shape[1], n_classes, hidden)

    hard = torch.nn.CrossEntropyLoss
    stock = make_net(module(), batch, hard, None)
    ours = make_net(module(), batch, hard, TensorBatchLoader)
    ours_soft = make_net(module(), batch, DistillationLoss, TensorBatchLoader)
    soft_rows = SoftRows(X, soft)
    return {
        "stock": lambda epochs: stock.fit_loop(X, y, epochs=epochs),
        "loader": lambda epochs: ours.fit_loop(X, y, epochs=epochs),
        "raw": raw_epochs(module(), X_tensor, y_tensor, batch, hard()),
        "loader soft": lambda epochs: ours_soft.fit_loop(soft_rows, epochs=epochs),
        "raw soft": raw_epochs(module(), X_tensor, tensors, batch, DistillationLoss()),
    }


def proba_arms(X, n_classes, hidden, batch):
    """Give functions that predict all rows, by the name of their arm."""
    module = make_module(X.shape[1], n_classes, hidden)
    X_tensor = torch.from_numpy(X)
    # one network for all: nothing here changes its weights
    stock = make_net(module, batch, torch.nn.CrossEntropyLoss, None)
    ours = make_net(module, batch, torch.nn.CrossEntropyLoss, TensorBatchLoader)
    return {
        "stock": lambda: stock.predict_proba(X),
        "loader": lambda: ours.predict_proba(X),
        "raw": lambda: raw_proba(module, X_tensor, batch),
    }


def cpu_seconds(arms, repeats, calls, *args):
    """Time functions in turns, in processor time: others may use the machine.

    Parameters
    ----------
    arms : dict of str to callable
        The functions.
    repeats : int
        How often they take turns.
    calls : dict of str to int
        Calls in a row for each arm that has more than one: short ones are too short
        for the clock.
    *args : object
        What each is given.

    Returns
    -------
    dict of str to float
        Medians of a call.
    """
    times = {name: [] for name in arms}
    for function in arms.values():
        function(*args)
    for _ in range(repeats):
        for name, function in arms.items():
            n_calls = calls.get(name, 1)
            start = time.process_time()
            for _ in range(n_calls):
                function(*args)
            times[name].append((time.process_time() - start) / n_calls)
    return {name: median(values) for name, values in times.items()}


def measure(X, y, n_classes, hidden, batch, repeats):
    """Measure every arm.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features), float32
        Rows.
    y : ndarray of shape (n_samples,), int
        Labels.
    n_classes : int
        Number of classes.
    hidden : tuple of int
        Units of each hidden layer.
    batch : int
        Rows of a batch.
    repeats : int
        How often the arms take turns.

    Returns
    -------
    list of (str, dict, str, float)
        What was measured, seconds of "student" and of the other, the name of the
        other, and the goal of their ratio.
    """
    calls = {"loader": 4, "raw": 4, "loader soft": 4, "raw soft": 4}
    arms = epoch_arms(X, y, n_classes, hidden, batch)
    epoch = cpu_seconds(arms, repeats, calls, 1)
    proba = cpu_seconds(proba_arms(X, n_classes, hidden, batch), repeats, calls)
    soft = {"student": epoch["loader soft"], "raw": epoch["raw soft"]}
    epoch["student"], proba["student"] = epoch["loader"], proba["loader"]
    return [
        ("skorch epoch with our loader against stock", epoch, "stock", 0.333),
        ("skorch epoch against a torch loop", epoch, "raw", 1.2),
        ("skorch epoch on soft targets against a torch loop", soft, "raw", 1.2),
        ("skorch predict_proba against stock", proba, "stock", 0.333),
        ("skorch predict_proba against a torch loop", proba, "raw", 1.2),
    ]
