"""What a default fit costs, and what it loses, against an earlier state of the package.

    python -m benchmarks.fits [--sets a,b] [--teachers forest] [--before REVISION]

For each public table and teacher of `make bench-quality` the default student is fitted
by three states of the package, one right after the other: as it was at a revision, now
without the compiled core, and now with it. Each has a process of its own, and seconds
are those of its processor, in one thread. Finished fits are not run again.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks.fits.table import ARMS, BEFORE, COMPILED, KEYS, RESULTS, verdicts
from benchmarks.shared.results import FOLDER, append, read_rows
from benchmarks.shared.tables import PUBLIC
from benchmarks.shared.teachers import TEACHERS
from sklearn_kd._native import SWITCH

ROOT = Path(__file__).parents[2]

#: The last state without a compiled core.
REVISION = "5ff183a9c020995f8f8df0976278f87c94f9d305"


def unpack(revision, folder):
    """Write the package as it was at a revision into a folder."""
    command = ["git", "archive", revision, "sklearn_kd"]
    content = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        archive.extractall(folder, filter="data")


def start(arm, folder, cache):
    """Start the process of a state of the package."""
    first = [folder] if arm == BEFORE else []
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(map(str, [*first, ROOT]))
    environment[SWITCH] = "1" if arm == COMPILED else "0"
    # -P: the folder that the benchmark is started in has a package of the same name
    command = [sys.executable, "-P", "-m", "benchmarks.fits.fit", str(cache)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment, **pipes)


def ask(process, unit):
    """Have a process fit a student, and give its figures."""
    process.stdin.write(json.dumps(unit) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"the process that fits {unit} has ended: see its error above")
    return json.loads(line)


def main():
    """Run what the results file lacks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", help="names, with commas; all by default")
    parser.add_argument("--teachers", help="names, with commas; all by default")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--before", default=REVISION, metavar="REVISION")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--cache", type=Path, default=FOLDER.parent / ".cache")
    args = parser.parse_args()
    names = args.sets.split(",") if args.sets else PUBLIC
    teachers = args.teachers.split(",") if args.teachers else list(TEACHERS)
    done = {tuple(row[key] for key in KEYS) for row in read_rows(args.out)}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        unpack(args.before, folder)
        processes = {}
        for arm in ARMS:
            processes[arm] = stack.enter_context(start(arm, folder, args.cache))
            stack.callback(processes[arm].terminate)
        for name in names:
            for seed in range(args.seeds):
                for teacher in teachers:
                    for arm, process in processes.items():
                        key = (name, teacher, str(seed), arm)
                        if key in done:
                            continue
                        figures = ask(process, (name, teacher, seed))
                        row = dict(zip(KEYS, key, strict=True)) | figures
                        append(args.out, row)
                        print(*row.values(), flush=True)
    for verdict in verdicts(read_rows(args.out)):
        print(verdict)


if __name__ == "__main__":
    main()
