"""The tables of the quality benchmark, as lines of Markdown: pure functions of rows."""

import numpy as np
import pandas as pd

from benchmarks.report.goals import (
    BOOSTERS,
    LOWEST,
    PAIR,
    SHARES,
    SPLIT,
    excesses,
    gap_kept,
    goals,
    paired,
    ratios,
    seed_ceilings,
    standard_error,
    teacher_beaten,
)
from benchmarks.shared.markdown import number, table

#: Models in the order of the tables, and what they are called there.
MODELS = {
    "teacher": "teacher",
    "student": "student, distilled at the defaults",
    "fidelity": 'the same with objective="fidelity"',
    "rows_only": "the same from the training rows alone",
    "no_teacher": "the same without a teacher",
    "lightgbm_30": "LightGBM, 30 trees of 15 leaves",
    "lightgbm_100": "LightGBM, 100 trees of 31 leaves",
    "lightgbm_latency": "LightGBM, one tree: nearest to the student's latency",
    "hist_gradient_boosting": "HistGradientBoosting, untuned",
    "mlp": "MLPClassifier",
    "logistic": "logistic regression",
    "tree": "a single tree",
}


#: Shares of the pool: teacher, booster, student on labels.
POOL = ("pool_teacher", "pool_booster", "pool_student")


def with_error(value, error, style):
    """Format a figure with its standard error."""
    if pd.isna(error):
        return number(value, style)
    return f"{number(value, style)} ± {number(error, style.lstrip('+'))}"


def goal_lines(rows, goals=goals):
    """What was to be reached, and what was."""
    lines = [
        (what, reached, goal, verdict) for what, goal, reached, verdict in goals(rows)
    ]
    return table(("what", "reached", "goal", ""), lines)


def model_lines(rows):
    """Every model over all sets, teachers and seeds.

    Differences to the student have the standard error over sets: pairs of one set are
    not independent.
    """
    names = [name for name in MODELS if (rows["model"] == name).any()]
    columns = {
        column: paired(rows, column, *names)
        for column in ("score", "log_loss", "brier", "ece", "agreement", "kl")
    }
    splits = rows.groupby(SPLIT)["model"].transform("nunique") == len(names)
    groups = rows[splits].groupby("model")
    costs = groups[["bytes", "array_row_seconds", "fit_seconds"]].median()
    lines = []
    for name in names:
        means = {column: values[name].mean() for column, values in columns.items()}
        cost = costs.loc[name] if name in costs.index else pd.Series(dtype=float)
        lines.append(
            (
                MODELS[name],
                number(means["score"], ".4f"),
                _against(columns["score"], name),
                number(means["log_loss"], ".3f"),
                _against(columns["log_loss"], name),
                number(means["brier"], ".3f"),
                number(means["ece"], ".3f"),
                number(means["agreement"], ".3f"),
                number(means["kl"], ".3f"),
                number(cost.get("bytes", np.nan) / 1024, ",.0f"),
                number(cost.get("array_row_seconds", np.nan) * 1e6, ",.0f"),
                number(cost.get("fit_seconds"), ",.1f"),
            )
        )
    header = "model,score,less the student's,log loss,less the student's,Brier,ECE"
    header += ",agreement,KL,kB,µs a row,fit s"
    return table(header.split(","), lines)


def _against(values, name):
    if name == "student" or "student" not in values:
        return ""
    difference = (values[name] - values["student"]).groupby(level="set").mean()
    return with_error(difference.mean(), standard_error(difference), "+.4f")


def set_lines(rows):
    """Every set: means over teachers and seeds, and which teachers are poor ones."""
    beaten = teacher_beaten(rows)
    student = rows[rows["model"] == "student"]
    lines = []
    for name, part in student.groupby("set"):
        of_set = rows[rows["set"] == name]
        mean = of_set.groupby("model").mean(numeric_only=True)
        get = _getter(mean)
        poor = beaten[beaten.index.get_level_values("set") == name]
        lines.append(
            (
                name,
                f"{part['n_train'].iloc[0] + part['n_test'].iloc[0]:,}",
                number(get("teacher", "score"), ".4f"),
                _mean(part["score"], ".4f"),
                number(get("no_teacher", "score"), ".4f"),
                number(max(get(model, "score") for model in BOOSTERS), ".4f"),
                _mean(part["retention"], ".4f"),
                _mean(part["agreement"], ".3f"),
                _mean(part["kl"], ".4f"),
                number(get("fidelity", "agreement"), ".3f"),
                number(get("fidelity", "kl"), ".4f"),
                number(get("teacher", "log_loss"), ".3f"),
                _mean(part["log_loss"], ".3f"),
                number(get("no_teacher", "log_loss"), ".3f"),
                number(min(get(model, "log_loss") for model in BOOSTERS), ".3f"),
                ", ".join(poor[poor].index.get_level_values("teacher")),
            )
        )
    header = (
        "set,rows,teacher,student,no teacher,small booster,kept,agreement,KL,"
        "fidelity: agreement,KL,log loss: teacher,student,no teacher,"
        "small booster,teachers that are beaten"
    )
    return table(header.split(","), lines)


def _getter(frame):
    def get(model, column):
        return frame[column].get(model, np.nan)

    return get


def _mean(values, style):
    return with_error(values.mean(), standard_error(values), style)


def pair_lines(rows):
    """Every set and teacher: means over seeds with their standard errors."""
    ceiling, ratio, beaten = seed_ceilings(rows), ratios(rows), teacher_beaten(rows)
    student = rows[rows["model"] == "student"]
    teacher, faithful = (
        rows[rows["model"] == model].groupby(PAIR).mean(numeric_only=True)
        for model in ("teacher", "fidelity")
    )
    lines = []
    for pair, part in student.groupby(PAIR):
        if pair not in teacher.index:
            continue
        of_teacher, times = teacher.loc[pair], ratio.loc[pair]
        poor = beaten.get(pair, None)
        lines.append(
            (
                *pair,
                str(len(part)),
                number(of_teacher["score"], ".4f"),
                _mean(part["score"], ".4f"),
                number(of_teacher["log_loss"], ".3f"),
                _mean(part["log_loss"], ".3f"),
                _mean(part["retention"], ".4f"),
                _mean(part["agreement"], ".3f"),
                number(faithful["agreement"].get(pair), ".3f"),
                number(ceiling.get(pair), ".3f"),
                _mean(part["kl"], ".4f"),
                number(faithful["kl"].get(pair), ".4f"),
                number(times["smaller"], ",.0f"),
                number(times["faster on arrays"], ",.0f"),
                number(times["faster on frames"], ",.0f"),
                number(of_teacher["fit_seconds"], ".1f"),
                number(part["fit_seconds"].mean(), ".1f"),
                {True: "yes", False: "no"}.get(poor, ""),
            )
        )
    header = (
        "set,teacher,seeds,score: teacher,student,log loss: teacher,student,kept,"
        "agreement,with fidelity,seed ceiling,KL,with fidelity,smaller,"
        "faster on arrays,on frames,fit s,distil s,teacher beaten"
    )
    return table(header.split(","), lines)


def pool_lines(rows):
    """The pool of the default student, by set and teacher: means over seeds."""
    shares = rows[rows["model"] == "student"].groupby(PAIR)[list(POOL)].mean().dropna()
    teachers = list(dict.fromkeys(shares.index.get_level_values("teacher")))
    means = shares.groupby("teacher").mean()
    lines = [
        (name, *(_pool(shares, (name, teacher)) for teacher in teachers))
        for name in dict.fromkeys(shares.index.get_level_values("set"))
    ]
    if lines:
        lines.append(("mean", *(_pool(means, teacher) for teacher in teachers)))
    return table(("set", *teachers), lines)


def _pool(shares, place):
    if place not in shares.index:
        return ""
    return " / ".join(number(share, ".2f") for share in shares.loc[place])


def missed_lines(rows, excesses=excesses, lowest=LOWEST):
    """Every set on which something is missed, by teacher, and by how much.

    Parameters
    ----------
    rows : DataFrame
        Results.
    excesses : callable
        Of the task.
    lowest : float
        Retention of a set.

    Returns
    -------
    list of str
        Lines of a table.
    """
    missed = {what: excess[excess > 0] for what, excess in excesses(rows).items()}
    kept = paired(rows, "retention", "student")["student"].groupby("set").mean()
    low = kept[kept < lowest]
    names = set(low.index).union(
        *(part.index.unique("set") for part in missed.values())
    )
    lines = [
        (
            name,
            *(_by_teacher(excess, name) for excess in missed.values()),
            number(low.get(name), ".4f"),
        )
        for name in sorted(names)
    ]
    return table(("set", *missed, f"kept, where below {lowest}"), lines)


def _by_teacher(excess, name):
    part = excess[excess.index.get_level_values("set") == name]
    return ", ".join(f"{pair[1]} {number(by, '+.4f')}" for pair, by in part.items())


def teacher_lines(rows):
    """What was reached with each teacher, over all sets and seeds."""
    names = ("teacher", "student", "no_teacher")
    lines = []
    for teacher, part in rows.groupby("teacher", sort=False):
        scores, losses = (paired(part, name, *names) for name in ("score", "log_loss"))
        lines.append(
            (
                teacher,
                str(len(scores)),
                *(number(scores[name].mean(), ".4f") for name in names),
                *(number(losses[name].mean(), ".3f") for name in names),
                *(
                    number((excess <= 0).mean(), ".0%")
                    for excess in excesses(part).values()
                ),
                *(
                    number(paired(part, column, model)[model].mean(), style)
                    for column, model, style in (
                        ("retention", "student", ".4f"),
                        ("agreement", "student", ".3f"),
                        ("agreement", "fidelity", ".3f"),
                        ("pool_teacher", "student", ".2f"),
                    )
                ),
            )
        )
    header = (
        "teacher",
        "sets",
        "score: teacher",
        "student",
        "no teacher",
        "log loss: teacher",
        "student",
        "no teacher",
        *SHARES,
        "kept",
        "agreement",
        "with fidelity",
        "teacher in the pool",
    )
    return table(header, lines)


def strong_lines(rows):
    """Strong teachers and their students: means over seeds, by set."""
    names = ("teacher", "student", "fidelity", "no_teacher", *BOOSTERS)
    score, loss, agreement, share = (
        paired(rows, column, *some)
        for column, some in (
            ("score", names),
            ("log_loss", names),
            ("agreement", names),
            ("pool_teacher", ("student",)),
        )
    )
    boosters = list(BOOSTERS)
    best, least = score[boosters].max(axis=1), loss[boosters].min(axis=1)
    lines = [
        (
            *pair[::-1],
            *(number(score[name][pair], ".4f") for name in names[:2]),
            number(score["no_teacher"][pair], ".4f"),
            number(best[pair], ".4f"),
            *(number(loss[name][pair], ".3f") for name in names[:4]),
            number(least[pair], ".3f"),
            *(number(agreement[name][pair], ".3f") for name in names[1:3]),
            number(share["student"][pair], ".2f"),
        )
        for pair in sorted(score.index, key=lambda pair: pair[::-1])
    ]
    header = (
        "teacher,set,score: teacher,student,no teacher,small booster,log loss: teacher,"
        "student,fidelity,no teacher,small booster,agreement,with fidelity,"
        "teacher in the pool"
    )
    return table(header.split(","), lines)


def gap_lines(rows):
    """The pooled gap kept, of each teacher's students."""
    losses = {"error": "error", "brier": "Brier score", "log_loss": "log loss"}
    rows = rows.assign(error=1 - rows["score"])
    cells, header = {}, ["teacher"]
    for column, name in losses.items():
        header += [f"gap in {name}", "kept"]
        for teacher, line in gap_kept(rows, column).iterrows():
            cells.setdefault(teacher, [teacher]).extend(
                [
                    number(line["gap"], "+.4f"),
                    with_error(line["kept"], line["error"], ".2f"),
                ]
            )
    return table(header, cells.values())


def search_lines(rows):
    """Searched beside defaults."""
    lines = [
        (
            row["set"],
            row["teacher"],
            number(row["default_score"], ".4f"),
            number(row["searched_score"], ".4f"),
            number(row["default_log_loss"], ".3f"),
            number(row["searched_log_loss"], ".3f"),
            number(row["searched_kl"], ".4f"),
            row["best"],
        )
        for _, row in rows.iterrows()
    ]
    header = "set,teacher,score: defaults,searched,log loss: defaults,searched,KL,best"
    return table(header.split(","), lines)
