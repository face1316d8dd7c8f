"""Goals and tables of the benchmark of regression: pure functions of its results."""

from functools import partial

import numpy as np
import pandas as pd

from benchmarks.report.goals import (
    BOOSTERS,
    SPLIT,
    as_text,
    costs,
    goal_line,
    lowest,
    paired,
    pivot,
    ratios,
    seed_ceilings,
    standard_error,
)
from benchmarks.report.summary import (
    goal_lines,
    missed_lines,
    pool_lines,
    with_error,
)
from benchmarks.shared.markdown import number, table

#: Models in the order of the tables, and what they are called there.
MODELS = {
    "teacher": "teacher",
    "student": "student, distilled at the defaults",
    "fidelity": 'the same with objective="fidelity"',
    "no_teacher": "the same without a teacher",
    "lightgbm_30": "LightGBM, 30 trees of 15 leaves",
    "lightgbm_100": "LightGBM, 100 trees of 31 leaves",
    "hist_gradient_boosting": "HistGradientBoosting, untuned",
    "mlp": "MLPRegressor, standardised targets",
    "ridge": "ridge regression",
    "tree": "a single tree",
}

#: The lowest mean retention of a set, and the median R2 against the teacher.
LOWEST, FIDELITY = 0.98, 0.98

#: Shares of pairs on which the student is to be no worse, by the names of `excesses`.
SHARES = {
    "RMSE no higher than the teacher's": 0.8,
    "RMSE no higher than the better small booster's": 0.7,
    "RMSE no higher than without a teacher": None,
}


def excesses(rows):
    """Compute by how much each pair misses what it is to reach.

    Parameters
    ----------
    rows : DataFrame
        Results.

    Returns
    -------
    dict of str to Series
        By the names of `SHARES`: the student's RMSE over the other's, less 1, by set
        and teacher; positive where the student is worse.
    """
    others = (("teacher",), BOOSTERS, ("no_teacher",))
    values = []
    for names in others:
        error = paired(rows, "rmse", "student", *names)
        values.append(error["student"] / error[list(names)].min(axis=1) - 1)
    return dict(zip(SHARES, values, strict=True))


def goals(rows):
    """Compute every goal of regression, and what was reached.

    Parameters
    ----------
    rows : DataFrame
        Results. Goals for which they lack a model are left out.

    Returns
    -------
    list of (str, str, str, str)
        As of :func:`benchmarks.report.goals.goals`.
    """
    kept = paired(rows, "retention", "student")["student"]
    lines = [
        *goal_line("mean R2 retention", kept.mean(), 1.0, ".4f"),
        *goal_line("lowest R2 retention of a set", lowest(kept), LOWEST, ".4f"),
    ]
    for what, excess in excesses(rows).items():
        share = (excess <= 0).mean() if len(excess) else None
        lines += goal_line(f"{what}: share of pairs", share, SHARES[what], ".0%")
    ceiling = seed_ceilings(rows)
    for name, prefix in (("student", ""), ("fidelity", "fidelity: ")):
        like = paired(rows, "fidelity", name)[name]
        what = f"{prefix}median R2 against the teacher"
        lines += goal_line(what, like.median(), FIDELITY)
        of_ceiling = (like / ceiling).dropna().median()
        lines += goal_line(f"{what} / seed ceiling", of_ceiling, None)
    return lines + costs(rows) + _seconds(rows)


def _seconds(rows):
    student = rows[rows["model"] == "student"]
    fits = paired(rows, "fit_seconds", "student", "fidelity").mean()
    beyond = student["fit_seconds"] - student["labelling_seconds"].fillna(0)
    small = beyond[student["n_train"] + student["n_test"] <= 20_000]
    return [
        *goal_line("mean seconds of fit", fits["student"], None, ".1f"),
        *goal_line("fidelity: mean seconds of fit", fits["fidelity"], None, ".1f"),
        *goal_line(
            "most seconds beyond labelling, up to 20 000 rows", small.max(), None, ".0f"
        ),
    ]


#: Every set on which something is missed.
where_missed = partial(missed_lines, excesses=excesses, lowest=LOWEST)


def report(rows):
    """Make the lines that the benchmark prints at its end."""
    return [*as_text(goals(rows), rows), "", *where_missed(rows)]


def model_lines(rows):
    """Every model over all sets, teachers and seeds.

    Errors have the units of their set: they are divided by the teacher's, and the means
    are geometric ones.
    """
    names = [name for name in MODELS if (rows["model"] == name).any()]
    columns = {
        column: paired(rows, column, *names)
        for column in ("r2", "rmse", "mae", "fidelity", "difference")
    }
    whole = rows.groupby(SPLIT)["model"].transform("nunique") >= len(names)
    groups = rows[whole].groupby("model")
    cost = groups[["bytes", "array_row_seconds", "batch_seconds", "fit_seconds"]]
    cost = cost.median().reindex(names)
    lines = [
        (
            MODELS[name],
            number(columns["r2"][name].mean(), ".4f"),
            _less_the_students(columns["r2"], name),
            *(
                number(_times_the_teachers(columns[column], name), ".4f")
                for column in ("rmse", "mae")
            ),
            number(columns["fidelity"][name].median(), ".3f"),
            number(columns["difference"][name].mean(), ".3f"),
            number(cost["bytes"][name] / 1024, ",.0f"),
            number(cost["array_row_seconds"][name] * 1e6, ",.0f"),
            number(cost["batch_seconds"][name] * 1e3, ",.1f"),
            number(cost["fit_seconds"][name], ",.1f"),
        )
        for name in names
    ]
    header = (
        "model,R2,less the student's,RMSE / teacher's,MAE / teacher's,"
        "median R2 against the teacher,difference from it in sd,kB,µs a row,"
        "ms for 2000 rows,fit s"
    )
    return table(header.split(","), lines)


def _less_the_students(values, name):
    if name == "student" or "student" not in values:
        return ""
    difference = (values[name] - values["student"]).groupby(level="set").mean()
    return with_error(difference.mean(), standard_error(difference), "+.4f")


def _times_the_teachers(values, name):
    if "teacher" not in values or values.empty:
        return np.nan
    return float(np.exp(np.log(values[name] / values["teacher"]).mean()))


def pair_lines(rows):
    """Every set and teacher: means over seeds."""
    shown = ("teacher", "student", "fidelity", "no_teacher", *BOOSTERS)
    r2 = pivot(rows, "r2").reindex(columns=shown)
    like = pivot(rows, "fidelity").reindex(columns=shown)
    kept = pivot(rows, "retention").reindex(columns=shown)
    error = pivot(rows, "rmse").reindex(columns=shown)
    seconds = pivot(rows, "fit_seconds").reindex(columns=shown)
    ceiling, times = seed_ceilings(rows), ratios(rows)
    best = r2[list(BOOSTERS)].max(axis=1)
    lines = [
        (
            *pair,
            *(number(r2[name][pair], ".4f") for name in shown[:4]),
            number(best[pair], ".4f"),
            number(kept["student"][pair], ".4f"),
            number(error["teacher"][pair], ".4g"),
            number(error["student"][pair], ".4g"),
            *(number(like[name][pair], ".4f") for name in shown[1:3]),
            number(ceiling.get(pair), ".4f"),
            *(number(times[name].get(pair), ",.0f") for name in times),
            number(seconds["teacher"][pair], ",.1f"),
            number(seconds["student"][pair], ",.1f"),
        )
        for pair in r2.index
    ]
    header = (
        "set,teacher,R2: teacher,student,with fidelity,no teacher,small booster,kept,"
        "RMSE: teacher,student,R2 against the teacher,with fidelity,seed ceiling,"
        "smaller,faster on arrays,on frames,with 2000 rows,fit s,distil s"
    )
    return table(header.split(","), lines)


def rival_lines(rows):
    """R2 of all that learns from the targets, and of teachers: means over seeds."""
    rivals = [name for name in list(MODELS)[4:] if (rows["model"] == name).any()]
    r2 = pivot(rows, "r2")
    teachers = r2["teacher"].unstack("teacher")
    others = r2.reindex(columns=rivals).groupby(level="set").mean()
    both = pd.concat([teachers, others], axis=1)
    lines = [
        (name, *(number(value, ".4f") for value in both.loc[name]))
        for name in both.index
    ]
    header = [MODELS.get(name, name) for name in both.columns]
    return table(("set", *header), lines)


#: Tables by the name of their file.
TABLES = {
    "regression": model_lines,
    "regression_goals": partial(goal_lines, goals=goals),
    "regression_missed": where_missed,
    "regression_pool": pool_lines,
    "regression_pairs": pair_lines,
    "regression_rivals": rival_lines,
}
