"""What a default student keeps of its teacher, on real tables.

    python benchmarks/quality.py [--data FOLDER] [--sets a,b] [--seeds 3]

For each table, teacher and seed: a stratified 70/30 split after duplicates are dropped,
the teacher fitted on the training rows, and on the same rows `DistilledClassifier` at
its defaults and the same student without a teacher. Test rows are used for nothing but
the figures. Finished rows are kept in the results file and not run again, unless the
code of the package has changed.
"""

import argparse
import csv
import time
from pathlib import Path

import joblib
import numpy as np
from lightgbm import LGBMClassifier
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from tables import PUBLIC, load_folder, load_public, without_duplicates

import sklearn_kd
from sklearn_kd import DistilledClassifier
from sklearn_kd.inspection import (
    mean_kl_divergence,
    pickled_size,
    prediction_latency,
)

RESULTS = Path(__file__).parent / "results" / "quality.csv"

#: What the figures depend on: the code of the package but for its demo and inspection.
CODE = joblib.hash(
    [
        path.read_text()
        for room in (".", "losses", "students", "teachers", "transfer")
        for path in sorted((Path(sklearn_kd.__file__).parent / room).glob("*.py"))
    ]
)[:12]

TEACHERS = {
    "forest": lambda seed: RandomForestClassifier(300, random_state=seed, n_jobs=2),
    "lightgbm": lambda seed: LGBMClassifier(
        n_estimators=300, random_state=seed, n_jobs=2, verbose=-1
    ),
}


def make_teacher(name, seed):
    """Make a teacher that takes categories and missing values."""
    numbered = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    encoder = make_column_transformer(
        (numbered, make_column_selector(dtype_exclude="number")),
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    encoder.set_output(transform="pandas")  # LightGBM warns of names that it lost
    return make_pipeline(encoder, TEACHERS[name](seed))


def measure(X, y, teacher_name, seed):
    """Fit teacher, student and plain student, and return a row of figures."""
    X, X_test, y, y_test = train_test_split(
        X, y, test_size=0.3, stratify=y, random_state=seed
    )
    start = time.perf_counter()
    teacher = make_teacher(teacher_name, seed).fit(X, y)
    fitted = time.perf_counter()
    student = DistilledClassifier(teacher, random_state=seed).fit(X, y)
    distilled = time.perf_counter()
    plain = DistilledClassifier(teacher, alpha=0, random_state=seed).fit(X, y)
    row = {"n_train": len(y), "n_test": len(y_test), "n_classes": len(set(y))}
    answers = {
        name: model.predict_proba(X_test)
        for name, model in (
            ("teacher", teacher),
            ("student", student),
            ("plain", plain),
        )
    }
    labels = {
        name: teacher.classes_[proba.argmax(axis=1)] for name, proba in answers.items()
    }
    for name, proba in answers.items():
        row[f"{name}_accuracy"] = accuracy_score(y_test, labels[name])
        row[f"{name}_log_loss"] = log_loss(y_test, proba, labels=teacher.classes_)
    for name in ("student", "plain"):
        row[f"{name}_retention"] = row[f"{name}_accuracy"] / row["teacher_accuracy"]
        row[f"{name}_agreement"] = np.mean(labels[name] == labels["teacher"])
        row[f"{name}_kl"] = mean_kl_divergence(answers["teacher"], answers[name])
    for name, model in (("teacher", teacher), ("student", student.student_)):
        row[f"{name}_bytes"] = pickled_size(model)
        median, _ = prediction_latency(model, X_test, n_calls=100)
        row[f"{name}_row_seconds"] = median
    row["teacher_fit_seconds"] = fitted - start
    row["distil_seconds"] = distilled - fitted
    return row


def read_results(path):
    """Read finished rows; none where there is no file."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def append_result(path, row):
    """Add a row to the results file at once: nothing finished is lost."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)


def drop_stale(path):
    """Drop rows that another state of the package has written."""
    rows = read_results(path)
    if any(row.get("code") != CODE for row in rows):
        path.unlink()
        for row in rows:
            if row.get("code") == CODE:
                append_result(path, row)


def summarise(rows):
    """Make the lines of a table: per set and teacher the mean over seeds, and a mean.

    Parameters
    ----------
    rows : list of dict of str to str
        Rows of the results file.

    Returns
    -------
    list of str
        Lines of Markdown.
    """
    columns = {
        "teacher": ("teacher_accuracy", ".4f"),
        "student": ("student_accuracy", ".4f"),
        "no teacher": ("plain_accuracy", ".4f"),
        "kept": ("student_retention", ".4f"),
        "kept without": ("plain_retention", ".4f"),
        "agreement": ("student_agreement", ".4f"),
        "KL": ("student_kl", ".4f"),
        "KL without": ("plain_kl", ".4f"),
    }
    groups = {}
    for row in rows:
        groups.setdefault((row["set"], row["teacher"]), []).append(row)
    lines = [
        "| table | teacher | seeds | " + " | ".join(columns) + " | smaller | faster |",
        "|---|---|---" + "|---:" * (len(columns) + 2) + "|",
    ]
    means = []
    for (name, teacher), members in sorted(groups.items()):
        values = [
            np.mean([float(row[column]) for row in members])
            for column, _ in columns.values()
        ]
        for what in ("bytes", "row_seconds"):
            ratio = [
                float(row[f"teacher_{what}"]) / float(row[f"student_{what}"])
                for row in members
            ]
            values.append(np.median(ratio))
        means.append(values)
        lines.append(_line(name, teacher, len(members), values, columns))
    if means:
        overall = [*np.mean(means, axis=0)[:-2], *np.median(means, axis=0)[-2:]]
        lines.append(_line("**mean** (median for ratios)", "", "", overall, columns))
    return lines


def _line(name, teacher, n_seeds, values, columns):
    cells = [
        format(value, style)
        for value, (_, style) in zip(values, columns.values(), strict=False)
    ]
    cells += [f"{ratio:,.0f}x" for ratio in values[-2:]]
    return f"| {name} | {teacher} | {n_seeds} | " + " | ".join(cells) + " |"


def main():
    """Run what the results file lacks, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder of .parquet files, column `target`")
    parser.add_argument("--sets", help="names, with commas; default: the public six")
    parser.add_argument("--teachers", default=",".join(TEACHERS))
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 to SEEDS - 1")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    args = parser.parse_args()
    sets = args.sets.split(",") if args.sets else PUBLIC
    teachers = args.teachers.split(",")
    drop_stale(args.out)
    done = {(r["set"], r["teacher"], r["seed"]) for r in read_results(args.out)}
    for name in sets:
        X, y = load_folder(args.data, name) if args.data else load_public(name)
        X, y = without_duplicates(X, y)
        for teacher in teachers:
            for seed in range(args.seeds):
                if (name, teacher, str(seed)) in done:
                    continue
                figures = measure(X, y, teacher, seed)
                key = {"set": name, "teacher": teacher, "seed": seed}
                key["code"] = CODE
                append_result(args.out, key | figures)
                print(name, teacher, seed, f"{figures['student_retention']:.4f}")
    wanted = [
        row
        for row in read_results(args.out)
        if row["set"] in sets and row["teacher"] in teachers
    ]
    print("\n".join(summarise(wanted)))


if __name__ == "__main__":
    main()
