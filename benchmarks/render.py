"""Write the tables of README.md and docs/benchmarks.rst from the results files.

python benchmarks/render.py
"""

import csv
from pathlib import Path

from quality import RESULTS as QUALITY
from quality import read_results, summarise
from speed import RESULTS as SPEED

ROOT = Path(__file__).parent.parent


def speed_lines(rows):
    """Make the lines of the speed table."""
    lines = ["| what | ratio | goal | |", "|---|---:|---:|---|"]
    for row in rows:
        goal = f"{row['goal']} or less" if row["goal"] else ""
        ratio = f"{float(row['ratio']):.2f}"
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
    tables = {
        "quality": summarise(read_results(QUALITY)),
        "speed": speed_lines(read_results(SPEED)),
    }
    readme = ROOT / "README.md"
    text = readme.read_text()
    for name, lines in tables.items():
        text = between(text, name, lines)
        as_csv(lines, ROOT / "docs" / "tables" / f"{name}.csv")
    readme.write_text(text)


if __name__ == "__main__":
    main()
