"""What a note says besides its words: how the call went, what comes next, who does it, when it was."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time
from functools import cache
from importlib.resources import files
from typing import Any

from fairlead.reading.when.calendar import Seen
from fairlead.reading.when.finding import Found, find_dates

KINDS = ("call", "mail", "meeting", "todo")
ENDS = re.compile(r"[.;!?\n](?=\s|$)|,\s|\s[–-]\s")
WORD = re.compile(r"[\w'-]+")
NAMED = re.compile(r"(?<!\w)@(\w[\w.'’-]*)")
LONGEST_TITLE = 120


@dataclass(frozen=True)
class Step:
    """A next step; `to` is the colleague who does it, by their id; `sure`: it was asked for, not only dated."""

    title: str
    kind: str = "todo"
    on: date | None = None
    at: time | None = None
    to: str = ""
    sure: bool = True


@dataclass(frozen=True)
class Noted:
    """All that was read. `marks` are the dates in the text; `close_on` and `stop` are only ever offered."""

    marks: list[Found] = field(default_factory=list)
    outcome: str = ""
    following: Step | None = None
    handed: Step | None = None
    happened: Found | None = None
    close_on: date | None = None
    stop: str = ""


@dataclass(frozen=True)
class _Clause:
    start: int
    text: str
    dates: tuple[Found, ...]

    @property
    def undated(self) -> str:
        """The clause without its dates."""
        kept, place = "", 0
        for each in self.dates:
            kept += self.text[place : each.start - self.start] + " "
            place = each.end - self.start
        return kept + self.text[place:]

    @property
    def words(self) -> str:
        found = WORD.findall(self.undated.casefold().replace("’", "'"))
        return f" {' '.join(found)} "


def read_note(text: str, seen: Seen, colleagues: Mapping[str, str], *, language: str = "en") -> Noted:
    """Read a note. `colleagues` are names by id: whoever is named with an @ is handed the rest of the clause."""
    words, marks = _words(language), find_dates(text, seen, language)
    clauses = list(_clauses(text, marks))
    handed = next((step for each in clauses if (step := _handed(each, colleagues, words))), None)
    own = [each for each in clauses if not NAMED.search(each.text)]
    return Noted(
        marks=marks,
        outcome=_first(words["outcome"], text),
        following=_following(own, seen, words),
        handed=handed,
        happened=_happened(own, seen, words, language),
        close_on=_closing(clauses, seen, words),
        stop=_first(words["stop"], text),
    )


def read_task(text: str, seen: Seen, colleagues: Mapping[str, str], *, language: str = "en") -> Step:
    """A task as it was typed: its title without the date and the name, its kind by its verb."""
    words = _words(language)
    handed = NAMED.search(text)
    to = _whom(handed[1], colleagues) if handed else ""
    plain = text.replace(handed[0], " " * len(handed[0]), 1) if handed and to else text
    dates = find_dates(plain, seen, language)
    last = dates[-1] if dates else None
    whole = _Clause(0, plain, (last,) if last else ())
    kind = next((kind for kind, _verb, _at in _verbs(whole.words, words)), "todo")
    title = _tidy(whole.undated, words) or " ".join(plain.split())
    return Step(title[:300], kind, last.on if last else None, last.at if last else None, to)


def bare(title: str, language: str = "en") -> bool:
    """Is this title only a verb, such as “Call back”, that wants a name?"""
    words = _words(language)
    known = {*words["fillers"], *(verb for kind in KINDS for verb in words[kind])}
    return all(word in known for word in WORD.findall(title.casefold()))


def named_in(title: str, language: str = "en") -> list[str]:
    """What in a title may be a name, the likeliest first: all that is no verb and no joint, then parts of it."""
    words = _words(language)
    known = {*words["fillers"], *words["trailing"], *words["past"], "the", "a", "an", "my", "our", "their"}
    known |= {verb for kind in KINDS for verb in words[kind]}
    rest = [word for word in WORD.findall(title) if word.casefold() not in known]
    parts = [" ".join(rest), " ".join(rest[:2]), *rest[:1], *rest[-1:]]
    return [each for each in dict.fromkeys(parts) if len(each) > 1]


def _clauses(text: str, marks: Sequence[Found]) -> Iterator[_Clause]:
    """The text in parts that a pause ends; a date is not cut."""
    start = 0
    ends = [found for found in ENDS.finditer(text) if not any(each.start <= found.start() < each.end for each in marks)]
    for stop, following in [*((found.start(), found.end()) for found in ends), (len(text), len(text))]:
        inside = tuple(each for each in marks if start <= each.start and each.end <= stop)
        if text[start:stop].strip():
            yield _Clause(start, text[start:stop], inside)
        start = following


def _following(clauses: list[_Clause], seen: Seen, words: Mapping[str, Any]) -> Step | None:
    """The last thing to do that has a date ahead; else the last date ahead, as an offer."""
    offered = None
    for number in range(len(clauses) - 1, -1, -1):
        each = clauses[number]
        ahead = next((found for found in reversed(each.dates) if _is_ahead(found, seen)), None)
        if ahead is None or _tells_of_past(each, words):
            continue
        title, kind = _deed(each, words)
        later = clauses[number + 1] if number + 1 < len(clauses) else None
        if not title and later and not later.dates and " then " in later.words:
            title, kind = _deed(later, words)
        if title:
            return Step(title, kind, ahead.on, ahead.at)
        offered = offered or Step("", "todo", ahead.on, ahead.at, sure=False)
    return offered


def _handed(clause: _Clause, colleagues: Mapping[str, str], words: Mapping[str, Any]) -> Step | None:
    named = NAMED.search(clause.text)
    to = _whom(named[1], colleagues) if named else ""
    if not named or not to:
        return None
    rest = replace(clause, text=clause.text.replace(named[0], " " * len(named[0]), 1))
    last = clause.dates[-1] if clause.dates else None
    kind = next((kind for kind, _verb, _at in _verbs(rest.words, words)), "todo")
    title = _tidy(rest.undated, words)
    return Step(title, kind, last.on if last else None, last.at if last else None, to) if title else None


def _whom(name: str, colleagues: Mapping[str, str]) -> str:
    """The one colleague of this name or first name; nobody when there are two."""
    wanted = name.strip(".'’-").casefold()
    exact = [key for key, full in colleagues.items() if wanted in {full.casefold(), full.casefold().partition(" ")[0]}]
    near = exact or [key for key, full in colleagues.items() if full.casefold().replace(" ", "").startswith(wanted)]
    return near[0] if len(near) == 1 else ""


def _happened(clauses: list[_Clause], seen: Seen, words: Mapping[str, Any], language: str) -> Found | None:
    """When it was: a date behind, or one in a clause that tells of what was, read as lying behind."""
    back = replace(seen, past=True)
    for each in clauses:
        behind = next((found for found in each.dates if found.on < seen.today), None)
        if behind is None and each.dates and _tells_of_past(each, words):
            found = find_dates(each.text, back, language)
            behind = next((one for one in found if one.on < seen.today or (one.on == seen.today and one.at)), None)
        if behind and (behind.on, behind.at or time()) <= (seen.today, seen.now.time().replace(tzinfo=None)):
            return behind
    return None


def _closing(clauses: list[_Clause], seen: Seen, words: Mapping[str, Any]) -> date | None:
    for each in clauses:
        if each.dates and any(f" {word} " in each.words for word in words["closing"]):
            return each.dates[-1].on if _is_ahead(each.dates[-1], seen) else None
    return None


def _is_ahead(found: Found, seen: Seen) -> bool:
    return found.on > seen.today or (found.on == seen.today and (found.at is None or found.at > seen.now.time()))


def _tells_of_past(clause: _Clause, words: Mapping[str, Any]) -> bool:
    return clause.words.split()[:4] != [] and any(word in words["past"] for word in clause.words.split()[:4])


def _deed(clause: _Clause, words: Mapping[str, Any]) -> tuple[str, str]:
    """The title of what a clause asks to do, from its verb on, and its kind; nothing without a verb."""
    found = min(_verbs(clause.words, words), key=lambda each: each[2], default=None)
    if found is None:
        return "", "todo"
    # escaped: a plain text
    # nosemgrep
    begin = re.search(rf"(?<![\w'-]){re.escape(found[1])}(?![\w'-])", clause.undated, re.IGNORECASE)
    return _tidy(clause.undated[begin.start() :] if begin else clause.undated, words)[:LONGEST_TITLE], found[0]


def _verbs(text: str, words: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """(kind, verb, place) of every word that begins a next step."""
    return sorted(
        ((kind, verb, text.find(f" {verb} ")) for kind in KINDS for verb in words[kind] if f" {verb} " in text),
        key=lambda each: each[2],
    )


def _tidy(text: str, words: Mapping[str, Any]) -> str:
    """A title: no words left over from the date, no joints before it, a capital."""
    plain = " ".join(text.split()).strip(" ,;:.!?()–-")
    while (cut := plain.rpartition(" "))[1] and cut[2].casefold() in words["trailing"]:
        plain = cut[0].rstrip(" ,;:")
    for joint in sorted(words["joints"], key=len, reverse=True):
        if plain.casefold().startswith((f"{joint} ", f"{joint}: ")):
            plain = plain[len(joint) :].lstrip(" :")
    return plain[:1].upper() + plain[1:]


def _first(table: Mapping[str, Sequence[str]], text: str) -> str:
    plain = " ".join(text.casefold().replace("’", "'").split())
    return next((name for name, phrases in table.items() if any(_holds(plain, each) for each in phrases)), "")


def _holds(text: str, phrase: str) -> bool:
    # escaped: a plain text
    # nosemgrep
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None


@cache
def _words(language: str) -> Mapping[str, Any]:
    known = tomllib.loads((files("fairlead.reading") / "said.toml").read_text(encoding="utf-8"))
    found: Mapping[str, Any] = known.get(language, known["en"])
    return found
