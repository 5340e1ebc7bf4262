"""What a telephone system tells of a call, whichever it is: Twilio, sipgate, Placetel, 3CX, Asterisk, or a plain post.

They differ in the names of a few fields and in the words for what happened; both stand in the tables below.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from fairlead.reading.body import Unreadable, clean, read

# The names of fields, without the signs between words, the best first.
IDS = (
    "parentcallsid",
    "origcallid",
    "callsid",
    "callid",
    "linkedid",
    "uniqueid",
    "callguid",
    "uuid",
    "id",
    "historyid",
)
REMOTE = ("number", "remotenumber", "externalnumber", "phone", "phonenumber")
CALLER = ("from", "caller", "callerid", "calleridnum", "callernumber", "src", "callingnumber", "fromnumber", "ani")
CALLED = ("to", "called", "callednumber", "dst", "destination", "tonumber", "dialednumber", "exten")
HAPPENED = (
    "event", "dialcallstatus", "callstatus", "status", "state", "calltype", "type", "cause", "dialstatus",
    "disposition", "result", "outcome",
)  # fmt: skip
DIRECTIONS = ("direction", "calldirection", "calltype", "type", "event")
STARTED = ("started", "startedat", "start", "starttime", "callstart", "callstarttimeutc", "callstarttime", "begin")
ANSWERED = ("answered", "answeredat", "answer", "answertime", "connected", "callestablishedtimeutc")
ENDED = ("ended", "endedat", "end", "endtime", "callend", "callendtimeutc", "callendtime")
MOMENT = ("timestamp", "time", "date", "at", "eventtime")
LASTED = ("callduration", "billsec", "durationseconds", "duration", "seconds", "talktime")
AGENTS = (
    "agentemail", "useremail", "email", "agent", "user", "username", "fulluserid", "userid", "extension", "peer",
    "agentextension", "answeringnumber", "member",
)  # fmt: skip
# What the words for what happened say.
RINGS = {"newcall", "incomingcall", "outgoingcall", "ringing", "ring", "queued", "initiated", "dial", "dialing"}
TAKEN = {"answer", "answered", "callaccepted", "accepted", "inprogress", "connected", "up", "established"}
OVER = {
    "hangup",
    "hungup",
    "completed",
    "complete",
    "ended",
    "end",
    "finished",
    "normalclearing",
    "inbound",
    "outbound",
}
TALKED = {"completed", "accepted", "answered", "normalclearing"}
NOT_TAKEN = {
    "missed", "noanswer", "notanswered", "unanswered", "busy", "failed", "canceled", "cancelled", "cancel", "rejected",
    "blocked", "abandoned", "congestion", "notfound", "chanunavail", "voicemail", "declined", "forwarded",
}  # fmt: skip
OUTWARD = re.compile(r"out|notanswered|dialing")
NO = {"", "0", "false", "no", "null", "none"}
WITHHELD = {"anonymous", "unknown", "restricted", "private", "withheld", "unavailable", "privat"}


@dataclass(frozen=True)
class CallNews:
    """One piece of news of a call. `key` is empty when its sender names none; a number has no plus where it had none.

    `answered` is None while nobody knows.
    """

    key: str
    direction: Literal["in", "out"]
    number: str
    at: datetime
    started: datetime
    answered: bool | None
    answered_at: datetime | None
    is_over: bool
    agents: tuple[str, ...] = ()


def call_news(body: bytes, headers: Mapping[str, str], content_type: str, received: datetime) -> CallNews:
    """What this arrival tells; raises Unreadable with the reason when it tells of no call."""
    said = _said(read(body, content_type, headers.get("Content-Encoding", "")))
    happened = {_plain(word) for name in HAPPENED for word in said.get(name, ())}
    at = _moment(_first(said, MOMENT), received) or received
    ended, lasted = _moment(_first(said, ENDED), received), _seconds(_first(said, LASTED))
    is_over = bool(ended or happened & (OVER | NOT_TAKEN)) or (lasted is not None and not happened & RINGS)
    answered = _answered(said, happened, lasted, is_over)
    end = ended or at
    started = _moment(_first(said, STARTED), received) or (end - timedelta(seconds=lasted or 0) if is_over else at)
    taken_at = _moment(_first(said, ANSWERED), received) or (
        end - timedelta(seconds=lasted) if is_over and lasted is not None else started if is_over else at
    )
    direction: Literal["in", "out"] = "out" if _is_outward(said) else "in"
    number = _number(said, direction)
    key = clean(_first(said, IDS))[:190]
    if not number and not key:
        raise Unreadable("There is no number in it, and no id of a call.")
    return CallNews(
        key=key,
        direction=direction,
        number=number,
        at=end if is_over else at,
        started=min(started, end if is_over else at),
        answered=answered,
        answered_at=min(taken_at, end) if answered else None,
        is_over=is_over,
        agents=tuple(dict.fromkeys(clean(each)[:200] for name in AGENTS for each in said.get(name, ()) if each)),
    )


def _said(data: Any) -> dict[str, list[str]]:
    """The fields by their plain names, each with all its values; those of a nested object too."""
    found: dict[str, list[str]] = {}
    pairs = data if isinstance(data, list) and all(isinstance(each, tuple) for each in data) else _pairs(data)
    for name, value in pairs:
        if isinstance(value, (str, int, float)):
            found.setdefault(_plain(name), []).append(str(value).strip()[:300])
    return found


def _pairs(data: Any, depth: int = 0) -> list[tuple[str, Any]]:
    if isinstance(data, list) and depth == 0:
        data = data[0] if data else {}
    if not isinstance(data, dict) or depth > 3:
        return []
    found: list[tuple[str, Any]] = []
    for name, value in data.items():
        if isinstance(value, list):
            found += [(str(name), each) for each in value[:20]]
        else:
            found += _pairs(value, depth + 1) if isinstance(value, dict) else [(str(name), value)]
    return found


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _first(said: Mapping[str, list[str]], names: tuple[str, ...]) -> str:
    return next((value for name in names for value in said.get(name, ()) if value), "")


def _is_outward(said: Mapping[str, list[str]]) -> bool:
    """Twilio's outbound-dial is the leg on which a call that came in reaches one of ours."""
    words = [_plain(each) for name in DIRECTIONS for each in said.get(name, ())]
    if "outbounddial" in words and said.get("parentcallsid"):
        return False
    return any(OUTWARD.match(word) for word in words)


def _answered(said: Mapping[str, list[str]], happened: set[str], lasted: int | None, is_over: bool) -> bool | None:
    if happened & NOT_TAKEN:
        return False
    given = [_plain(value) for name in ANSWERED for value in said.get(name, ())]
    if given and given[0] in NO:
        return False if is_over else None
    if given or happened & (TAKEN | TALKED):
        return True
    return (lasted or 0) > 0 if is_over and lasted is not None else None


def _number(said: Mapping[str, list[str]], direction: str) -> str:
    found = _first(said, REMOTE) or _first(said, CALLER if direction == "in" else CALLED)
    found = re.sub(r"^(sips?|tel):|@.*$|;.*$", "", clean(found)).strip()[:60]
    if _plain(found) in WITHHELD or sum(sign.isdigit() for sign in found) < 3:
        return ""
    # some write international numbers without their plus
    return f"+{found}" if re.fullmatch(r"[1-9]\d{10,14}", found) else found


def _moment(text: str, received: datetime) -> datetime | None:
    """ISO 8601, the date of a mail, or seconds since 1970; never after it was received."""
    found: datetime | None = None
    try:
        if re.fullmatch(r"\d{10}(\.\d+)?|\d{13}", text):
            found = datetime.fromtimestamp(float(text) / (1000 if len(text) == 13 else 1), UTC)
        elif re.match(r"\d{4}-\d\d-\d\d", text):
            found = datetime.fromisoformat(text.replace("Z", "+00:00"))
        elif re.match(r"(\w{3}, )?\d{1,2} \w{3} \d{4}", text):
            found = parsedate_to_datetime(text)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    if found is None:
        return None
    return min(found if found.tzinfo else found.replace(tzinfo=UTC), received)


def _seconds(text: str) -> int | None:
    """A length in seconds, or as 00:03:12."""
    if re.fullmatch(r"\d{1,6}(\.\d+)?", text):
        return int(float(text))
    parts = re.fullmatch(r"(?:(\d{1,2}):)?(\d{1,2}):(\d\d)", text)
    return int(parts[1] or 0) * 3600 + int(parts[2]) * 60 + int(parts[3]) if parts else None
