"""Synthetic rows drawn from a sampler of any kind, and checked."""

import inspect
from typing import NamedTuple

import numpy as np

from sklearn_kd._compat import num_samples
from sklearn_kd._estimators.unusable_parts import read_tags
from sklearn_kd._parameters import check_number
from sklearn_kd._run.random import contained_draws
from sklearn_kd._tables.taking import copy_rows, read_rows, take_rows
from sklearn_kd._tables.texts import is_text
from sklearn_kd.transfer.munge import MungeSampler
from sklearn_kd.transfer.sampler import TransferSampler

#: Rows are made from a random sample of the labelled ones where there are more: as
#: many as "auto" makes, so that each is still made from another.
MOST_SOURCES = 300_000


class SampledNeighbors(NamedTuple):
    """Neighbours within a sample of the rows.

    Parameters
    ----------
    rows : ndarray of shape (n_sampled,), int
        Positions of the sampled rows, ascending.
    neighbors : ndarray of shape (n_sampled, n_neighbors), int
        Nearest rows of each, by position in the sample.
    """

    rows: np.ndarray
    neighbors: np.ndarray


class _Foreign(TransferSampler):
    """A sampler that does not derive from the base class: optional parts by default."""

    def __init__(self, sampler):
        self.sampler = sampler

    @property
    def neighbors_(self):
        """What the sampler has, if it has any."""
        return getattr(self.sampler, "neighbors_", None)

    def fit(self, X, y=None):
        self.sampler.fit(X)
        return self

    def sample(self, n_samples=None):
        return self.sampler.sample()

    def __sklearn_tags__(self):
        return read_tags(self.sampler) or super().__sklearn_tags__()


def as_sampler(sampler):
    """Give a sampler all that :class:`TransferSampler` has."""
    return sampler if isinstance(sampler, TransferSampler) else _Foreign(sampler)


def automatic_size(sampler, X):
    """Return how many rows a :class:`TransferSampler` makes of X, or None."""
    size = sampler.automatic_size(num_samples(X), 1 if is_text(X) else X.shape[1])
    name = f"automatic_size of {type(sampler).__name__}"
    return None if size is None else check_number(name, size, least=1, whole=True)


def draw_rows(sampler, X, seed, most=None):
    """Fit a sampler and let it make its rows.

    Parameters
    ----------
    sampler : sampler
        From :func:`~sklearn_kd.transfer._choice.choose_sampler`.
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        The rows to learn from.
    seed : int
        For a sampler that draws from global generators.
    most : int or None, default=None
        A sampler with an automatic size makes no more than that, from no more rows.

    Returns
    -------
    X_new : {ndarray, CSR matrix, DataFrame, Series} of n_new rows
        The synthetic rows.
    source : ndarray of shape (n_new,), int
        For each the position in X of the row that it was made from.
    neighbors : ndarray of shape (n_samples, n_neighbors), SampledNeighbors or None
        Nearest rows of each row of X, if the sampler has them.

    Raises
    ------
    TypeError
        When ``sample`` does not return two things, and for an automatic size that is
        no integer.
    ValueError
        When the sources are not positions of rows of X, one for each row made, when
        neighbours are not positions of other rows, and for an automatic size below 1.
    """
    name, complete = type(sampler).__name__, as_sampler(sampler)
    if automatic_size(complete, X) is None or not _takes_number(complete):
        most = None
    most_sources = MOST_SOURCES if most is None else min(most, MOST_SOURCES)
    rows = _sources(num_samples(X), most_sources, seed)
    X = X if rows is None else read_rows(take_rows(X, rows))
    size = None if most is None else min(most, automatic_size(complete, X))
    if type(sampler) is not MungeSampler:  # it may write into its rows
        X = copy_rows(X)
    with contained_draws(seed, sampler):
        complete.fit(X)
        made = complete.sample() if size is None else complete.sample(size)
    X_new, source = check_sample(name, made, X)
    neighbors = check_neighbors(name, complete.neighbors_, num_samples(X))
    if rows is not None:
        source = rows[source]
        neighbors = None if neighbors is None else SampledNeighbors(rows, neighbors)
    return X_new, source, neighbors


def _takes_number(sampler):
    """Return whether ``sample`` takes a number of rows; a subclass may leave it out."""
    return bool(inspect.signature(sampler.sample).parameters)


def check_sample(name, made, X):
    """Check what a sampler returned as far as any container allows.

    Parameters
    ----------
    name : str
        What messages call the sampler.
    made : object
        What its ``sample`` returned.
    X : {ndarray, CSR matrix, DataFrame, Series}
        The rows that it was fitted on.

    Returns
    -------
    X_new : object
        The rows.
    source : ndarray of shape (n_new,), int
        Their sources.
    """
    if not isinstance(made, tuple) or len(made) != 2:
        raise TypeError(
            f"{name}.sample() must return (X_new, source), where source holds for each "
            f"new row the position of the row that it was made from; got "
            f"{type(made).__name__}."
        )
    X_new, source = made
    source = np.asarray(source)
    if source.dtype.kind not in "iu" or source.shape != (num_samples(X_new),):
        raise ValueError(
            f"The source that {name}.sample() returned must hold one integer for each "
            f"of the {num_samples(X_new)} new rows, got shape {source.shape} and dtype "
            f"{source.dtype}."
        )
    if len(source) and not 0 <= source.min() <= source.max() < num_samples(X):
        raise ValueError(
            f"The source that {name}.sample() returned must lie in "
            f"[0, {num_samples(X)}), got {source.min()} to {source.max()}."
        )
    return X_new, source


def check_neighbors(name, neighbors, n_rows):
    """Check that neighbours, where there are some, are positions of other rows.

    Parameters
    ----------
    name : str
        What messages call the sampler.
    neighbors : array-like or None
        What its ``fit`` has set.
    n_rows : int
        How many rows it was fitted on; a single one is its own neighbour.

    Returns
    -------
    ndarray of shape (n_rows, n_neighbors), intp, or None
        The same positions.
    """
    if neighbors is None:
        return None
    neighbors = np.asarray(neighbors)
    fits = neighbors.ndim == 2 and len(neighbors) == n_rows and neighbors.size
    if not fits or neighbors.dtype.kind not in "iu":
        raise ValueError(
            f"{name}.neighbors_ must hold whole numbers and have shape ({n_rows}, "
            f"n_neighbors), got dtype {neighbors.dtype} and shape {neighbors.shape}."
        )
    if not 0 <= neighbors.min() <= neighbors.max() < n_rows:
        raise ValueError(
            f"{name}.neighbors_ must hold positions of rows, in [0, {n_rows}), got "
            f"{neighbors.min()} to {neighbors.max()}."
        )
    own = (neighbors == np.arange(n_rows)[:, None]).any(axis=1)
    if own.any() and n_rows > 1:
        raise ValueError(
            f"{name}.neighbors_ must hold for each row positions of other rows, and "
            f"row {own.argmax()} is a neighbour of itself. NearestNeighbors leaves it "
            "out of kneighbors() where that is called without rows."
        )
    return neighbors.astype(np.intp, copy=False)


def _sources(n_rows, most, seed):
    """Choose the rows that others are made from where there are very many, or None."""
    if n_rows <= most:
        return None
    generator = np.random.default_rng(seed)
    return np.sort(generator.choice(n_rows, most, replace=False))
