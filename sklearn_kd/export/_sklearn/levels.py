"""Nominal columns in scikit-learn: levels as text, in one-hot columns."""

from math import isfinite

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from sklearn_kd._messages import show

#: What the marks of missing values are as text: NaN, None, and those of pandas.
MISSING = ("nan", "None", "<NA>", "NaT", "NaN")

#: Longer strings are looked up as they are: an array of texts has their width.
_WIDEST = 64


def texts_of(level):
    """List what a level, and any value that equals it, is as text."""
    if level is None:
        return MISSING
    if isinstance(level, str):
        return (level,)
    texts = [str(level)]
    if isfinite(level) and level == int(level):
        texts += [str(int(level)), str(float(level))]
    if level in (0, 1):
        texts.append(str(bool(level)))
    if level == 0:
        texts.append("-0.0")
    return tuple(dict.fromkeys(texts))


def vectors_of(step):
    """Read what each text adds to an unknown level's vector.

    Parameters
    ----------
    step : AddLevel
        Levels and their vectors.

    Returns
    -------
    texts : dict of str to ndarray of shape (n_units,)
        Of any value, by its text.
    strings : dict of str to ndarray of shape (n_units,)
        What strings add to that, where they are long or the text of another level too.
    """
    changes = step.vectors[:-1] - step.vectors[-1]
    texts, strings = {}, {}
    for as_strings in (False, True):
        for level, change in zip(step.levels, changes, strict=True):
            if isinstance(level, str) is as_strings:
                for text in texts_of(level):
                    if text in texts or len(text) > _WIDEST:
                        strings[text] = change - texts.get(text, 0)
                    else:
                        texts[text] = change
    return tuple(
        {text: change for text, change in sorted(each.items()) if change.any()}
        for each in (texts, strings)
    )


def blocks_of_levels(steps, inputs):
    """Write the levels of all nominal columns as one-hot columns.

    Parameters
    ----------
    steps : list of AddLevel
        One for each column.
    inputs : tuple of Input
        The columns of a row, for messages.

    Yields
    ------
    name : str
        What the columns are, a different one for each block.
    columns : list of int
        Those that are read.
    transformer : Pipeline
        Of these columns; to be fitted on any rows.
    weights : ndarray of shape (n_texts, n_units), float64
        What each output of it is multiplied by.

    Raises
    ------
    TypeError
        For levels that are bytes.
    """
    blocks = {"levels": [], "strings": []}
    for step in steps:
        _check(step, inputs[step.column].label)
        for group, found in zip(blocks.values(), vectors_of(step), strict=True):
            if found:
                group.append((step.column, found))
    for name, group in blocks.items():
        if group:
            yield name, *one_hot(group, as_text=name == "levels")


def one_hot(group, as_text=True):
    """Make the one-hot columns of texts, or of strings alone; others have none.

    A group has for each column its position and the vector of each text.
    """
    kinds = {"objects": "O"}
    if as_text:
        # one more character tells what begins with a level
        width = 1 + max(len(text) for _, found in group for text in found)
        kinds["texts"] = f"U{width}"
    steps = [
        (name, FunctionTransformer(np.asarray, kw_args={"dtype": kind}))
        for name, kind in kinds.items()
    ]
    categories = [np.array([*found]).astype(object) for _, found in group]
    encoder = OneHotEncoder(categories=categories, handle_unknown="ignore")
    weights = [change for _, found in group for change in found.values()]
    columns = [column for column, _ in group]
    return columns, Pipeline([*steps, ("levels", encoder)]), np.vstack(weights)


def _check(step, label):
    """Refuse levels that change when they become text."""
    for level in step.levels:
        is_text = isinstance(level, str)
        if isinstance(level, bytes) or (is_text and level.endswith("\0")):
            raise TypeError(
                f"to_sklearn cannot write the level {show(level)} of column "
                f"{show(label)}: expected numbers, or strings that do not end with a "
                "null character. Turn the column into such strings before fitting."
            )
