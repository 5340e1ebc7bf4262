"""The query string of a list: names, each with its values."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from fairlead.web.keyset import NotUnderstood

LONGEST = 2000  # of one value
WHOLE = 20_000
MOST_PAIRS = 300
# Where in the list the page stands, and what is shown beside it; and all names that are no filters.
PLACES = frozenset({"after", "before", "peek"})
APART = PLACES | {"sort", "columns", "group", "view", "as_of", "as"}


def pairs(given: Mapping[str, Any] | str) -> dict[str, list[str]]:
    """The values by name; empty ones, as a form sends them, say nothing."""
    if isinstance(given, str):
        try:
            found = parse_qsl(given[: WHOLE + 1], max_num_fields=MOST_PAIRS)
        except ValueError:
            raise NotUnderstood(_("This address is too long for a list. Choose its filters again.")) from None
    elif isinstance(given, MultiValueDict):
        found = [(name, value) for name, values in given.lists() for value in values]
    else:
        lists = ((name, [each] if isinstance(each, str) else each) for name, each in given.items())
        found = [(name, value) for name, values in lists for value in values]
    values: dict[str, list[str]] = {}
    for name, value in found[:MOST_PAIRS]:
        if value:
            values.setdefault(name, []).append(value)
    return values


def checked(values: dict[str, list[str]]) -> dict[str, list[str]]:
    """The same, when every value is one that can be read at all."""
    for name, texts in values.items():
        if any(not _readable(text) or (len(text) > LONGEST and name != "q") for text in texts):
            raise NotUnderstood(_("The value of %(name)s cannot be read. Choose another one.") % {"name": name[:40]})
    return values


def _readable(text: str) -> bool:
    return "\x00" not in text and not any("\ud800" <= sign <= "\udfff" for sign in text)
