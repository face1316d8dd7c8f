"""What a default student keeps of its teacher, on real tables.

    python -m benchmarks.quality [--task regression] [--data FOLDER] [--sets a,b]
        [--seeds 3] [--jobs 2]

For each table and seed: a stratified 70/30 split after duplicates are dropped, three
teachers fitted on the training rows, and on the same rows the student distilled from
each at the defaults, with objective="fidelity" and without synthetic rows, the same
student without a teacher, and what people would fit instead. Test rows are used for
nothing but the figures.

Every finished row is in the results file at once and is not made again, unless what it
depends on has changed: the code of the package for our students, the settings for
teachers and rivals. Those are kept in a cache beside it, so that

    python -m benchmarks.quality --models student,fidelity,no_teacher

fits our students only. `--teachers catboost,stack` distils stronger teachers, into a
results file of its own. `--search` runs a search over the parameters instead, on five
tables, and `--students all` compares other kinds of students on six, each into a
results file of its own. `--task regression` is about tables of numbers, with splits
that are not stratified, and `--task quantiles` about quantiles of these numbers. Run it
with one thread a process (OMP_NUM_THREADS=1), as `make bench-quality` does: seconds are
processor time of one.
"""

import argparse
import sys
from pathlib import Path

from joblib import Parallel, delayed

from benchmarks.quality.classification import CLASSIFICATION
from benchmarks.quality.regression import QUANTILES, REGRESSION
from benchmarks.quality.units import Unit, row_key, run
from benchmarks.report.goals import read
from benchmarks.shared.results import (
    FOLDER,
    KEY,
    check_columns,
    drop_rows,
    read_rows,
    sort_rows,
)
from benchmarks.shared.tables import folder_sets

TASKS = {
    "classification": CLASSIFICATION,
    "regression": REGRESSION,
    "quantiles": QUANTILES,
}


def parse(argv=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=TASKS, default="classification")
    parser.add_argument("--data", help="folder of .parquet files, column `target`")
    parser.add_argument("--sets", help="names, with commas; default: all")
    parser.add_argument("--teachers", help="names, with commas")
    parser.add_argument("--models", help="names, with commas; default: all")
    parser.add_argument("--seeds", type=int, help="seeds 0 to SEEDS - 1; default: 3")
    parser.add_argument("--max-rows", type=int, help="cap on the rows of a table")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--out", type=Path, help="the results file")
    parser.add_argument("--cache", type=Path, default=FOLDER.parent / ".cache")
    parser.add_argument("--search", action="store_true", help="search the parameters")
    parser.add_argument(
        "--students", help="names of student_kinds.py, with commas, or all"
    )
    args = parser.parse_args(argv)
    args.task = task = TASKS[args.task]
    if task is not CLASSIFICATION and (args.search or args.students):
        parser.error("--search and --students are about classification")
    args.seeds = args.seeds or (1 if args.students else 3)
    everything = folder_sets(args.data) if args.data else task.public
    args.sets = args.sets.split(",") if args.sets else everything
    teachers, others = list(task.teachers), list(task.other_teachers)
    for name, default, known in (
        ("teachers", teachers, teachers + others),
        ("models", task.models, task.models),
    ):
        given = getattr(args, name)
        values = given.split(",") if given else list(default)
        if not set(values) <= set(known):
            parser.error(f"--{name} {','.join(values)}: known are {', '.join(known)}")
        setattr(args, name, values)
    if len({teacher in others for teacher in args.teachers}) > 1:
        parser.error(
            f"--teachers: {' and '.join(others)} have a results file of theirs"
        )
    return args


def missing(args, out):
    """List what the results file lacks, as units with pairs of teacher and model.

    Small seeds come first: after a third of the time every table has figures.
    """
    done = {tuple(row[column] for column in KEY) for row in read_rows(out)}
    keys = {
        (teacher, model): row_key(model, teacher, args.max_rows, args.task)
        for teacher in args.teachers
        for model in args.models
    }
    work = []
    for seed in range(args.seeds):
        for name in args.sets:
            wanted = [
                (teacher, model)
                for (teacher, model), key in keys.items()
                if (name, teacher, str(seed), model, key) not in done
            ]
            if wanted:
                where = args.data, args.max_rows, args.cache
                work.append((Unit(name, seed, *where, args.task), wanted))
    return work


def drop_stale(args, out):
    """Drop the chosen rows that another state of code or settings has written."""

    def stale(row):
        chosen = row["set"] in args.sets and row["model"] in args.models
        if not chosen or row["teacher"] not in args.teachers:
            return False
        model, teacher = row["model"], row["teacher"]
        return row["key"] != row_key(model, teacher, args.max_rows, args.task)

    drop_rows(out, stale)


def main():
    """Run what the results file lacks, and print the goals."""
    args = parse()
    if args.search:
        from benchmarks.quality.search import search

        return search(args)
    if args.students:
        from benchmarks.quality.which_student import compare

        return compare(args)
    task = args.task
    further = args.teachers[0] in task.other_teachers
    out = args.out or (task.other_results if further else task.results)
    check_columns(out, task.columns)
    drop_stale(args, out)
    work = missing(args, out)
    print(f"{sum(len(wanted) for _, wanted in work)} rows to make", flush=True)
    failures = [
        failure
        for failure in Parallel(n_jobs=args.jobs, batch_size=1)(
            delayed(run)(unit, wanted, out) for unit, wanted in work
        )
        if failure
    ]
    sort_rows(out)
    for failure in failures:
        print(f"FAILED {failure}", file=sys.stderr)
    print("\n".join(task.report(read(out))))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
