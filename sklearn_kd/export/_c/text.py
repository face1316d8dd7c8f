"""Numbers, strings, names and remarks in C."""

import re

import numpy as np

from sklearn_kd._messages import show

#: No word of C or C++ can be the name of anything.
_WORDS = re.compile(
    "alignas|alignof|and|and_eq|asm|auto|bitand|bitor|bool|"
    "break|case|catch|char|class|compl|const|constexpr|const_cast|"
    "continue|decltype|default|delete|do|double|dynamic_cast|else|enum|"
    "explicit|export|extern|false|float|for|friend|goto|if|"
    "inline|int|long|mutable|namespace|new|noexcept|not|not_eq|"
    "nullptr|operator|or|or_eq|private|protected|public|register|reinterpret_cast|"
    "restrict|return|short|signed|sizeof|static|static_assert|static_cast|struct|"
    "switch|template|this|thread_local|throw|true|try|typedef|typeid|"
    "typename|union|unsigned|using|virtual|void|volatile|wchar_t|while|"
    "xor|xor_eq"
)

#: Columns of the text, and what a line of a table is indented by.
_WIDTH, _INDENT = 88, " " * 4


def check_name(name):
    """Refuse what names in C cannot begin with."""
    if not isinstance(name, str):
        raise TypeError(
            f"name must be a str, what all names in the header begin with, got "
            f'{show(name)}. Pass, for example, name="student".'
        )
    if re.search(r"[./\\]", name):
        raise ValueError(
            f"name must be what all names in the header begin with, such as "
            f'"student", got {show(name)}, which looks like a file. Pass the file as '
            f"path={show(name)}."
        )
    if _WORDS.fullmatch(name):
        raise ValueError(
            f"name={show(name)} is a word of C or C++. Pass another, such as "
            f'name="{name}_model".'
        )
    if not re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name):
        raise ValueError(
            "name must be a name of C, ASCII letters, digits and underscores behind a "
            f'letter, got {show(name)}. Pass, for example, name="student".'
        )


def distinct_names(labels):
    """Turn labels into ends of names in C, each of its own.

    Parameters
    ----------
    labels : dict of int to str
        The label of each column, by its position.

    Returns
    -------
    dict of int to str
        Underscores stand for what names cannot have; where that leaves two alike, or
        nothing, the position stands behind.
    """
    plain = {
        at: re.sub("[^A-Za-z0-9]+", "_", each).strip("_") for at, each in labels.items()
    }
    alike = list(plain.values())
    names, taken = {}, set()
    for at, each in plain.items():
        if alike.count(each) > 1 or not each:
            each = f"{each or 'column'}_{at}"
        while each in taken:
            each += f"_{at}"
        taken.add(each)
        names[at] = each
    return names


def quoted(text):
    """Write a string literal of ASCII characters; others are bytes of UTF-8."""
    return '"{}"'.format("".join(_escaped(text, '"\\?')))  # two ? begin a trigraph


def listed(text):
    """Write the characters of a string one by one, as it is too long for a literal."""
    return [f"'{each}'" for each in _escaped(text, "'\\")] + ["'\\0'"]


def _escaped(text, special):
    """Write each byte in UTF-8, those of some characters behind a backslash.

    Raises
    ------
    ValueError
        For what a string of C does not hold: a zero, or half of a surrogate pair.
    """
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError:
        content = b"\0"
    if 0 in content:
        raise ValueError(
            f"to_c cannot write {show(text)}: a string of C holds neither a null "
            "character nor half of a surrogate pair. Replace it before fitting."
        )
    for byte in content:
        if byte in special.encode():
            yield f"\\{byte:c}"
        else:
            yield chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}"


def remark(text):
    """Write text for a comment: printable, and with nothing that could end it."""
    shown = "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode()
        for each in text
    )
    for pair in ("*/", "/*", "??"):
        while pair in shown:
            shown = shown.replace(pair, " ".join(pair))
    return shown


def whole(number):
    """Write a long long; the least has no literal."""
    least = -(2**63)
    return f"({least + 1}LL - 1)" if number == least else f"{number}LL"


def floats(values):
    """Write each float32 value in the fewest digits that give it back."""
    with np.errstate(over="ignore"):
        short = np.asarray(values).astype(np.float32).ravel()
    if not np.isfinite(short).all():
        wrong = np.ravel(values)[~np.isfinite(short)][0]
        raise ValueError(
            f"to_c cannot write {show(float(wrong))} in float32, which the header "
            "computes in. Fit with regularization: such a weight is no use."
        )
    return [f"{each!s}f" for each in short]


def doubles(values):
    """Write each finite float64 value in the fewest digits that give it back."""
    return [repr(float(each)) for each in np.ravel(values)]


def filled(items):
    """Set literals in lines of a table."""
    lines, width = [[]], 0
    for item in items:
        width += len(item) + 2
        if width > _WIDTH - len(_INDENT) and lines[-1]:
            lines.append([])
            width = len(item) + 2
        lines[-1].append(item)
    return ",\n".join(_INDENT + ", ".join(line) for line in lines)
