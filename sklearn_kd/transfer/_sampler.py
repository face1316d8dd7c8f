"""Which sampler makes the synthetic rows, and what it has to return."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.base import clone

from sklearn_kd._compat import num_samples
from sklearn_kd._estimators.tags import takes_sparse
from sklearn_kd._messages import show
from sklearn_kd._run.random import contained_draws, seed_unset
from sklearn_kd._tables.copies import copy_rows
from sklearn_kd._tables.texts import is_text
from sklearn_kd.transfer._large import read_rows, take_rows
from sklearn_kd.transfer._munge import MungeSampler

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


@dataclass(frozen=True)
class SyntheticRows:
    """Rows made from labelled ones.

    Parameters
    ----------
    X : {ndarray, DataFrame} of shape (n_new, n_features)
        The rows.
    source : ndarray of shape (n_new,), intp
        For each the position of the row that it was made from.
    neighbors : ndarray of shape (n_samples, n_neighbors), SampledNeighbors or None
        Nearest rows of each source, if the sampler has them.
    n_duplicates : int or None
        How many equal a row that they were made from, where the sampler counts them.
    """

    X: object
    source: np.ndarray
    neighbors: np.ndarray | None
    n_duplicates: int | None


def makes_sparse(transfer):
    """Say whether sparse rows are no obstacle to the synthetic rows that are wanted.

    Parameters
    ----------
    transfer : "auto", "munge", None or sampler
        What was asked for. "auto" makes none for sparse rows.

    Returns
    -------
    bool
        Of a sampler, what its tags say; False where it has none.
    """
    if transfer is None or isinstance(transfer, str):
        return transfer != "munge"
    return hasattr(transfer, "__sklearn_tags__") and takes_sparse([transfer])


def check_transfer(transfer, X):
    """Refuse sparse rows where the sampler cannot make such.

    Parameters
    ----------
    transfer : "auto", "munge", None or sampler
        What was asked for.
    X : object
        Rows, not checked yet.

    Raises
    ------
    TypeError
        For "munge", and for samplers whose tags do not claim sparse rows.
    """
    if issparse(X) and not makes_sparse(transfer):
        raise TypeError(
            f"transfer={show(transfer)} cannot make rows like sparse ones. Use "
            'transfer="auto" or None, and pass further rows as X_unlabeled; a sampler '
            "that makes sparse rows says so by its tag input_tags.sparse."
        )


def resolve_sampler(transfer, X, *, seed, report):
    """Make the sampler that the user wants.

    Parameters
    ----------
    transfer : "auto", "munge", None or sampler
        What was asked for.
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features), or \
            {ndarray, Series} of str of shape (n_samples,)
        The labelled rows.
    seed : int
        For a sampler that has none.
    report : callable
        Takes a line of progress.

    Returns
    -------
    sampler or None
        A seeded clone; None for no synthetic rows.

    Raises
    ------
    TypeError
        For a sampler that is none, and for "munge" on texts.
    """
    if transfer is None:
        return None
    if issparse(X) and isinstance(transfer, str):  # "auto": see check_transfer
        report("no synthetic rows: the rows are sparse")
        return None
    if is_text(X) and isinstance(transfer, str):
        if transfer == "auto":
            report("no synthetic rows: the rows are texts")
            return None
        raise TypeError(
            f"transfer={show(transfer)} cannot make rows like texts: it mixes "
            "columns. Use "
            'transfer="auto" or None, pass further texts as X_unlabeled, or pass a '
            "sampler of your own that makes texts."
        )
    if isinstance(transfer, str):
        return MungeSampler(random_state=seed)
    if isinstance(transfer, type) or not hasattr(transfer, "sample"):
        raise TypeError(
            f'transfer must be "auto", "munge", None or a sampler with fit(X) and '
            f"sample(), such as MungeSampler(), got {show(transfer)}."
        )
    if hasattr(transfer, "get_params"):
        transfer = clone(transfer)
    return seed_unset(transfer, seed)


def draw_rows(sampler, X, seed, most=None):
    """Fit a sampler and let it make its rows.

    Parameters
    ----------
    sampler : sampler
        From :func:`resolve_sampler`.
    X : {ndarray, DataFrame} of shape (n_samples, n_features)
        The rows to learn from.
    seed : int
        For a sampler that draws from global generators.
    most : int or None, default=None
        A :class:`MungeSampler` whose size is "auto" makes no more than that, from no
        more rows.

    Returns
    -------
    SyntheticRows
        What it made.

    Raises
    ------
    TypeError
        When ``sample`` does not return two things.
    ValueError
        When the sources are not positions of rows of X, one for each row made.
    """
    name = type(sampler).__name__
    automatic = most is not None and _is_automatic(sampler)
    most_sources = min(most, MOST_SOURCES) if automatic else MOST_SOURCES
    rows = _sources(num_samples(X), most_sources, seed)
    X = X if rows is None else read_rows(take_rows(X, rows))
    if type(sampler) is not MungeSampler:  # it may write into its rows
        X = copy_rows(X)
    with contained_draws(seed, sampler):
        sampler.fit(X)
        made = (
            sampler.sample(min(most, sampler._size(None)))
            if automatic
            else sampler.sample()
        )
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
    neighbors = getattr(sampler, "neighbors_", None)
    if rows is not None:
        source = rows[source]
        neighbors = None if neighbors is None else SampledNeighbors(rows, neighbors)
    return SyntheticRows(
        X_new, source, neighbors, getattr(sampler, "n_duplicates_", None)
    )


def _is_automatic(sampler):
    """Say whether it is left to us how many rows a sampler makes."""
    return type(sampler) is MungeSampler and isinstance(sampler.n_samples, str)


def _sources(n_rows, most, seed):
    """Choose the rows that others are made from where there are very many, or None."""
    if n_rows <= most:
        return None
    generator = np.random.default_rng(seed)
    return np.sort(generator.choice(n_rows, most, replace=False))
