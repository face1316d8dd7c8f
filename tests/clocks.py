"""A clock that tests move, in the place of the one that deadlines read."""

from types import SimpleNamespace

from sklearn_kd._run import deadline


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def stopped(monkeypatch, module=deadline):
    """Give a clock that stands still unless it is moved."""
    clock = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=clock))
    return clock


def slowed(monkeypatch, clock, owner, name, seconds):
    """Let every call of a function take seconds of a clock."""
    function = getattr(owner, name)

    def slow(*args, **params):
        clock.now += seconds
        return function(*args, **params)

    monkeypatch.setattr(owner, name, slow)
