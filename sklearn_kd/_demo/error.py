"""What the demo says when it cannot go on."""


class DemoError(Exception):
    """Something that the user can mend; the message is one line and says what."""


def first_line(error):
    """Give the first line of what an exception says, or its type."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
