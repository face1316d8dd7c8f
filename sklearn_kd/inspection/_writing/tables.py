"""Tables of cells as text, and as HTML for notebooks and pages."""

from html import escape

#: Borders and shades of the colour that the text has: a notebook may be dark.
STYLE = (
    "<style>.sklearn-kd{border-collapse:collapse;margin:.5em 0 1em}"
    ".sklearn-kd th,.sklearn-kd td{padding:.2em .8em;text-align:right;"
    "border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent);"
    "font-variant-numeric:tabular-nums}"
    ".sklearn-kd th:first-child{text-align:left;font-weight:normal}"
    ".sklearn-kd thead th{font-weight:bold;"
    "border-bottom:1px solid currentColor}"
    ".sklearn-kd caption{text-align:left;font-weight:bold;padding:.3em .8em}</style>"
)


def as_text(lines):
    """Write lines of cells as a table: the first column on the left, others right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "   ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])])
        for line in lines
    )


def as_html(lines, caption=None):
    """Write lines of cells as an HTML table, whose first line is the header.

    Its looks are those of :data:`STYLE`, which has to stand once in the page.
    """
    header, *body = lines
    parts = ['<table class="sklearn-kd">']
    if caption is not None:
        parts.append(f"<caption>{escape(caption)}</caption>")
    parts.append(f"<thead><tr>{_row(header, 'th')}</tr></thead><tbody>")
    for first, *cells in body:
        indented = (
            f"{'&nbsp;' * (len(first) - len(first.lstrip()))}{escape(first.strip())}"
        )
        parts.append(f"<tr><th>{indented}</th>{_row(cells, 'td')}</tr>")
    return "".join([*parts, "</tbody></table>"])


def _row(cells, tag):
    return "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)
