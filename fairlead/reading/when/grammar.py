"""The grammar of a language, from its file: words with their values, and rules as compiled patterns."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

APOSTROPHE = "['’]"
# What every grammar may name besides its words.
SHARED = {
    "apostrophe": APOSTROPHE,
    "year": r"(?P<year>(?:19|20)\d\d)(?!\w)",
    "any_year": rf"(?P<year>(?:19|20)\d\d|{APOSTROPHE}\d\d)(?!\w)",
    "day": r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?!\w)",
    "quarter": r"(?P<quarter>q[1-4])(?!\w)",
}
FLAGS = re.IGNORECASE


@dataclass(frozen=True)
class Rule:
    """`means` names a function of meanings.py. The flags say how much its surroundings have to agree."""

    pattern: re.Pattern[str]
    means: str = ""
    firm: bool = False
    loose: bool = False
    sober: bool = False
    alone: bool = False
    bare: bool = False


@dataclass(frozen=True)
class Grammar:
    """`dates` and `times` find where any rule may fit; the rules then say whether, and what it means."""

    words: Mapping[str, Mapping[str, Any]]
    date_rules: tuple[Rule, ...]
    time_rules: tuple[Rule, ...]
    dates: re.Pattern[str]
    times: re.Pattern[str]
    around: Mapping[str, frozenset[str]]
    date_time: re.Pattern[str]
    time_date: re.Pattern[str]
    never: re.Pattern[str]

    def value(self, table: str, text: str | None) -> Any:
        """What a word of a table stands for; None for none."""
        return None if text is None else self.words[table].get(" ".join(text.casefold().replace("’", "'").split()))


@cache
def grammar(language: str = "en") -> Grammar:
    """The grammar of a language; English where there is none."""
    place = files("fairlead.reading.when")
    file = place / f"{language}.toml"
    data = tomllib.loads((file if file.is_file() else place / "en.toml").read_text(encoding="utf-8"))
    known = SHARED | {name: f"(?P<{name}>{_any(table)})" for name, table in data["words"].items()}
    number, half = _any(data["words"]["number"]), _any(data["words"]["half"])
    known["also"] = rf"(?:\d{{1,4}}|{number})"
    known["count"] = rf"(?P<count>\d{{1,4}}|{number})"
    figure = r"\d{1,4}(?:[.,]\d)?(?![\d.,]\d)"
    known["far"] = rf"(?:(?P<count>{figure}|{number})(?: (?P<more>and a half))?|(?P<half>{half}))"
    dates, times = _rules(data["date"], known), _rules(data["time"], known)
    around = data["around"]
    return Grammar(
        words=data["words"],
        date_rules=dates,
        time_rules=times,
        dates=_union(dates),
        times=_union(times),
        around={name: frozenset(words) for name, words in around.items() if isinstance(words, list)},
        # our own patterns, shipped beside this file; what people write is only matched against them
        # nosemgrep
        date_time=re.compile(_spaced(around["date_time"]), FLAGS),
        # nosemgrep
        time_date=re.compile(_spaced(around["time_date"]), FLAGS),
        # nosemgrep
        never=re.compile("|".join(f"(?:{_spaced(each)})" for each in around["never"]), FLAGS),
    )


def _rules(found: list[dict[str, Any]], known: Mapping[str, str]) -> tuple[Rule, ...]:
    # our own patterns
    # nosemgrep
    return tuple(Rule(**{**each, "pattern": re.compile(_filled(each["pattern"], known), FLAGS)}) for each in found)


def _filled(pattern: str, known: Mapping[str, str]) -> str:
    # our own names
    # nosemgrep
    named = re.compile(r"(?<!\?P)<(" + "|".join(known) + ")>")
    return _spaced(named.sub(lambda found: known[found[1]], pattern))


def _spaced(pattern: str) -> str:
    """A space in a pattern is any gap within a line; one that may be there is written as “ ?”."""
    return pattern.replace(" ?", r"[^\S\n]*").replace(" ", r"[^\S\n]+")


def _any(words: Mapping[str, Any]) -> str:
    """One of these words as a whole, the longest that fits."""
    each = (re.escape(word).replace(r"\ ", " ").replace("'", APOSTROPHE) for word in words)
    return rf"(?:{'|'.join(sorted(each, key=len, reverse=True))})(?!\w)"


def _union(rules: tuple[Rule, ...]) -> re.Pattern[str]:
    """Where any of the rules fits; their names are taken off, as a pattern may have each name once."""
    bare = [re.sub(r"\(\?P<\w+>", "(?:", _unnumbered(rule.pattern.pattern)) for rule in rules]
    # our own words
    # nosemgrep
    return re.compile(rf"(?<!\w)(?:{'|'.join(bare)})", FLAGS)


def _unnumbered(pattern: str) -> str:
    return pattern.replace(r"([-/.])", "[-/.]").replace(r"([/.-])", "[/.-]").replace(r"\2", "[-/.]")
