"""Quality, speed and peers: run from the root of the repository."""
