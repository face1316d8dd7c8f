"""The error of the demo: one line that a user can act on."""


class DemoError(Exception):
    """An error that the user can fix; its message is one line with the fix."""


def first_line(error):
    """Give the first line of an exception's message, or its type."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
