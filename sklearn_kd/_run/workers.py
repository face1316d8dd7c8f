"""Calls of one function side by side: in threads, in processes, or on a cluster."""

import sys
from collections import deque

from joblib.parallel import get_active_backend
from sklearn import config_context, get_config
from sklearn.utils.parallel import Parallel, delayed

#: Bytes of arguments that wait on the scheduler of a cluster, from which on no more
#: calls are sent. It keeps them for the case that a worker ends.
_MOST_BYTES = 1e9


class Sent:
    """What has been sent to a Dask cluster, so that each value is sent once.

    It pickles empty: on a worker nothing has been sent.
    """

    def __init__(self):
        self._futures = {}

    def __reduce__(self):
        return Sent, ()

    def future(self, client, value):
        """Give the future of a value, which is sent if it was not before.

        It is the result of a task, so that the scheduler has it made again when it is
        lost with a worker; workers get it from each other.
        """
        key = id(value), client.id
        if key not in self._futures:
            with _no_word_of_size():
                future = client.submit(_loaded, _dumped(value), pure=False)
            self._futures[key] = value, future  # with the value its id stays taken
        return self._futures[key][1]


def each(function, value, calls, n_calls, *, n_jobs=None, sent=None, threads=False):
    """Call a function several times, side by side, as joblib is configured.

    On a Dask cluster (``joblib.parallel_config(backend="dask")``) the value is sent
    once to each worker, and what was lost with a worker is computed again.
    Inside a task of such a cluster the calls are made there, one after the other: the
    tasks are the parallel work.

    Parameters
    ----------
    function : callable
        At the top of a module; called as ``function(value, *arguments)``.
    value : object
        What all calls have in common.
    calls : iterable of tuple
        The further arguments of each call. Only a few are taken ahead of the results.
    n_calls : int
        How many there are.
    n_jobs : int or None, default=None
        As joblib takes it.
    sent : Sent or None, default=None
        What is on a cluster already; None for a value that no further call has.
    threads : bool, default=False
        Whether threads do without a cluster, rather than processes.

    Yields
    ------
    object
        The results, in the order of the calls.
    """
    backend, _ = get_active_backend("threads" if threads else None)
    client = _dask_client(backend)
    if n_calls < 2 or (client is not None and _inside_a_task()):
        for arguments in calls:
            yield function(value, *arguments)
    elif client is not None:
        yield from _on_dask(backend, function, value, calls, sent or Sent())
    else:
        prefer = "threads" if threads else None
        # of Ray and Spark all results are there before the first
        form = "generator" if backend.supports_return_generator else "list"
        yield from Parallel(n_jobs=n_jobs, prefer=prefer, return_as=form)(
            delayed(function)(value, *arguments) for arguments in calls
        )


def _dask_client(backend):
    """Give the client of joblib's backend for Dask; None for any other backend."""
    client = getattr(backend, "client", None)
    distributed = sys.modules.get("distributed")
    is_one = distributed is not None and isinstance(client, distributed.Client)
    return client if is_one else None


def _inside_a_task():
    """Return whether this is a task of a Dask cluster: there is a client already."""
    from distributed import get_worker

    try:
        get_worker()
    except ValueError:
        return False
    return True


def _on_dask(backend, function, value, calls, sent):
    """Make the calls on a cluster, two ahead of each core of it."""
    most = 2 * backend.effective_n_jobs(-1)
    client, waiting = backend.client, deque()
    for arguments in calls:
        content = _dumped((function, get_config(), arguments))
        while len(waiting) >= most or _bytes_of(waiting) + len(content) > _MOST_BYTES:
            if not waiting:  # one call that is too large for the bound
                break
            yield waiting.popleft()[0].result()
        shared = sent.future(client, value)
        with _no_word_of_size():
            future = client.submit(
                _call, shared, content, pure=False, **backend.submit_kwargs
            )
        waiting.append((future, len(content)))
    while waiting:
        yield waiting.popleft()[0].result()


def _bytes_of(waiting):
    return sum(size for _, size in waiting)


def _call(value, content):
    """Make a call on a worker, under the settings of scikit-learn where it was sent."""
    function, config, arguments = _loaded(content)
    with config_context(**config):
        return function(value, *arguments)


def _dumped(value):
    """Pickle a value: for the scheduler, which need not import its classes, bytes."""
    from distributed.protocol.pickle import dumps

    return dumps(value)


def _loaded(content):
    from distributed.protocol.pickle import loads

    return loads(content)


def _no_word_of_size():
    """Do without the advice to scatter what is large: that is lost with a worker."""
    from dask import config

    return config.set({"distributed.admin.large-graph-warning-threshold": "1PB"})
