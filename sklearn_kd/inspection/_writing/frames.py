"""Measures as a frame of pandas, which is imported where one is made."""


def to_frame(rows, index):
    """Make a frame of dicts of one set of keys, of which one names the rows.

    Parameters
    ----------
    rows : list of dict
        The rows.
    index : str
        The key whose values become the index.

    Returns
    -------
    pandas.DataFrame
        A column for each other key.

    Raises
    ------
    ImportError
        Without pandas, with what to install.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "to_frame needs pandas, which is not installed: pip install pandas. "
            "to_dict() has the same numbers without it."
        ) from error
    return pd.DataFrame(rows).set_index(index)
