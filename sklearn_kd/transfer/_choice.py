"""Which sampler makes the synthetic rows, and where ``transfer="auto"`` makes none."""

from scipy.sparse import issparse
from sklearn.base import clone

from sklearn_kd._estimators.tags import takes_sparse
from sklearn_kd._messages import show, with_message
from sklearn_kd._run.random import seed_unset
from sklearn_kd._tables.texts import is_text
from sklearn_kd._tables.unreadable import find_unreadable
from sklearn_kd.transfer.munge import MungeSampler


def makes_sparse(transfer):
    """Return whether `transfer` allows sparse rows; a sampler, by its tags."""
    if transfer is None or isinstance(transfer, str):
        return transfer != "munge"
    return hasattr(transfer, "__sklearn_tags__") and takes_sparse([transfer])


def check_transfer(transfer, X):
    """Refuse sparse rows where the sampler cannot make such.

    Parameters
    ----------
    transfer : "auto", "munge", None or sampler
        As the user passed it.
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
            "that makes sparse rows declares it by its tag input_tags.sparse."
        )


def choose_sampler(transfer, X, *, linear, seed, report):
    """Choose the sampler, and report why "auto" chooses none.

    Parameters
    ----------
    transfer : "auto", "munge", None or sampler
        As the user passed it.
    X : {ndarray, CSR matrix, DataFrame} of shape (n_samples, n_features), or \
            {ndarray, Series} of str of shape (n_samples,)
        The labelled rows, which :func:`check_transfer` has passed.
    linear : bool
        Whether the student is linear.
    seed : int
        For a sampler that has none.
    report : callable
        Takes a line of progress.

    Returns
    -------
    sampler : sampler or None
        A seeded clone, or a copy of one without parameters; None for no synthetic rows.
    reason : str, TypeError, ValueError or None
        Why "auto" makes no rows; an error is what a reader of the columns would raise.

    Raises
    ------
    TypeError, ValueError
        For a sampler that is none, and for "munge" and a :class:`MungeSampler` where
        these cannot make rows of such columns.
    """
    if transfer is None:
        return None, None
    automatic = isinstance(transfer, str) and transfer == "auto"
    if automatic:
        reason = _why_none(X, linear)
        if reason is not None:
            report(f"no synthetic rows: {reason}")
            return None, reason
    sampler = _make_sampler(transfer, X, seed)
    if not automatic and type(sampler) is MungeSampler:
        unreadable = find_unreadable(X)
        if unreadable is not None:
            raise with_message(
                unreadable,
                f"transfer={transfer!r} cannot make rows like these: {unreadable} "
                "Where both teacher and student are pipelines that read the column, "
                'pass transfer="auto" or None: no rows are made then.',
            ) from unreadable
    return sampler, None


def _why_none(X, linear):
    """Return why "auto" makes no rows, or give None where it makes some."""
    if linear:  # it is pulled to where the made rows are, and away from the real ones
        return "the student is linear"
    if issparse(X):
        return "the rows are sparse"
    if is_text(X):
        return "the rows are texts"
    return find_unreadable(X)


def _make_sampler(transfer, X, seed):
    """Make the sampler that the user named, or clone the one passed; seeded."""
    if isinstance(transfer, str):
        if is_text(X):
            raise TypeError(
                f"transfer={show(transfer)} cannot make rows like texts: it mixes "
                "columns. Use "
                'transfer="auto" or None, pass further texts as X_unlabeled, or pass a '
                "sampler of your own that makes texts."
            )
        return MungeSampler(random_state=seed)
    if isinstance(transfer, type) or not hasattr(transfer, "sample"):
        raise TypeError(
            f'transfer must be "auto", "munge", None or a sampler with fit(X) and '
            f"sample(), such as MungeSampler(), got {show(transfer)}."
        )
    return seed_unset(clone(transfer, safe=False), seed)
