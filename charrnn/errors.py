"""The one exception that a user may meet."""


class CharrnnError(Exception):
    """Something the user can mend; the message says what, where and how, in one line."""
