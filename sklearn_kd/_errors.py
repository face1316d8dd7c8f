"""Errors that are told again in other words."""


def with_message(error, message):
    """Make an error of the same type, or the nearest one that takes a message alone.

    Parameters
    ----------
    error : Exception
        What was raised.
    message : str
        What the new one says.

    Returns
    -------
    Exception
        To be raised from the old one.
    """
    beginning = message[:20]  # a KeyError shows it in quotes
    for kind in type(error).__mro__:
        if kind in (Exception, object):
            break
        try:
            made = kind(message)
        except Exception:
            continue
        if beginning in str(made):
            return made
    return ValueError(message)
