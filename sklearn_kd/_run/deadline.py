"""A time limit that several steps of one fit share."""

import math
import time
from contextlib import contextmanager


class Deadline:
    """When a fit has to be done.

    Parameters
    ----------
    seconds : float or None, default=None
        From now; None is never.
    """

    def __init__(self, seconds=None):
        self.start = time.perf_counter()
        self.seconds = math.inf if seconds is None else float(seconds)
        self.apart = 0.0

    @property
    def limited(self):
        """Whether there is a limit at all."""
        return math.isfinite(self.seconds)

    def elapsed(self):
        """Seconds since the start, those apart left out."""
        return time.perf_counter() - self.start - self.apart

    def left(self, share=1.0):
        """Seconds until a share of the time is used up; negative behind it."""
        return share * self.seconds - self.elapsed()

    @contextmanager
    def paused(self):
        """Take the time of what happens inside apart."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.apart += time.perf_counter() - start
