"""The ids that every vocabulary shares."""

UNKNOWN = 0
BOUNDARY = 1  # the newline, which starts and ends a sentence
