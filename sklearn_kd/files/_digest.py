"""Digests of files."""

import hashlib


def digest_of_file(path):
    """Give the SHA-256 of the contents of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
