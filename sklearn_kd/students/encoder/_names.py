"""Names of the columns that a TabularEncoder puts out."""


def output_names(encoder, features):
    """Name the output columns of a fitted encoder.

    Parameters
    ----------
    encoder : TabularEncoder
        Fitted.
    features : sequence of str
        Names of the input columns.

    Returns
    -------
    list of str
        Distinct names, in the order of the output.
    """
    names = [features[column] for column in encoder.score_columns_]
    if encoder.components_ is not None:
        names += [
            f"{features[encoder.score_columns_[column]]}_from_{lower:g}"
            for column, lower in encoder.components_.edges()
        ]
    names += [f"{features[column]}_missing" for column in encoder.flag_columns_]
    for column, levels in encoder.levels_.items():
        endings = ["missing" if level is None else level for level in levels]
        if column in encoder.grouped_columns_:
            endings.append("other")
        names += [f"{features[column]}_{ending}" for ending in endings]
    for column, (_, scores) in encoder.level_scores_.items():
        names += [f"{features[column]}_score_{i}" for i in range(scores.shape[1])]
    return _distinct(names)


def _distinct(names):
    """Number names that have been given away already."""
    taken = set(names)
    seen = set()
    distinct = []
    for name in names:
        new, number = name, 2
        while new in seen or (new != name and new in taken):
            new, number = f"{name}_{number}", number + 1
        seen.add(new)
        distinct.append(new)
    return distinct
