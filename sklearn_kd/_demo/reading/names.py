"""Find the columns that the user named among those of the table."""

import re
from difflib import get_close_matches

from sklearn_kd._demo.error import DemoError

#: Names that a message lists, of more.
_SHOWN = 10

# a name between commas, or in double quotes as in a .csv file, with any ends of lines
_NAME = re.compile(r' *(?:"((?:[^"]|"")*)"|([^,]*))(,|\Z)')


def find_target(names, target, path, headed):
    """Position of the column to predict.

    Parameters
    ----------
    names : list of str
        The columns, each once.
    target : str
        What the user wrote.
    path : str
        The file, for the message.
    headed : bool
        Whether the names are the first line of a text.

    Returns
    -------
    int
        Where it stands.

    Raises
    ------
    DemoError
        Where no column has that name, with those that are near.
    """
    if target in names:
        return names.index(target)
    if headed and sum(map(_is_number, names)) > len(names) / 2:
        raise DemoError(
            f"{path} has no column {target!r}: its first line, {_listed(names)}, looks "
            "like a row of the table. Put a line with the names of the columns above."
        )
    raise DemoError(f"{path} has no column {target!r}: {_hint(target, names)}")


def find_nominal(names, wanted, target, path):
    """Find the names of the columns that ``--nominal`` declares as codes.

    Parameters
    ----------
    names : list of str
        The columns, each once.
    wanted : list of str
        What the user wrote: names between commas, those that contain a comma in double
        quotes, as in a .csv file.
    target : str
        The column to predict, which cannot be among them.
    path : str
        The file, for the message.

    Returns
    -------
    list of str
        Each once.

    Raises
    ------
    DemoError
        For what is no column, and for the target.
    """
    found = []
    for text in wanted:
        parts = split_names(text)
        if text in names and len(parts) > 1:
            if all(part in names for part in parts):
                raise DemoError(
                    f"--nominal {text}: there is a column of that name, and one for "
                    f"each of its parts. Write the one as '\"{text}\"', or pass "
                    "--nominal once for each of the others."
                )
            parts = [text]
        if not any(parts):
            raise DemoError(f"--nominal {text!r} names no column.")
        found += parts
    for name in found:
        if name == target:
            raise DemoError(
                f"--nominal {name}: that is the target, whose values --task "
                "classification takes for classes. Leave it out of the list."
            )
        if name not in names:
            raise DemoError(
                f"--nominal: {path} has no column {name!r}: {_hint(name, names)}"
            )
    return list(dict.fromkeys(found))


def split_names(text):
    """Give the names in a list with commas between them."""
    parts = []
    for quoted, plain, comma in _NAME.findall(text):
        parts.append(quoted.replace('""', '"') or plain)
        if not comma:
            break
    return parts


def _hint(name, names):
    """Name the columns that may be meant by a name that no column has."""
    lower = {other.lower(): other for other in names}
    close = get_close_matches(name.lower().strip(), lower, n=3)
    longer = [other for other in names if "," in other and name in other.split(",")]
    if longer:
        return f"write {longer[0]!r}, which contains a comma, as '\"{longer[0]}\"'"
    if close:
        return f"did you mean {' or '.join(repr(lower[one]) for one in close)}?"
    return f"it has {_listed(names)}"


def _listed(names):
    """Write the first names, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(repr, names[:_SHOWN])) + more


def _is_number(name):
    """Return whether a name reads as a number."""
    try:
        float(name)
    except ValueError:
        return False
    return True
