"""What is printed of a fit: facts as they come, progress once a second at most."""

import sys
import time

from sklearn_kd._run.progress.displays import display_on


class Pace:
    """When a line of progress is due: not before a second after the last one."""

    def __init__(self):
        self.last = time.perf_counter()

    def is_due(self, seconds=1.0):
        """Return whether that time has passed; if it has, it begins again."""
        now = time.perf_counter()
        if now - self.last < seconds:
            return False
        self.last = now
        return True


class Screen:
    """Where the lines of one fit go: standard output.

    On a worker nothing is shown: a copy in another process is silent.

    Parameters
    ----------
    owner : str, default="sklearn_kd"
        What lines begin with: the class of the estimator.
    verbose : int, default=0
        Above 0 lines are printed.
    """

    def __init__(self, owner="sklearn_kd", verbose=0):
        self.owner = owner
        self.verbose = verbose
        self.pace = Pace()
        self.shown = None

    def __reduce__(self):
        return Screen, ()

    def note(self, message):
        """Print a fact, at once."""
        if self.verbose:
            if self.shown is not None:
                self.shown.display.hide()
            print(f"[{self.owner}] {message}", flush=True)

    def open(self, name, total, unit):
        """Show a stage; None where nothing is to be shown."""
        if not self.verbose:
            return None
        self.shown = _Shown(self, display_on(sys.stdout, self.owner, name, total, unit))
        return self.shown


class _Shown:
    """A stage that is shown on a screen."""

    def __init__(self, screen, display):
        self.screen = screen
        self.display = display
        self.before = screen.shown
        self.began = time.perf_counter()

    def update(self, done):
        """Show how much is done, if that is due."""
        seconds = time.perf_counter() - self.began
        if self.screen.pace.is_due(self.display.seconds_until_next(seconds)):
            self.display.show(done, seconds)

    def close(self, done):
        """Show the end of a line that changes."""
        self.display.close(done, time.perf_counter() - self.began)
        self.screen.shown = self.before
