"""The table and the goals that the rows of benchmarks.peers make."""

import numpy as np


def compare(rows, task):
    """Set ours against AutoGluon's distilled model, table by table.

    Parameters
    ----------
    rows : list of dict of str to str
        Rows of the results file.
    task : Task
        Whose rows they are.

    Returns
    -------
    list of dict
        For each table with both sides: ``set``, the rows ``ours``, ``teacher``,
        ``chosen`` (by AutoGluon on its validation rows) and ``best`` (the one with the
        highest score on test rows, which cannot be chosen).
    """
    pairs = []
    for name in dict.fromkeys(row["set"] for row in rows):
        models = {row["model"]: row for row in rows if row["set"] == name}
        ours, teacher = models.pop("ours", None), models.pop("teacher", None)
        models = {k: row for k, row in models.items() if not k.startswith("TabTune")}
        if ours is None or not models:
            continue
        best = max(models.values(), key=lambda row: float(row[task.score]))
        (chosen,) = [row for row in models.values() if row["chosen"] == "1"]
        pairs.append(
            {
                "set": name,
                "ours": ours,
                "teacher": teacher,
                "chosen": chosen,
                "best": best,
            }
        )
    return pairs


def ratio(pair, column, rival="chosen", ours=None):
    """Divide the rival's figure by ours; NaN where either is missing."""
    value, own = pair[rival][column], pair["ours"][ours or column]
    return float(value) / float(own) if value and own else np.nan


def summarise(rows, task):
    """Make the lines of a table: ours against AutoGluon's choice for each table.

    Parameters
    ----------
    rows : list of dict of str to str
        Rows of the results file.
    task : Task
        Whose rows they are.

    Returns
    -------
    list of str
        Lines of Markdown.
    """
    figures = {
        name: task.shown[name] for name in (task.score, task.error, task.likeness)
    }
    words = [f"{word} | ours" for word, _ in figures.values()]
    lines = [
        f"| table | teacher | AutoGluon's student | {' | '.join(words)} "
        "| times the seconds | the row latency | on arrays | the size |",
        "|---|---:|---" + "|---:" * (2 * len(figures) + 4) + "|",
    ]
    for pair in compare(rows, task):
        ours, theirs = pair["ours"], pair["chosen"]
        style = figures[task.score][1]
        cells = [pair["set"], format(float(pair["teacher"][task.score]), style)]
        cells.append(theirs["model"])
        for name, (_, style) in figures.items():
            cells += [format(float(row[name]), style) for row in (theirs, ours)]
        ratios = [
            ratio(pair, "seconds"),
            ratio(pair, "row_seconds"),
            ratio(pair, "row_seconds", ours="array_row_seconds"),
            ratio(pair, "bytes"),
        ]
        cells += ["" if np.isnan(value) else f"{value:,.1f}" for value in ratios]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def list_models(rows, task):
    """Make the lines of a table with every model of every table that was run.

    Parameters
    ----------
    rows : list of dict of str to str
        Rows of the results file.
    task : Task
        Whose rows they are.

    Returns
    -------
    list of str
        Lines of Markdown.
    """
    columns = {
        **{word: (name, 1, style) for name, (word, style) in task.shown.items()},
        "seconds": ("seconds", 1, ".1f"),
        "ms a row of a frame": ("row_seconds", 1e3, ".3f"),
        "of an array": ("array_row_seconds", 1e3, ".3f"),
        "kB": ("bytes", 1e-3, ",.0f"),
    }
    lines = [
        "| table | model | " + " | ".join(columns) + " |",
        "|---|---" + "|---:" * len(columns) + "|",
    ]
    order = {name: place for place, name in enumerate(dict.fromkeys(map(_set, rows)))}
    for row in sorted(rows, key=lambda row: order[_set(row)]):
        rival = row["model"] not in ("ours", "teacher")
        cells = [row["set"], row["model"] + " *" * (rival and row["chosen"] == "1")]
        for column, factor, style in columns.values():
            value = row[column]
            cells.append(format(float(value) * factor, style) if value else "")
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _set(row):
    return row["set"]


def goals(rows, task):
    """Count the tables on which each goal is met.

    Parameters
    ----------
    rows : list of dict of str to str
        Rows of the results file.
    task : Task
        Whose rows they are.

    Returns
    -------
    list of str
        A line for each goal.
    """
    pairs = compare(rows, task)
    score, error = (task.shown[name][0] for name in (task.score, task.error))

    def no_lower(pair, rival):
        return float(pair["ours"][task.score]) >= float(pair[rival][task.score])

    def at_least(factor, column, ours=None):
        ratios = [ratio(pair, column, ours=ours) for pair in pairs]
        return [value >= factor for value in ratios if not np.isnan(value)]

    met = {
        f"{score} no lower than of AutoGluon's choice": [
            no_lower(pair, "chosen") for pair in pairs
        ],
        f"{score} no lower than of its better one on the test rows": [
            no_lower(pair, "best") for pair in pairs
        ],
        f"{error} no higher than of its choice": [
            ratio(pair, task.error) >= 1 for pair in pairs
        ],
        "distilled in a fifth of the time": at_least(5, "seconds"),
        "one row of a frame in a fiftieth of the time": at_least(50, "row_seconds"),
        "one row of an array in a fiftieth of the time": at_least(
            50, "row_seconds", "array_row_seconds"
        ),
    }
    return [f"{what}: {sum(of)} of {len(of)} tables" for what, of in met.items()]
