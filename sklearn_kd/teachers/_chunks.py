"""Predicting rows chunk by chunk, several at a time: order and failures."""

from dataclasses import dataclass

from sklearn_kd._messages import printable, with_message
from sklearn_kd.teachers.cache._key import Keyed


@dataclass(frozen=True)
class _Failed:
    """What a chunk gives in the place of predictions."""

    error: Exception


def predict_chunks(
    function,
    teacher,
    key,
    take,
    chunks,
    context,
    *,
    first=0,
    n_rows=None,
    where=None,
):
    """Predict rows chunk by chunk, several at a time.

    Where one fails, no further one is asked, and those that are being predicted are
    completed first: a memory then keeps them.

    Parameters
    ----------
    function : callable
        At the top of a module: predicts by the teacher what `take` gives.
    teacher : object
        Fitted.
    key : str or None
        What stands for it in the cache.
    take : callable
        Gives for a slice of rows the further arguments of `function`.
    chunks : list of slice
        The rows of each chunk.
    context : Context
        Cache and number of jobs.
    first : int, default=0
        What messages call the first row.
    n_rows : int or None, default=None
        Number of all rows in messages; None is that of all chunks.
    where : callable or None, default=None
        Says for messages which rows a slice stands for; None makes it of `first` and
        `n_rows`.

    Yields
    ------
    slice, object
        Each chunk that was predicted with what it gave, in their order.

    Raises
    ------
    Exception
        Whatever the first call raises that fails. Where there are several chunks the
        message adds the rows, and the type stays.
    """
    failed = []

    def calls():
        for rows in chunks:
            if failed:
                return
            yield context, function, key, take(rows), failed

    results = context.each(_predict, teacher, calls(), len(chunks), threads=True)
    failure = None
    for rows, result in zip(chunks, results, strict=False):  # shorter after a failure
        if isinstance(result, _Failed):
            failure = failure or (rows, result.error)
            failed.append(result.error)  # that of a process of its own
        elif result is not None:
            yield rows, result
    if failure is not None:
        rows, error = failure
        if n_rows is None:
            n_rows = chunks[-1].stop
        if where is None and n_rows == rows.stop - rows.start:
            raise error
        named = f"rows {first + rows.start} to {first + rows.stop - 1} of {n_rows}"
        raise with_message(
            error,
            f"Labelling {named if where is None else where(rows)} failed: "
            f"{printable(error, lines=True)}",
        ) from error


def _predict(teacher, context, function, key, arguments, failed):
    """Predict a chunk, and keep it; nothing where another one has failed."""
    if failed:
        return None
    try:
        return context.call(function, Keyed(teacher, key), *arguments).result()
    except Exception as error:
        failed.append(error)
        return _Failed(error)


def chunks_of(n_rows, size):
    """Cut rows into slices of so many."""
    starts = range(0, n_rows, size)
    return [slice(start, min(start + size, n_rows)) for start in starts]
