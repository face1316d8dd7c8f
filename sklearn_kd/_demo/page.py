"""The page that the demo writes: the report and its pictures, in one HTML file."""

import base64
import io
import os
import warnings
from html import escape

from sklearn.metrics import PredictionErrorDisplay

from sklearn_kd import __version__
from sklearn_kd._demo.error import DemoError
from sklearn_kd._demo.picture import figure_of
from sklearn_kd.inspection.displays.agreement import AgreementDisplay
from sklearn_kd.inspection.displays.reliability import ReliabilityDisplay
from sklearn_kd.inspection.displays.training_curve import TrainingCurveDisplay

#: Bytes at the end of a page that are looked at.
_END = 2000

#: What a page of ours has near its end, by which it is known.
_WRITTEN = "Written by sklearn_kd"

#: Nothing is loaded from anywhere, and the browser holds the page to that.
_HEAD = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 62em;
 padding: 0 1em; }}
h1 {{ font-size: 1.5em; overflow-wrap: anywhere; }}
h2 {{ font-size: 1.15em; margin-top: 2em; }}
.scroll {{ overflow-x: auto; }}
img {{ background: #fff; border-radius: 6px; max-width: 100%; margin: .5em 0; }}
footer {{ margin-top: 3em; font-size: .85em; opacity: .75; }}
</style>
</head>
<body>
"""


def write_page(report, path, title, lines, notes, pictures):
    """Write the report on a student as one HTML file.

    Parameters
    ----------
    report : DistillationReport
        Its tables.
    path : str
        The file.
    title : str
        The headline.
    lines : list of str
        What the reader wants to know first.
    notes : list of str
        How the figures came about.
    pictures : list of (str, Figure)
        Headings and pictures.
    """
    parts = [_HEAD.format(title=escape(title)), f"<h1>{escape(title)}</h1>\n<ul>"]
    parts += [f"<li>{escape(line)}</li>" for line in lines]
    parts.append('</ul>\n<h2>The figures</h2>\n<div class="scroll">')
    parts += [report._repr_html_(), "</div>\n"]
    for heading, figure in pictures:
        parts.append(f"<h2>{escape(heading)}</h2>\n{_image(figure, heading)}\n")
    notes = [*notes, f"{_WRITTEN} {__version__}."]
    parts.append(f"<footer>{' '.join(map(escape, notes))}</footer>\n</body>\n</html>\n")
    with open(path, "w", encoding="utf-8") as page:
        page.write("".join(parts))


def check_page(path, picture):
    """Refuse to write over a page that is not one of ours: its name was not given.

    Parameters
    ----------
    path : str
        Where the page goes.
    picture : str
        The file beside which it stands.

    Raises
    ------
    DemoError
        With the fix.
    """
    if not os.path.isfile(path):
        return
    with open(path, "rb") as page:
        size = page.seek(0, os.SEEK_END)
        page.seek(max(0, size - _END))
        ours = _WRITTEN.encode() in page.read()
    if not ours:
        raise DemoError(
            f"the report would be written over {path}, which is no page of this "
            f"command: move it, or name the picture otherwise (now {picture})."
        )


def pictures_of(comparison, title, teacher, student, X, y):
    """Draw the pictures of a page.

    Parameters
    ----------
    comparison : Comparison
        The measures of the models.
    title : str
        The headline of the first picture.
    teacher, student : object
        Fitted.
    X, y : DataFrame, array-like
        The rows that were held out, and their targets.

    Returns
    -------
    list of (str, Figure)
        Headings and pictures.
    """
    pictures = [("Quality, size and speed", figure_of(comparison, title))]
    labels = teacher.predict(X), student.predict(X)
    figure, axes = _axes()
    pictures.append(("Where the student differs from the teacher", figure))
    if comparison.score == "r2":
        PredictionErrorDisplay.from_predictions(
            *labels, kind="actual_vs_predicted", ax=axes
        )
        axes.set(xlabel="prediction of the student", ylabel="prediction of the teacher")
    else:
        AgreementDisplay.from_predictions(*labels, ax=axes)
        figure, axes = _axes()
        pictures.append(("How sure both are, and how often they are right", figure))
        probas = teacher.predict_proba(X), student.predict_proba(X)
        ReliabilityDisplay.from_predictions(
            y, *probas, labels=student.classes_, ax=axes
        )
    figure, axes = _axes()
    pictures.append(("The training of the student", figure))
    TrainingCurveDisplay.from_estimator(student, ax=axes)
    return pictures


def _axes():
    """Make axes in a figure that pyplot does not know of."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 6), layout="compressed")
    return figure, figure.subplots()


def _image(figure, text):
    """Write a figure into the page itself."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        figure.savefig(buffer, format="png", dpi=110)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{escape(text)}" src="data:image/png;base64,{data}">'
