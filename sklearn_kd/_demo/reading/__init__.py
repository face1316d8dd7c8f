"""Tables of the user and those that ship, read from files."""
