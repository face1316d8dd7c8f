"""Which rows are kept apart to decide when training stops."""


def split(transfer_set, fraction, random_state):
    """Split validation rows off a transfer set.

    Parameters
    ----------
    transfer_set : TransferSet
        Labelled rows. Where they have groups, none is on both sides.
    fraction : float
        Share of the rows, in (0, 1).
    random_state : int, RandomState instance or None
        Decides which.

    Returns
    -------
    train : TransferSet
        The rows to learn from.
    validation : TransferSet or None
        The others; None where there are too few rows to keep any apart.
    """
    mask = transfer_set.task.validation_mask(
        transfer_set.hard, transfer_set.groups, fraction, random_state
    )
    if not mask.any():
        return transfer_set, None
    return transfer_set.take(~mask), transfer_set.take(mask)
