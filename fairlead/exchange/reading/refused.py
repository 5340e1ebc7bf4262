"""A file that cannot be read: what it is, and what to do about it."""

from fairlead.core.errors import Invalid


class Unreadable(Invalid):
    code = "unreadable"

    def __init__(self, text: str) -> None:
        super().__init__({"file": [text]})
