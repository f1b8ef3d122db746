"""Stores: read-only SQL. get_* gives one row or raises NotFound, find_* one or None, lists are plural nouns."""


class NotFound(Exception):
    """There is no such row for this reader; absent and foreign are the same."""
