"""Labels of synthetic rows: by the whole forest, or by the out-of-bag trees.

    python -m benchmarks.quality.cross_fit [--data FOLDER] [--sets a,b+0.2] [--out FILE]

For each table, with or without a share of its labels permuted, a forest of 300 trees is
distilled twice, all else equal, and without models of the labels in the pool:
`Pool(out_of_sample=False)` and `Pool(out_of_sample=True)`. Beside the log losses on
test rows stands Moran's I of the out-of-bag residuals, by which "auto" has to choose
between the two without a test row. Finished rows are not run again.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from benchmarks.shared.results import FOLDER, append, read_rows
from benchmarks.shared.tables import read_table
from benchmarks.shared.teachers import forest
from sklearn_kd import DistilledClassifier, MLPStudent, MungeSampler, Pool
from sklearn_kd._rows import Present, TransferSet
from sklearn_kd._run.random import stream
from sklearn_kd._task import Classification
from sklearn_kd._task.blending import one_hot
from sklearn_kd.teachers import Context
from sklearn_kd.teachers.out_of_sample._bagged import bagged_members
from sklearn_kd.teachers.out_of_sample._moran import (
    MAX_CORRELATION,
    has_memorised_noise,
    morans_i,
)

RESULTS = FOLDER / "cross_fit.csv"
MAX_ROWS = 8_000

#: Clean and noisy tables; "+0.2" permutes a fifth of the labels, of test rows too.
SETS = (
    *("adult", "credit_data", "flights_late", "german_credit", "hpc_jobs", "kr_vs_kp"),
    *("letter", "magic", "optdigits", "phoneme", "satimage", "spambase", "splice"),
    *("vehicle", "vowel", "diamond_cut", "magic+0.2", "phoneme+0.2", "spambase+0.2"),
    *("german_credit+0.2", "hpc_jobs+0.3", "vehicle+0.3", "letter+0.2", "splice+0.2"),
)


def measure(name, seed, folder):
    """Distil one forest both ways, and return a row of figures."""
    table, _, noise = name.partition("+")
    X, y = read_table(table, folder, MAX_ROWS)
    if noise:
        rng = stream(seed, 0)
        hit = rng.random(len(y)) < float(noise)
        y = np.where(hit, rng.permutation(y), y)
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=seed
    )
    teacher = forest(seed, mixed=hasattr(X, "columns")).fit(X, y)
    correlation, score = residual_autocorrelation(teacher, X, y, seed)
    row = {"set": name, "seed": seed, "rows": len(y), "moran_i": correlation}
    row |= {"z": score, "teacher": _loss(teacher, X_test, y_test)}
    for arm, aside in (("all", False), ("out_of_bag", True)):
        student = DistilledClassifier(
            teacher,
            MLPStudent((64, 64)),
            objective=Pool(booster=False, student=False, out_of_sample=aside),
            random_state=seed,
        )
        row[arm] = _loss(student.fit(X, y), X_test, y_test)
    row["chosen"] = "out_of_bag" if has_memorised_noise(correlation, score) else "all"
    return row


def residual_autocorrelation(teacher, X, y, seed):
    """Moran's I of a forest's out-of-bag residuals, and its z-score."""
    classes, codes = np.unique(y, return_inverse=True)
    every = np.arange(len(y))
    rows = TransferSet(X, Classification(classes), codes, np.ones(len(y)), origin=every)
    members = bagged_members(teacher, rows, Present(every, len(y)), None)
    if members is None:
        return np.nan, np.nan
    proba = members.label(X, every, Context())
    neighbors = MungeSampler(random_state=seed).fit(X).neighbors_
    return morans_i(one_hot(codes, len(classes)) - proba, neighbors)


def _loss(model, X, y):
    return log_loss(y, model.predict_proba(X), labels=model.classes_)


def lines(rows):
    """Make the lines of the table, by Moran's I, and what the rule costs."""
    rows = sorted(rows, key=lambda row: float(row["moran_i"]))
    made = [
        "| table | Moran's I | z | teacher | all trees | out of bag | chosen |",
        "|---|---:|---:|---:|---:|---:|---|",
    ]
    regret = {"chosen": [], "all": [], "out_of_bag": []}
    for row in rows:
        arms = {arm: float(row[arm]) for arm in ("all", "out_of_bag")}
        for rule, losses in regret.items():
            arm = row["chosen"] if rule == "chosen" else rule
            losses.append(arms[arm] - min(arms.values()))
        made.append(
            f"| {row['set']} | {float(row['moran_i']):+.3f} | {float(row['z']):+.1f} | "
            f"{float(row['teacher']):.4f} | {arms['all']:.4f} | "
            f"{arms['out_of_bag']:.4f} | {row['chosen'].replace('_', ' ')} |"
        )
    mean = {rule: np.mean(losses) for rule, losses in regret.items()}
    made.append(
        f"| mean regret | below {MAX_CORRELATION} | | | {mean['all']:.4f} | "
        f"{mean['out_of_bag']:.4f} | {mean['chosen']:.4f} |"
    )
    return made


def main():
    """Run what the results file lacks, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder of .parquet files, column `target`")
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    done = {(row["set"], row["seed"]) for row in read_rows(args.out)}
    for seed in range(args.seeds):
        for name in args.sets.split(","):
            if (name, str(seed)) in done:
                continue
            row = measure(name, seed, args.data)
            append(args.out, row)
            print(name, seed, f"I {row['moran_i']:+.3f}", row["chosen"], flush=True)
    print("\n".join(lines(read_rows(args.out))))


if __name__ == "__main__":
    main()
