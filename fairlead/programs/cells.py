"""Cells of a table that is opened in a spreadsheet: none of them is taken for a formula."""

STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def plain(value: object) -> object:
    """A text that a spreadsheet would calculate gets an apostrophe in front; numbers and other texts stay."""
    text = value if isinstance(value, str) else ""
    return f"'{text}" if text.lstrip(" ").startswith(STARTS) else value
