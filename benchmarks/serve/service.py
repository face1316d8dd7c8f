"""Services in processes of their own, on 127.0.0.1 alone.

`python -m benchmarks.serve.service FOLDER --port PORT` serves the teacher of a folder
that the benchmark has just written; files from elsewhere would run code.
"""

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import joblib

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "serve"


def environment():
    """Give the variables of a process that finds the example and this package."""
    found = os.pathsep.join([str(EXAMPLE), str(ROOT), os.environ.get("PYTHONPATH", "")])
    return os.environ | {"PYTHONPATH": found}


@contextmanager
def running(*command):
    """Start a module of Python that serves on a free port, and stop it at the end.

    Parameters
    ----------
    *command : str or os.PathLike
        The module, and its arguments.

    Yields
    ------
    port : int
        Of the service, on 127.0.0.1.
    log : list of str
        What it has written, all of it once it is stopped.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", *map(str, command), "--port", "0"],
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    log, port = [], None
    try:
        while port is None:
            line = process.stderr.readline()
            if not line:
                raise RuntimeError("The service did not start:\n" + "".join(log))
            log.append(line)
            port = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        yield int(port[1]), log
    finally:
        process.terminate()
        log.append(process.communicate(timeout=60)[1])


def main():
    """Serve the teacher of a folder as the example serves the student there."""
    import uvicorn
    from student_service import load, make_app
    from student_service.estimator_model import EstimatorModel

    folder, _, port = sys.argv[1:]
    teacher = joblib.load(Path(folder) / "teacher.joblib")
    columns = load(Path(folder) / "student.skops").columns
    app = make_app(EstimatorModel(teacher, columns, {"model": "teacher"}))
    uvicorn.run(app, port=int(port), access_log=False)


if __name__ == "__main__":
    main()
