"""Which class each named column of a table of probabilities stands for."""

import re
from itertools import takewhile
from math import isfinite

import numpy as np

from sklearn_kd._messages import show
from sklearn_kd._tables.containers import as_values
from sklearn_kd._tables.frames import are_numbered, column_names
from sklearn_kd._task.proba import check_proba, plain_label

_BOOLEANS = {"true": 1, "false": 0}


def class_order(names, classes):
    """Give the position of the class that each column names; None if not one to one.

    A name may be the class, its string in any case or in bytes, the same number or
    truth value in another spelling (``"1.0"``, ``"true"``), any of these inside a
    prefix and suffix of all names (``"proba_1"``), or one level of a MultiIndex.
    """
    if len(names) != len(classes):
        return None
    return _places(names, classes)


def match_columns(names, classes):
    """Give each named column the class that it names, in any spelling.

    Parameters
    ----------
    names : list
        Column names of a frame, of which some may be no classes.
    classes : ndarray of shape (n_classes,)
        The labels; spelled as for :func:`class_order`.

    Returns
    -------
    list
        One label a column; a column that names no class keeps its name.
    """
    labels = classes.tolist()
    places = _places(names, labels)
    if places is not None:
        return [
            name if place is None else labels[place]
            for name, place in zip(names, places, strict=True)
        ]
    for spell in _SPELLINGS:
        known = {spell(label): label for label in labels}
        if len(known) == len(labels) and any(spell(name) in known for name in names):
            return [known.get(spell(name), name) for name in names]
    return names


def refuse_some(names, classes, source):
    """Refuse names of which some are classes, where they are not each class once.

    Parameters
    ----------
    names, classes
        As for :func:`class_order`, which found no order.
    source : str
        Whose columns they are, for the message.

    Raises
    ------
    ValueError
        With the names and the classes.
    """
    labels = list(map(plain_label, classes))
    for spell in _SPELLINGS:
        known = set(map(spell, labels))
        for view in _views(names):
            if any(spell(name) in known for name in view):
                raise ValueError(
                    f"The columns of {source} are named {show(names)}, and the classes "
                    f"are {show(labels)}: some names are classes, but they do not name "
                    "each class once. Name every column by its class, or pass an array "
                    "with columns in the order of the classes."
                )


def read_proba(proba, classes):
    """Check probabilities, and bring columns named by classes into their order."""
    proba = as_values(proba, "proba")
    checked = check_proba(proba, len(classes))
    names = column_names(proba)
    if names is None or are_numbered(names, proba):
        return checked
    order = class_order(names, classes)
    if order is None:
        refuse_some(names, classes, "proba")
        return checked
    return checked[:, np.argsort(order)]


def _places(names, classes):
    """Give for each name the place of its class, or None; None unless all have one."""
    for view in _views(names):
        for spell in _SPELLINGS:
            places = _find(list(map(spell, view)), list(map(spell, classes)))
            if places is not None:
                return places
    for view in _views(names):
        places = _find_decorated(list(map(_text, view)), list(map(_key, classes)))
        if places is not None:
            return places
    return None


def _find(names, labels):
    """Look names up among labels; None unless each label is there exactly once."""
    place = {label: position for position, label in enumerate(labels)}
    places = [place.get(name) for name in names]
    found = sorted(p for p in places if p is not None)
    return places if found == list(range(len(labels))) else None


def _find_decorated(names, keys):
    """Look names up without a prefix and a suffix that all share, long ones first."""
    known, length = set(keys), min(map(len, names), default=0)
    prefix = _n_shared(names)
    suffix = _n_shared([name[::-1] for name in names])
    for start in range(prefix, -1, -1):
        for end in range(min(suffix, length - start), -1, -1):
            first = names[0][start : len(names[0]) - end]
            if len(names) == len(keys) and _key(first) not in known:
                continue
            if any(_cuts_number(name, start, len(name) - end) for name in names):
                continue
            cores = [_key(name[start : len(name) - end]) for name in names]
            places = _find(cores, keys)
            if places is not None:
                return places
    return None


def _n_shared(names):
    """Count the characters with which all names begin."""
    columns = zip(*names, strict=False)
    return sum(1 for _ in takewhile(lambda letters: len(set(letters)) == 1, columns))


def _cuts_number(name, start, end):
    """Return whether a part of a name begins or ends within a number."""
    before, after = name[max(start - 1, 0) : start + 1], name[end - 1 :]
    begins = start > 0 and re.fullmatch(r"\d\d", before)
    return bool(begins or (end < len(name) and re.match(r"[\d.]\d|\d\.\d", after)))


def _views(names):
    """List the names, and the levels in which the tuples of a MultiIndex differ."""
    views = [names]
    if names and all(isinstance(name, tuple) for name in names):
        levels = map(list, zip(*names, strict=False))
        views += [level for level in levels if len(set(level)) > 1]
    return views


def _text(name):
    """Spell a name as text; bytes are decoded."""
    name = plain_label(name)
    if isinstance(name, bytes):
        return name.decode(errors="replace")
    return str(name)


def _key(name):
    """Give what all spellings of a number, a truth value or a text share."""
    name = plain_label(name)
    if isinstance(name, (bool, int, float)):
        return name
    text = _text(name).strip().casefold()
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    for kind in () if "_" in text else (int, float):
        try:
            number = kind(text)
            if isfinite(number):
                return number
        except (ValueError, OverflowError):
            continue
    return text


#: From the strictest on: by equality, by strings, by what spellings share.
_SPELLINGS = plain_label, _text, _key
