"""Programs that tests run: none of them for ever."""

import os
import signal
import subprocess
import sys
import time

PATIENCE = 240  # seconds, less than the limit of a test


def run(command, **settings):
    """Run a program to its end; give what it printed, and its return code.

    One that does not end fails the test; Python writes its stacks before it stops.
    """
    with subprocess.Popen(
        list(map(str, command)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **settings,
    ) as process:
        try:
            printed = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            _, error = process.communicate(timeout=20)
            message = f"{command} had not ended after {PATIENCE} s\n{error}"
            raise AssertionError(message) from None
    return subprocess.CompletedProcess(command, process.returncode, *printed)


def run_python(*arguments, **variables):
    """Run Python with the modules that tests find, in a changed environment.

    Variables that are None are not there.
    """
    return run([sys.executable, *arguments], env=_environment(variables))


def _environment(variables):
    path = [os.path.dirname(__file__), *filter(None, sys.path)]
    variables = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(path),
        "PYTHONFAULTHANDLER": "1",
        **variables,
    }
    return {name: value for name, value in variables.items() if value is not None}


def kill_python(ready, *arguments, **variables):
    """Run Python as :func:`run_python` does, and kill it as soon as `ready` is true.

    It gets no chance to clean up (SIGKILL). One that ends before fails the test.
    """
    with subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        env=_environment(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            end = time.monotonic() + PATIENCE
            while not ready():
                if process.poll() is not None:
                    raise AssertionError(f"it has ended\n{process.stderr.read()}")
                if time.monotonic() > end:
                    raise AssertionError(f"it was not ready after {PATIENCE} s")
                time.sleep(0.02)
        finally:
            process.kill()
    assert process.returncode == -signal.SIGKILL


def printed_by(*arguments, **variables):
    """Run Python where it has to succeed; give what it printed."""
    done = run_python(*arguments, **variables)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout
