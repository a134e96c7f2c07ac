"""What can go wrong with the embedded PostgreSQL, said to the person who started it."""


class EmbeddedPostgresError(Exception):
    """One line: what is wrong and what to do about it."""
