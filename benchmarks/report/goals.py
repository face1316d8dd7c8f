"""The goals of the benchmark, and which of them its results reach: pure functions."""

from functools import partial

import numpy as np
import pandas as pd

#: Small boosters on the labels: what people fit instead of distilling.
BOOSTERS = ("lightgbm_30", "lightgbm_100")

#: How much lower than the better small booster's a score may be.
SCORE_MARGIN = 0.003

#: The lowest mean retention of a set.
LOWEST = 0.99

#: Seconds of `fit`, and KL, of the default student on the 48 public pairs when it was a
#: copy of the teacher and a booster (means; results of the commit before the pool).
#: Seconds are another day's: compare them with care.
BEFORE = {"pairs": 48, "fit_seconds": 24.8, "kl": 0.0262}

PAIR = ["set", "teacher"]
SPLIT = ["set", "teacher", "seed"]


def read(path):
    """Read the results file."""
    return pd.read_csv(path, dtype={"key": str})


def pivot(rows, column):
    """Mean of a column over seeds: a row for each set and teacher, a column a model."""
    table = rows.pivot_table(index=SPLIT, columns="model", values=column)
    return table.groupby(level=PAIR).mean()  # a model is called teacher, too


def paired(rows, column, *models):
    """Mean of a column over the splits on which all of some models were measured."""
    rows = rows[rows["model"].isin(models)]
    table = pivot(_complete(rows, models), column)
    return table.reindex(columns=list(models)).dropna()


def _complete(rows, models):
    counts = rows.groupby(SPLIT)["model"].transform("nunique")
    return rows[counts == len(set(models))]


def seed_ceilings(rows):
    """Agreement of two teachers that differ in their seed, by set and teacher."""
    return rows.groupby(PAIR)["seed_ceiling"].mean().dropna()


def teacher_beaten(rows):
    """Find where a teacher is a poor one: there a faithful copy is the wrong goal.

    Parameters
    ----------
    rows : DataFrame
        Results.

    Returns
    -------
    Series of bool
        By set and teacher: whether an untuned HistGradientBoosting or a small booster
        has a higher score or a lower log loss, in the mean over seeds.
    """
    rivals = ["hist_gradient_boosting", *BOOSTERS]
    score = paired(rows, "score", "teacher", *rivals)
    loss = paired(rows, "log_loss", "teacher", *rivals)
    return (score[rivals].max(axis=1) > score["teacher"]) | (
        loss[rivals].min(axis=1) < loss["teacher"]
    )


def gap_kept(rows, column):
    """Pooled gap kept of each teacher's students.

    Parameters
    ----------
    rows : DataFrame
        Results.
    column : str
        A loss: lower is better.

    Returns
    -------
    DataFrame with columns "kept", "error", "gap", "sets", by teacher
        ``(student - plain) / (teacher - plain)`` of the sums over sets, where plain is
        the same student without a teacher; its standard error, by jackknife over sets;
        the mean of ``plain - teacher``, without which the ratio means little.
    """
    table = paired(rows, column, "teacher", "student", "no_teacher")
    lines = {}
    for teacher, part in table.groupby(level="teacher"):
        won = (part["no_teacher"] - part["student"]).to_numpy()
        gap = (part["no_teacher"] - part["teacher"]).to_numpy()
        lines[teacher] = {
            "kept": won.sum() / gap.sum(),
            "error": _jackknife(won, gap),
            "gap": gap.mean(),
            "sets": len(part),
        }
    return pd.DataFrame(lines).T


def _jackknife(top, bottom):
    if len(top) < 2:
        return np.nan
    without = (top.sum() - top) / (bottom.sum() - bottom)
    n = len(top)
    return float(np.sqrt((n - 1) / n * np.sum((without - without.mean()) ** 2)))


def standard_error(values):
    """Standard error of a mean."""
    values = np.asarray(values, dtype=float)
    return values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan


def goals(rows):
    """Compute every goal of the benchmark, and what was reached.

    Parameters
    ----------
    rows : DataFrame
        Results. Goals for which they lack a model are left out.

    Returns
    -------
    list of (str, str, str, str)
        What, the goal, what was reached, and "met" or "missed"; the last is empty for
        what is only reported.
    """
    groups = (_generalization, _fidelity, costs, _seconds)
    return [line for group in groups for line in group(rows)]


def goal_line(what, value, goal, style=".3f", *, at_least=True):
    """Make a line of :func:`goals`, or none where there is nothing to compute it from.

    Parameters
    ----------
    what : str
        What the figure is.
    value : float or None
        What was reached.
    goal : float or None
        What was to be reached; None for what is only reported.
    style : str
        How both are formatted.
    at_least : bool
        Whether more is better.

    Returns
    -------
    list of (str, str, str, str)
        One line, or none.
    """
    if value is None or np.isnan(value):
        return []
    reached = format(value, style)
    if goal is None:
        return [(what, "", reached, "")]
    met = value >= goal if at_least else value <= goal
    sign = "≥" if at_least else "≤"
    return [(what, f"{sign} {format(goal, style)}", reached, verdict(met))]


def verdict(met):
    """Say whether a goal is reached."""
    return "met" if met else "missed"


#: Shares of pairs on which the student is to be no worse, by the names of `excesses`.
SHARES = {
    "log loss no higher than the teacher's": 0.9,
    "log loss no higher than the better small booster's": 0.75,
    "log loss no higher than without a teacher": 0.9,
    "score within .003 of the better small booster's, or above": 0.85,
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
        By the names of `SHARES`; the values, by set and teacher, are positive where the
        student is worse.
    """
    loss, score = (
        partial(paired, rows, column, "student") for column in ("log_loss", "score")
    )
    teacher, plain, boosters = loss("teacher"), loss("no_teacher"), loss(*BOOSTERS)
    scores = score(*BOOSTERS)
    best = scores[list(BOOSTERS)].max(axis=1)
    values = (
        teacher["student"] - teacher["teacher"],
        boosters["student"] - boosters[list(BOOSTERS)].min(axis=1),
        plain["student"] - plain["no_teacher"],
        best - SCORE_MARGIN - scores["student"],
    )
    return dict(zip(SHARES, values, strict=True))


def _generalization(rows):
    """What the default student is for: the truth."""
    retention = paired(rows, "retention", "student")["student"]
    accuracy = paired(rows, "accuracy", "student", "no_teacher")
    shares = {
        what: (excess <= 0).mean() if len(excess) else None
        for what, excess in excesses(rows).items()
    }
    lines = [
        line
        for what, share in shares.items()
        for line in goal_line(f"{what}: share of pairs", share, SHARES[what], ".0%")
    ]
    lines += [
        *goal_line("mean retention", retention.mean(), 1.002, ".4f"),
        *goal_line("lowest retention of a set", lowest(retention), LOWEST, ".4f"),
        *goal_line("mean agreement", _mean(rows, "agreement", "student"), 0.955),
    ]
    gain = (accuracy["student"] - accuracy["no_teacher"]).mean()
    if len(accuracy):
        what = "mean accuracy gained over the same student without a teacher"
        lines.append((what, "> 0", f"{gain:+.4f}", verdict(gain > 0)))
    return lines


def _fidelity(rows):
    """What the student of ``objective="fidelity"`` is for: its teacher."""
    agreement = paired(rows, "agreement", "fidelity")["fidelity"]
    of_ceiling = (agreement / seed_ceilings(rows)).dropna()
    forests = of_ceiling[of_ceiling.index.get_level_values("teacher") == "forest"]
    whole = len(agreement) == BEFORE["pairs"]
    lines = [
        *goal_line("mean agreement", agreement.mean(), 0.965),
        *goal_line(
            "mean KL",
            _mean(rows, "kl", "fidelity"),
            BEFORE["kl"] if whole else None,
            ".4f",
            at_least=False,
        ),
        *goal_line("median agreement / seed ceiling, forests", forests.median(), 0.985),
        *goal_line("median agreement / seed ceiling", of_ceiling.median(), 0.975),
    ]
    return [(f"fidelity: {what}", *rest) for what, *rest in lines]


def _mean(rows, column, model):
    return paired(rows, column, model)[model].mean()


def lowest(values):
    """Return the lowest mean of a set."""
    return values.groupby("set").mean().min()


def ratios(rows):
    """Compare each student with its teacher on the same split: bytes and one row.

    Returns
    -------
    DataFrame
        By set and teacher, medians over seeds: how many times smaller and faster the
        student is, on arrays and on frames; with 2000 rows where that was timed.
    """
    student = rows[rows["model"] == "student"].set_index(SPLIT)
    teacher = rows[rows["model"] == "teacher"].set_index(SPLIT)
    table = pd.DataFrame(
        {
            "smaller": teacher["bytes"] / student["bytes"],
            "faster on arrays": student["teacher_row_seconds"]
            / student["array_row_seconds"],
            "faster on frames": student["teacher_row_seconds"]
            / student["frame_row_seconds"],
        }
    )
    if "batch_seconds" in rows:
        batch = student["teacher_batch_seconds"] / student["batch_seconds"]
        table["faster with 2000 rows"] = batch
    return table.groupby(PAIR).median()


def costs(rows):
    """Compute the goals of sizes and of times of predictions."""
    table = ratios(rows)
    large = table[table.index.get_level_values("teacher") != "boosting"].median()
    student = rows[rows["model"] == "student"]
    micro = 1e6 * student[["frame_row_seconds", "frame_floor_seconds"]].median()
    suffix = "forests and votes (median)"
    return [
        *goal_line(f"times smaller, {suffix}", large["smaller"], 100, ",.0f"),
        *goal_line(
            f"times faster, a row of an array, {suffix}",
            large["faster on arrays"],
            500,
            ",.0f",
        ),
        *goal_line(
            f"times faster, a row of a frame, {suffix}",
            large["faster on frames"],
            None,
            ",.0f",
        ),
        *goal_line(
            f"times faster, 2000 rows, {suffix}",
            large.get("faster with 2000 rows"),
            None,
            ",.0f",
        ),
        *goal_line("µs, a row of a frame", micro["frame_row_seconds"], None, ".0f"),
        *goal_line(
            "µs, reading that row from its frame",
            micro["frame_floor_seconds"],
            None,
            ".0f",
        ),
    ]


def _seconds(rows):
    student = rows[rows["model"] == "student"].set_index(SPLIT)
    n_rows = student["n_train"] + student["n_test"]
    beyond = student["fit_seconds"] - student["labelling_seconds"].fillna(0)
    small = beyond[n_rows <= 20_000]
    vote = rows[(rows["model"] == "teacher") & (rows["teacher"] == "vote")]
    vote = vote.set_index(["set", "seed"])["fit_seconds"]
    large = student[n_rows >= 30_000].reset_index().set_index(["set", "seed"])
    share = (large["fit_seconds"] / vote.reindex(large.index)).max()
    fits = paired(rows, "fit_seconds", "student", "fidelity")
    mean, before = fits.mean(), BEFORE["fit_seconds"]
    return [
        *goal_line("mean seconds of fit", mean["student"], None, ".1f"),
        *goal_line("fidelity: mean seconds of fit", mean["fidelity"], None, ".1f"),
        *goal_line(
            f"mean seconds / {before}, those before the pool, on another day",
            mean["student"] / before if len(fits) == BEFORE["pairs"] else None,
            None,
            ".2f",
        ),
        *goal_line(
            "most seconds beyond labelling, up to 20 000 rows",
            small.max(),
            30,
            ".0f",
            at_least=False,
        ),
        *goal_line(
            "most seconds / those of fitting the vote, from 30 000 rows",
            share,
            1.0,
            ".2f",
            at_least=False,
        ),
    ]


def states(rows):
    """Name the states of the package that students in the results come from."""
    ours = rows[rows["model"].isin(["student", "fidelity", "rows_only", "no_teacher"])]
    return sorted({key.split("+")[0] for key in ours["key"]})


def report(rows):
    """Make the lines that the benchmark prints at its end."""
    return as_text(goals(rows), rows)


def as_text(lines, rows):
    """Write lines of goals as text, and warn of students of several states of code."""
    text = [" | ".join(line).rstrip(" |") for line in lines]
    codes = states(rows)
    if len(codes) > 1:
        text.append(f"students of several states of the package: {', '.join(codes)}")
    return text
