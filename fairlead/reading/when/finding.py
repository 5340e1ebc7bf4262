"""Dates in a text: where they stand, and which day, and perhaps time, is meant."""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta

from fairlead.reading.when.calendar import Seen, When
from fairlead.reading.when.grammar import Grammar, Rule, grammar
from fairlead.reading.when.meanings import MEANINGS, Said

LONGEST = 4_000  # signs that are read
LEADS = ("", "in ", "on ", "on the ", "at ")
PAUSE = re.compile(r"[.,;:!?)\n–]|$|-(?!\w)")
WORD = re.compile(r"[\w’'/&-]+")
GAP = re.compile(r" *")
CLAUSE = re.compile(r"[.;:!?\n,]")
AFTERNOON = range(1, 7)  # a bare hour of these is one after noon


@dataclass(frozen=True)
class Found:
    """A date in a text, from `start` to `end`; `at` is a time of that day, if one is said."""

    start: int
    end: int
    on: date
    at: time | None = None


def find_dates(text: str, seen: Seen, language: str = "en") -> list[Found]:
    """All that a person would call a date in this text, in the order in which they stand there."""
    return _Reading(text[:LONGEST], seen, grammar(language)).found()


def day_of(text: str, seen: Seen, language: str = "en") -> Found | None:
    """The date that a text is as a whole: “fri”, “2 weeks”, “12/12”, “tomorrow 3pm”. None if it is anything else."""
    plain = text.strip().rstrip(".")[:200]
    for lead in LEADS:
        found = _Reading(lead + plain, seen, grammar(language), whole=True).found()
        if len(found) == 1 and found[0].end == len(lead + plain) and found[0].start <= len(lead):
            return Found(0, len(plain), found[0].on, found[0].at)
    return None


@dataclass
class _Date:
    """`doubt`: it is none unless a time stands with it."""

    start: int
    end: int
    on: date
    at: time | None
    doubt: bool


@dataclass
class _Clock:
    """A time of day; `part`: said as a part of the day; `alone`: it may stand without a date."""

    start: int
    end: int
    at: time
    part: bool
    alone: bool
    used: bool = False


class _Reading:
    """One text being read. `whole`: it is known to be a date, or nothing."""

    def __init__(self, text: str, seen: Seen, known: Grammar, *, whole: bool = False) -> None:
        self.text, self.seen, self.known, self.whole = text, seen, known, whole
        self.never = [] if whole else [found.span() for found in known.never.finditer(text)]

    def found(self) -> list[Found]:
        dates = self._dates()
        clocks = self._clocks(dates)
        joined = [self._joined(each, clocks) for each in dates]
        alone = [self._today(each) for each in clocks if each.alone and not each.used]
        sure = [each for each in (*joined, *alone) if each is not None]
        return sorted(sure, key=lambda each: each.start)

    def _dates(self) -> list[_Date]:
        found: list[_Date] = []
        place = 0
        while match := self.known.dates.search(self.text, place):
            read = None if self._is_never(match.start()) else self._date_at(match.start())
            if read:
                found.append(read)
            place = read.end if read else match.start() + 1
        return found

    def _date_at(self, place: int) -> _Date | None:
        """By the first rule that fits here and agrees with what stands around."""
        if self._hangs_on(place):
            return None
        for rule in self.known.date_rules:
            match = rule.pattern.match(self.text, place)
            if match and not self._goes_on(match.end()) and (when := self._meant(rule, match)):
                doubt = not self._agrees(rule, match)
                if not doubt or rule.firm:
                    return _Date(match.start(), match.end(), *when, doubt)
                if rule.loose or rule.sober:
                    continue
                return None
        return None

    def _meant(self, rule: Rule, match: re.Match[str]) -> When | None:
        said = Said({**match.groupdict(), "whole": match[0].casefold()}, self.known.value)
        try:
            return MEANINGS[rule.means](said, self.seen)
        except (ValueError, OverflowError):  # such as the year 10000
            return None

    # --- what stands around ---

    def _is_never(self, place: int) -> bool:
        return any(start <= place < end for start, end in self.never)

    def _hangs_on(self, place: int) -> bool:
        """Is it the later part of something: an amount, an address, a longer word?"""
        before = self.text[max(0, place - 2) : place]
        return before[-1:] in {"@", "#", "/", "\\", "_", "$", "£", "€"} or bool(re.match(r"\w[-.:,’']$", before))

    def _goes_on(self, place: int) -> bool:
        after = self.text[place : place + 3]
        return bool(re.match(r"\w|['’]s\b|@|%|\.\w|-\w|/\w", after)) and not self._is_range(place)

    def _is_range(self, place: int) -> bool:
        """Monday-Wednesday, 10:00/12:00: the first of the two counts."""
        return self.text[place : place + 1] in "-–/" and bool(self.known.dates.match(self.text, place + 1))

    def _agrees(self, rule: Rule, match: re.Match[str]) -> bool:
        if self.whole:
            return True
        if rule.sober and not self._is_ahead(match):
            return False
        if rule.loose and not self._may_follow(match.end()):
            return False
        return self._is_no_name(match) and (not rule.firm or self._is_sure(match))

    def _is_ahead(self, match: re.Match[str]) -> bool:
        """“In 2 weeks” is none where it tells how long something took, or of what it was."""
        following = self._word_after(match.end())
        if following in self.known.around["measures"] and PAUSE.match(self.text, match.end()) is None:
            return False
        clause = CLAUSE.split(self.text[max(0, match.start() - 160) : match.start()])[-1]
        for word in reversed(WORD.findall(clause.casefold())):
            if word in self.known.around["intends"]:
                return True
            if word in self.known.around["took"]:
                return False
        return True

    def _may_follow(self, place: int) -> bool:
        if PAUSE.match(self.text, place):
            return True
        word = self._word_after(place)
        return not word or word in self.known.around["following"] or word[0].isdigit()

    def _is_no_name(self, match: re.Match[str]) -> bool:
        around = self.known.around
        return self._word_before(match.start()) not in around["names_before"] and (
            self._word_after(match.end()) not in around["names_after"] or bool(PAUSE.match(self.text, match.end()))
        )

    def _is_sure(self, match: re.Match[str]) -> bool:
        """A word that may be something else (may, sat, mon) needs a reason to be a date."""
        words, around = match.groupdict(), self.known.around
        if month := words.get("month"):
            plain = month.islower() and month in around["doubtful"] and not words.get("year")
            return not plain or self._may_follow(match.end()) or self._word_before(match.start()) in around["leading"]
        weekday, before = words["weekday"] or "", self._word_before(match.start())
        if words.get("which"):
            return True
        if weekday.casefold() not in around["doubtful"]:
            return before not in {"the", "a", "our"} or bool(PAUSE.match(self.text, match.end()))
        if before in around["leading"] and before:
            return self._may_follow(match.end())
        if match[0] == self.text.strip():
            return True
        paused = bool(PAUSE.match(self.text, match.end()))
        return paused and before not in around["holding"] and (bool(before) or match.end() < len(self.text.rstrip()))

    def _word_before(self, place: int) -> str:
        before = WORD.findall(self.text[max(0, place - 40) : place])
        tail = self.text[max(0, place - 40) : place].rstrip(" ")[-1:]
        return before[-1].casefold() if before and (tail.isalnum() or tail in "&-") else ""

    def _word_after(self, place: int) -> str:
        found = WORD.match(self.text, self._past_gap(place))
        return found[0].casefold() if found else ""

    def _past_gap(self, place: int) -> int:
        return GAP.match(self.text, place).end()  # type: ignore[union-attr]

    # --- times of day ---

    def _clocks(self, dates: list[_Date]) -> list[_Clock]:
        found: list[_Clock] = []
        place = 0
        inside = [(each.start, each.end) for each in dates]
        while match := self.known.times.search(self.text, place):
            start = match.start()
            over = next((end for begun, end in inside if begun <= start < end), 0)
            hangs = self._hangs_on(start) and self.text[start - 1] != "@"
            read = None if over or self._is_never(start) or hangs else self._clock_at(start)
            if read:
                found.append(read)
            place = read.end if read else over or start + 1
        return found

    def _clock_at(self, place: int) -> _Clock | None:
        for rule in self.known.time_rules:
            match = rule.pattern.match(self.text, place)
            if match and not self._goes_on(match.end()) and self._fits(rule, match) and (at := self._time(match)):
                alone = (rule.alone or (not rule.bare and self._is_set(place))) and self._stands_alone(match)
                return _Clock(match.start(), match.end(), at, match.groupdict().get("part") is not None, alone)
        return None

    def _fits(self, rule: Rule, match: re.Match[str]) -> bool:
        """“At 4” is no time when it goes on “sites”."""
        end = match.end()
        dated = self.known.dates.match(self.text, self._past_gap(end))
        return not rule.loose or self._may_follow(end) or bool(dated)

    def _time(self, match: re.Match[str]) -> time | None:
        parts = match.groupdict()
        if parts.get("part"):
            return time.fromisoformat(self.known.value("part", parts["part"]) or "17:00")
        text, half = parts["hour"], (parts.get("half") or "")[:1].casefold()
        hour = int(text) if text.isdigit() else self.known.value("hour_word", text)
        named = parts.get("minute")
        minute = int(named) if named else self.known.value("minutes", parts.get("minutes")) or 0
        if half and not 1 <= hour <= 12:
            return None
        if half:
            hour = hour % 12 + (12 if half == "p" else 0)
        elif hour in AFTERNOON and (not named or len(text) == 1):
            hour += 12
        total = hour * 60 + minute
        return time(total // 60, total % 60) if hour < 24 and (not named or minute < 60) and total >= 0 else None

    def _is_set(self, place: int) -> bool:
        """10:30 without a date is one after “at”."""
        return (
            self.whole
            or self._word_before(place) in {"at", "by", "before", "after", "until", "till", "from"}
            or (self.text[:place].rstrip()[-1:] == "@")
        )

    def _stands_alone(self, match: re.Match[str]) -> bool:
        before = self._word_before(match.start())
        return self.whole or (before not in {"the", "a", "an", "our", "their", "his", "her"} and self._is_ahead(match))

    def _joined(self, each: _Date, clocks: list[_Clock]) -> Found | None:
        """The date with the times that stand with it; one said exactly counts more than a part of the day."""
        start, end, near = each.start, each.end, []
        for clock in clocks:
            if not clock.used and clock.start >= end and self._gap(self.known.date_time, end, clock.start):
                clock.used, end = True, clock.end
                near.append(clock)
        for clock in reversed(clocks):
            if not clock.used and clock.end <= start and self._gap(self.known.time_date, clock.end, start):
                clock.used, start = True, clock.start
                near.append(clock)
        if each.doubt and not near:
            return None
        return Found(start, end, each.on, _of_all(near, each.at))

    def _gap(self, pattern: re.Pattern[str], start: int, end: int) -> bool:
        return end - start < 30 and pattern.fullmatch(self.text, start, end) is not None

    def _today(self, clock: _Clock) -> Found:
        """A time without a date: today, or tomorrow if it has passed."""
        later = clock.at > self.seen.now.time() or self.seen.past
        return Found(clock.start, clock.end, self.seen.today + timedelta(days=not later), clock.at)


def _of_all(clocks: list[_Clock], own: time | None) -> time | None:
    exact = next((each.at for each in clocks if not each.part), None)
    part = next((each.at for each in clocks if each.part), own)
    if exact and part and part.hour >= 12 and exact.hour < 12:
        return exact.replace(hour=exact.hour + 12)
    return exact or part
