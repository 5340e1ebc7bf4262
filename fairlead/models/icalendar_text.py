"""Calendar components as text (RFC 5545): values escaped, lines folded, moments in UTC, so that no zone has to be told.

Written by hand, because a feed has thousands of them; tests read them with the icalendar library.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime

PRODUCT = "-//Fairlead//EN"
WIDTH = 75  # octets in a line
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
IN_PARAMETER = str.maketrans({"^": "^^", '"': "^'", "\n": "^n"})  # RFC 6868
Parameters = Mapping[str, str]


def calendar(components: Iterable[str], *, method: str = "", name: str = "") -> str:
    """A whole calendar with these components; `method` makes it a message to other calendars (RFC 5546)."""
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN"]
    head += [f"METHOD:{method}"] if method else []
    head += [text("NAME", name), text("X-WR-CALNAME", name)] if name else []
    return "\r\n".join([*head, *components, "END:VCALENDAR", ""])


def component(kind: str, lines: Iterable[str]) -> str:
    return "\r\n".join([f"BEGIN:{kind}", *filter(None, lines), f"END:{kind}"])


def text(name: str, value: str, **parameters: str) -> str:
    """A line with a text; none for an empty one."""
    if not value.isprintable():
        value = CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    return line(name, value.translate(ESCAPED), parameters) if value else ""


def moment(name: str, at: datetime) -> str:
    return f"{name}:{_packed(at.astimezone(UTC).isoformat()[:19])}Z"


def day(name: str, on: date) -> str:
    return f"{name};VALUE=DATE:{_packed(on.isoformat())}"


def _packed(iso: str) -> str:
    return iso.replace("-", "").replace(":", "")


def line(name: str, value: str, parameters: Parameters) -> str:
    """A line with a value as it stands, such as an address; folded where it is long."""
    given = "".join(f';{key}="{_quoted(each)}"' for key, each in parameters.items() if each)
    whole = f"{name}{given}:{value}"
    octets = len(whole) if whole.isascii() else len(whole.encode())
    return whole if octets <= WIDTH else "\r\n ".join(_folded(whole))


def _quoted(value: str) -> str:
    return CONTROL.sub("", value.replace("\r", "")).translate(IN_PARAMETER)


def _folded(whole: str) -> Iterator[str]:
    """Pieces of at most 75 octets, the space that begins a further one counted; no sign is cut."""
    if whole.isascii():
        yield whole[:WIDTH]
        yield from (whole[at : at + WIDTH - 1] for at in range(WIDTH, len(whole), WIDTH - 1))
        return
    piece, size, room = "", 0, WIDTH
    for sign in whole:
        octets = len(sign.encode())
        if size + octets > room:
            yield piece
            piece, size, room = "", 0, WIDTH - 1
        piece, size = piece + sign, size + octets
    yield piece
