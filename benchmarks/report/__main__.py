"""Write the tables of the docs, and table and picture of README.md, from results files.

python -m benchmarks.report [--results quality.csv]
"""

import argparse
import csv
from pathlib import Path

import pandas as pd

from benchmarks.cascade import table as cascade_table
from benchmarks.exports import browser as exports_browser
from benchmarks.exports import table as exports_table
from benchmarks.fits import table as fits_table
from benchmarks.machines import table as machines_table
from benchmarks.peers import table as peers_table
from benchmarks.peers.classification import CLASSIFICATION as PEERS
from benchmarks.peers.regression import REGRESSION as PEERS_REGRESSION
from benchmarks.quality import cross_fit, prior, schedules, which_student
from benchmarks.report import goals, headline, quantiles, regression, summary
from benchmarks.search import table as search_table
from benchmarks.serve import measure as serve
from benchmarks.shared.results import FOLDER, read_rows
from benchmarks.speed import profile as speed_profile
from benchmarks.speed import scale as speed_scale
from benchmarks.speed import threads as speed_threads
from benchmarks.speed import torch_threads as speed_torch_threads
from benchmarks.speed import wide as speed_wide

ROOT = Path(__file__).parents[2]

#: Results of the teachers that no goal is about.
STRONG = FOLDER / "strong.csv"

#: Results of other tasks, and their tables.
TASKS = {
    FOLDER / "quality_regression.csv": regression.TABLES,
    FOLDER / "quantiles.csv": quantiles.TABLES,
}

#: Tables of the quality benchmark, by the name of their file and of their block.
QUALITY = {
    "quality": summary.model_lines,
    "quality_goals": summary.goal_lines,
    "quality_sets": summary.set_lines,
    "quality_pairs": summary.pair_lines,
    "quality_gap": summary.gap_lines,
    "quality_missed": summary.missed_lines,
    "quality_pool": summary.pool_lines,
    "quality_teachers": summary.teacher_lines,
}


def speed_lines(rows):
    """Make the lines of the speed table."""
    lines = ["| what | ratio | goal | |", "|---|---:|---:|---|"]
    for row in rows:
        goal = f"{float(row['goal']):.3g} or less" if row["goal"] else ""
        ratio = f"{float(row['ratio']):.3g}"
        lines.append(f"| {row['what']} | {ratio} | {goal} | {row['verdict']} |")
    return lines


def between(text, name, lines):
    """Replace what stands between the two marks of a table."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return before + begin + "\n" + "\n".join(lines) + "\n" + end + after


def as_csv(lines, path):
    """Write the lines of a Markdown table as a file for Sphinx's csv-table."""
    path.parent.mkdir(exist_ok=True)
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (lines[0], *lines[2:])
    ]
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(cells)


def main():
    """Render every table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path, default=FOLDER / "quality.csv")
    args = parser.parse_args()
    rows = goals.read(args.results)
    tables = {name: make(rows) for name, make in QUALITY.items()}
    if STRONG.exists():
        strong = goals.read(STRONG)
        tables["strong"] = summary.strong_lines(strong)
        tables["quality_teachers"] += summary.teacher_lines(strong)[2:]
    for path, makers in TASKS.items():
        if path.exists():
            found = goals.read(path)
            tables |= {name: make(found) for name, make in makers.items()}
    timed = read_rows(FOLDER / "speed.csv")
    tables["speed"] = speed_lines(timed)
    figures = headline.headline(rows, timed)
    others = (search_table, machines_table, serve)
    timings = (speed_scale, speed_profile, speed_threads, speed_torch_threads)
    timings += speed_wide, exports_table, exports_browser
    for module in (*timings, *others):
        name = module.RESULTS.stem
        if module.RESULTS.exists():
            tables[name] = module.lines(read_rows(module.RESULTS))
    searched = FOLDER / "search.csv"
    if searched.exists():
        tables["quality_search"] = summary.search_lines(pd.read_csv(searched))
    if cross_fit.RESULTS.exists():
        tables["cross_fit"] = cross_fit.lines(read_rows(cross_fit.RESULTS))
    if prior.RESULTS.exists():
        tables["prior"] = prior.lines(read_rows(prior.RESULTS))
    if cascade_table.RESULTS.exists():
        found = read_rows(cascade_table.RESULTS)
        tables["cascade"] = cascade_table.lines(found)
        tables["cascade_sets"] = cascade_table.set_lines(found)
    if fits_table.RESULTS.exists():
        found = read_rows(fits_table.RESULTS)
        tables["fits"] = fits_table.lines(found)
        tables["fits_sets"] = fits_table.set_lines(found)
    if schedules.RESULTS.exists():
        tables["schedules"] = schedules.lines(read_rows(schedules.RESULTS))
    if which_student.RESULTS.exists():
        rows = which_student.read(which_student.RESULTS)
        tables["students"] = which_student.lines(rows)
    for task in (PEERS, PEERS_REGRESSION):
        if task.results.exists():
            found = read_rows(task.results)
            tables[task.results.stem] = peers_table.list_models(found, task)
    for name, lines in tables.items():
        as_csv(lines, ROOT / "docs" / "tables" / f"{name}.csv")
    readme = ROOT / "README.md"
    readme.write_text(between(readme.read_text(), "headline", headline.lines(figures)))
    headline.draw(figures)


if __name__ == "__main__":
    main()
