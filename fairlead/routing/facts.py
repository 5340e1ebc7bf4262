"""What rules know of a lead, in normal form."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

UNKNOWN_SIZE = (-1, 10**9)
NUMBER = re.compile(r"\d+")
GROUPED = re.compile(r"(?<=\d)[.,\u00a0\u202f' ](?=\d{3}\b)")
OPEN_ENDED = re.compile(r"\+|\b(more|over|ab|mehr|plus|más|oltre)\b|>", re.I)
UP_TO = re.compile(r"<|\b(under|below|less|up to|unter|bis|weniger|moins|menos|meno)\b", re.I)


@dataclass(slots=True)
class Facts:
    """`size` is the least and the most that the company may have of people; ids stand for what they link to.

    `account`: who owns the company, or else the person, that the lead is linked to. `works`: is this schedule (0: the
    organisation's) working at a moment? `adder`: who adds the lead by hand.
    """

    at: datetime
    country: str = ""
    region: str = ""
    postal_code: str = ""
    phone: str = ""
    size: tuple[int, int] = UNKNOWN_SIZE
    product: int | None = None
    source: int | None = None
    campaign: int | None = None
    endpoint: int | None = None
    lead_type: str = ""
    language: str = ""
    domain: str = ""
    account: int | None = None
    adder: int | None = None
    adder_team: int | None = None
    works: Callable[[int, datetime], bool] = field(default=lambda schedule, at: True)

    def kept(self) -> dict[str, Any]:
        """What is kept with the trace, to say later what the lead was like."""
        names = ("country", "region", "postal_code", "phone", "lead_type", "language", "domain")
        found: dict[str, Any] = {name: value for name in names if (value := getattr(self, name))}
        links = ("product", "source", "campaign", "endpoint")
        found |= {name: value for name in links if (value := getattr(self, name))}
        return found | ({"size": list(self.size)} if self.size != UNKNOWN_SIZE else {})


def facts_of(values: Mapping[str, Any], at: datetime, **more: Any) -> Facts:
    """The facts of a lead from the values of its columns."""
    return Facts(
        at=at,
        country=values.get("country") or "",
        region=plain(values.get("region") or ""),
        postal_code=postal(values.get("postal_code") or ""),
        phone=values.get("phone_e164") or "",
        size=size_of(values.get("company_size") or ""),
        source=linked(values, "source"),
        campaign=linked(values, "campaign"),
        lead_type=values.get("lead_type") or "inquiry",
        language=(values.get("language") or "").lower(),
        domain=(values.get("email") or "").rpartition("@")[2].strip().lower().rstrip("."),
        **more,
    )


def linked(values: Mapping[str, Any], name: str) -> int | None:
    """The id of what a link leads to, whether the values hold the record or its id."""
    found = values.get(name)
    return found.pk if found is not None else values.get(f"{name}_id")


def size_of(text: str) -> tuple[int, int]:
    """The least and the most people that a company of this size has: 60, 50-249, 1,000+, under 10."""
    numbers = [int(each[:9]) for each in NUMBER.findall(GROUPED.sub("", text))]
    if not numbers:
        return UNKNOWN_SIZE
    if len(numbers) > 1:
        return min(numbers[:2]), max(numbers[:2])
    if OPEN_ENDED.search(text):
        return numbers[0], UNKNOWN_SIZE[1]
    return (0, numbers[0]) if UP_TO.search(text) else (numbers[0], numbers[0])


def plain(text: str) -> str:
    return " ".join(text.casefold().split())


def postal(text: str) -> str:
    return "".join(text.split()).upper()
