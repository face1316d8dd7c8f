"""What rows an estimator, or one made of others, takes: sparse, missing, texts."""

from collections.abc import Mapping

from sklearn.pipeline import Pipeline

from sklearn_kd._estimators.parts import thawed
from sklearn_kd._estimators.unusable_parts import read_tags
from sklearn_kd._tables.containers import as_rows, sliceable_rows


def takes_sparse(parts):
    """Return whether every part takes sparse rows, but for parts without tags."""
    return all(_takes(part, "sparse") for part in parts)


def takes_missing(parts):
    """Return whether every part takes missing values, but for parts without tags."""
    return all(_takes(part, "allow_nan") for part in parts)


def takes_text(parts):
    """Return whether every part takes texts, but for parts without tags."""
    return all(_without_tags(part) or _reads_text(part) for part in parts)


def takes_outputs(parts):
    """Return whether every part learns several outputs, but for parts without tags."""
    tags = [tags for tags in map(read_tags, parts) if tags is not None]
    return all(one.target_tags.multi_output for one in tags)


def rows_for(models, X):
    """Give rows as models of the user's read them.

    Parameters
    ----------
    models : iterable of object
        The models that get the rows.
    X : object
        What the user passed.

    Returns
    -------
    object
        As from ``as_rows`` for models of scikit-learn and of this package, and a list
        of dicts for those that read it; as from ``sliceable_rows`` where another model
        is among them, which may need tensors.

    Raises
    ------
    TypeError, ValueError
        As these two.
    """
    models = list(models)
    packages = {type(model).__module__.partition(".")[0] for model in models}
    if not packages <= {"sklearn", "sklearn_kd"}:
        return sliceable_rows(X)
    of_dicts = isinstance(X, (list, tuple)) and X and isinstance(X[0], Mapping)
    if of_dicts and all(_takes(model, "dict") for model in models):
        return X
    return as_rows(X)


def _reads_text(part):
    """Whether an estimator, or one that it is made of, takes texts.

    Pipelines, voting and searches do not declare it themselves.
    """
    if isinstance(part, (list, tuple)):
        return any(map(_reads_text, part))
    if isinstance(part, type) or not hasattr(part, "get_params"):
        return False
    tags = read_tags(part)
    if tags is not None:
        # an imputer takes strings too, but in columns
        vectorizes = tags.input_tags.string and not tags.input_tags.two_d_array
        if vectorizes or tags.no_validation:
            return True
    return any(map(_reads_text, part.get_params(deep=False).values()))


def _without_tags(part):
    return read_tags(part) is None


def _is_own_transformer(part):
    """Return whether a transformer's class is the user's, without tags for input."""
    kind = type(part)
    own = not kind.__module__.startswith(("sklearn.", "sklearn_kd."))
    return own and hasattr(part, "transform") and not hasattr(part, "predict")


def _takes(part, tag):
    tags = read_tags(part)
    if tags is None or getattr(tags.input_tags, tag):
        return True
    if tag == "allow_nan" and (tags.no_validation or _is_own_transformer(part)):
        return True  # its tag is scikit-learn's default, and means nothing
    # The tag of an estimator made of others may be False whatever theirs are (a
    # pipeline that imputes first, a search, a threshold): then the parts decide, in
    # fit.
    inner = thawed(part)
    if isinstance(inner, Pipeline):
        if not inner.steps:
            return True  # fit refuses it
        return _takes(inner.steps[0][1], tag)
    values = inner.get_params().values() if hasattr(inner, "get_params") else ()
    return any(
        hasattr(value, "get_params") and not isinstance(value, type) for value in values
    )
