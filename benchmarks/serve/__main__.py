"""Requests a second and latencies of services of a student and of its teacher.

    python -m benchmarks.serve [--seconds 5] [--rounds 3] [--out FILE]

Writes `benchmarks/results/serve.csv`. It takes some minutes, and uses 127.0.0.1 alone.
"""

import argparse
import csv
import signal
import sys
from pathlib import Path

from benchmarks.serve.measure import RESULTS, lines, measure


def main():
    """Measure, write the results file, and print what it says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="of a turn")
    parser.add_argument("--rounds", type=int, default=3, help="turns of a service")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # stop the services, too
    rows = measure(args.seconds, args.rounds)
    with args.out.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print("\n".join(lines([{k: str(v) for k, v in row.items()} for row in rows])))


if __name__ == "__main__":
    main()
