"""What the demo says when it cannot go on."""


class DemoError(Exception):
    """Something that the user can mend; the message is one line and says what."""
