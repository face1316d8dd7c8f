"""A client that keeps many connections to a service busy, and costs little itself."""

import asyncio
import time


class Connection(asyncio.Protocol):
    """Sends the same request again and again, each after the answer to the last.

    Parameters
    ----------
    requests : list of bytes
        What is sent, in turn.
    until : float
        Of :func:`time.perf_counter`; no request is sent after it.
    """

    def __init__(self, requests, until):
        self._requests, self._until = requests, until
        self._received, self._expected = b"", None
        self.latencies, self.done = [], asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        """Send the first request."""
        self._transport = transport
        self._send()

    def _send(self):
        place = len(self.latencies) % len(self._requests)
        self._start = time.perf_counter()
        self._transport.write(self._requests[place])

    def data_received(self, data):
        """Note the time of an answer that is complete, and send the next request."""
        self._received += data
        if self._expected is None and b"\r\n\r\n" in self._received:
            self._expected = answer_length(self._received)
        if self._expected is None or len(self._received) < self._expected:
            return
        now = time.perf_counter()
        self.latencies.append(now - self._start)
        if not self._received.startswith(b"HTTP/1.1 200"):
            self._finish(RuntimeError(self._received.decode(errors="replace")))
        elif now > self._until:
            self._finish()
        else:
            self._received, self._expected = b"", None
            self._send()

    def connection_lost(self, error):
        """Fail if the service has closed the connection."""
        self._finish(error or ConnectionError("The service has closed a connection."))

    def _finish(self, error=None):
        if not self.done.done():
            self.done.set_exception(error) if error else self.done.set_result(None)
            self._transport.close()


def answer_length(received):
    """Give the number of bytes of an answer, headers included."""
    head = received.partition(b"\r\n\r\n")[0]
    (length,) = (
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    )
    return len(head) + 4 + length


def request(path, content=None):
    """Make the bytes of a request; with a content, a string, it is a POST of JSON."""
    content = None if content is None else content.encode()
    head = f"{'GET' if content is None else 'POST'} {path} HTTP/1.1\r\nHost: localhost"
    if content is not None:
        head += f"\r\nContent-Type: application/json\r\nContent-Length: {len(content)}"
    return head.encode() + b"\r\n\r\n" + (content or b"")


async def _drive(port, requests, n_clients, seconds):
    """Open the connections, and wait until all are done."""
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    opened = [
        await loop.create_connection(
            lambda: Connection(requests, start + seconds), "127.0.0.1", port
        )
        for _ in range(n_clients)
    ]
    made = [connection for _, connection in opened]
    await asyncio.wait_for(
        asyncio.gather(*(each.done for each in made)), 10 * seconds + 60
    )
    took = time.perf_counter() - start
    return took, [each for connection in made for each in connection.latencies]


def drive(port, requests, n_clients, seconds):
    """Ask a service on loopback by many clients at a time.

    Parameters
    ----------
    port : int
        Of the service, on 127.0.0.1.
    requests : list of bytes
        What each client sends, in turn.
    n_clients : int
        Connections, each with one request at a time.
    seconds : float
        After so long no request is sent.

    Returns
    -------
    took : float
        Seconds, the last answers included.
    latencies : list of float
        Seconds of each request.
    """
    return asyncio.run(_drive(port, requests, n_clients, seconds))
