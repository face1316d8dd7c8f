"""What the columns of a pipeline's rows hold, read off its fitted steps."""

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline

from sklearn_kd._messages import show
from sklearn_kd.export._program.steps import Input

#: What stands for the levels of a column that no step reads.
UNREAD = object()


class Unknown(Exception):
    """A step does not tell what a column holds; the message says which."""


def read_columns(estimator):
    """Describe the columns that a fitted estimator of scikit-learn reads.

    Parameters
    ----------
    estimator : estimator
        Fitted.

    Returns
    -------
    tuple of Input
        With the levels of columns that an encoder has learned, and numbers else. Beside
        levels a column that no step reads is left out, as it may hold anything.

    Raises
    ------
    Unknown
        Where levels are of several types, or missing, and where two steps differ.
    """
    n_columns = estimator.n_features_in_
    names = getattr(estimator, "feature_names_in_", range(n_columns))
    levels = _levels(estimator, list(names))
    inputs = tuple(
        Input(name, None if each is UNREAD else each)
        for name, each in zip(names, levels, strict=True)
    )
    if all(column.levels is None for column in inputs):
        return inputs
    read = zip(inputs, levels, strict=True)
    return tuple(column for column, each in read if each is not UNREAD)


def labels_in(estimator):
    """Name all columns that an estimator was fitted on, read or not."""
    names = getattr(estimator, "feature_names_in_", range(estimator.n_features_in_))
    return [Input(name, None).label for name in names]


def by_column(estimator):
    """Return whether a step chooses columns, so that each has to be an input."""
    if isinstance(estimator, Pipeline):
        first = _first(estimator)
        return first is not None and by_column(first)
    if isinstance(estimator, FeatureUnion):
        return any(by_column(each) for _, each in estimator.transformer_list)
    return isinstance(estimator, ColumnTransformer)


def _levels(estimator, names):
    """Give for each column its levels, None for numbers, or that it is not read."""
    if isinstance(estimator, Pipeline):
        first = _first(estimator)
        return [None] * len(names) if first is None else _levels(first, names)
    if isinstance(estimator, ColumnTransformer):
        return _chosen(estimator, names)
    if isinstance(estimator, FeatureUnion):
        found = [_levels(each, names) for _, each in estimator.transformer_list]
        return [
            _agreed(each, names[place])
            for place, each in enumerate(zip(*found, strict=True))
        ]
    if hasattr(estimator, "categories_"):
        lists = estimator.categories_
        return [_plain(each, name) for each, name in zip(lists, names, strict=True)]
    if isinstance(estimator, SimpleImputer) and estimator.statistics_.dtype == object:
        raise Unknown(f"SimpleImputer fills in strings in {show(names[:4])}.")
    if getattr(estimator, "is_categorical_", None) is not None:
        raise Unknown(
            f"{type(estimator).__name__} has nominal columns, which skl2onnx would "
            "take as numbers."
        )
    return [None] * len(names)


def _first(pipeline):
    """Give the first step that does something."""
    steps = (step for _, step in pipeline.steps if step not in ("passthrough", None))
    return next(steps, None)


def _chosen(transformer, names):
    """Collect what the parts of a ColumnTransformer read."""
    found = [[] for _ in names]
    for _, part, columns in transformer.transformers_:
        if isinstance(part, str) and part == "drop":
            continue
        places = _places(columns, names)
        own = [names[place] for place in places]
        if not isinstance(part, str) and own:
            levels = _levels(part, own)
        else:
            levels = [None] * len(own)
        for place, each in zip(places, levels, strict=True):
            found[place].append(each)
    return [_agreed(each, names[place]) for place, each in enumerate(found)]


def _places(columns, names):
    """Give the positions of the columns that a part has been given."""
    if isinstance(columns, str):
        columns = [columns]
    if isinstance(columns, slice) or np.asarray(columns).dtype.kind in "iub":
        return np.atleast_1d(np.arange(len(names))[columns]).tolist()
    return [names.index(column) for column in columns]


def _agreed(found, name):
    """Give what several steps say of a column."""
    found = [each for each in found if each is not UNREAD] or [UNREAD]
    if any(each != found[0] for each in found):
        raise Unknown(f"Two steps read column {show(name)} as different things.")
    return found[0]


def _plain(levels, name):
    """Give learned levels as strings or whole numbers; None for other numbers."""
    levels = np.asarray(levels).tolist()
    if all(isinstance(level, str) for level in levels):
        return levels
    if all(isinstance(level, int) and not isinstance(level, bool) for level in levels):
        return levels
    if all(isinstance(level, float) and level == level for level in levels):
        return None
    if any(level is None or level != level for level in levels):
        raise Unknown(f"A missing value is a level of column {show(name)}.")
    raise Unknown(f"Column {show(name)} has the levels {show(levels[:4])}.")
