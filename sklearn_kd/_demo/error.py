"""What the demo says when it cannot go on, and how it shows what users wrote."""


class DemoError(Exception):
    """Something that the user can mend; the message is one line and says what."""


def clean(text):
    """Escape line ends and whatever else would steer a terminal."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in str(text))


def first_line(error):
    """Give the first line of what an exception says, or its type."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
