"""What a person at the terminal can mend."""


class Problem(Exception):
    """One sentence: what is wrong and what to do. Commands print it and end with 1."""
