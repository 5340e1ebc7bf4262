"""The terms under which a text stands in the search index, and the question in terms that a typed text asks.

A fragment of three letters or more is found anywhere in a word, by its trigrams; a shorter one where a word begins;
in scripts that write without spaces each sign is a term. Both databases keep the same terms and only look them up.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Union

from fairlead.models import normal

# What stands before a term says where it was found; no word has these signs.
BEGINS_WORD, BEGINS_TEXT, CONTACT = "^", "<", "~"
LONGEST, MOST_WORDS, MOST_TRIGRAMS = 200, 8, 12
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
SIGNS = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
NUMBER = re.compile(r"[\d\s()+./\-]+")


@dataclass(frozen=True)
class AllOf:
    parts: tuple["Term", ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple["Term", ...]


@dataclass(frozen=True)
class Without:
    """Never alone, but among the parts of AllOf."""

    part: "Term"


Term = Union[str, AllOf, AnyOf, Without]  # noqa: UP007


@dataclass(frozen=True)
class Asked:
    """What somebody typed: every word of `words` in one of its spellings, or all of it as a phone number's digits."""

    words: tuple[tuple[str, ...], ...]
    numbers: tuple[str, ...] = field(default=())

    def term(self, *, contact: bool = True) -> Term:
        """What the index must hold; `contact`: mail addresses and phone numbers count too."""
        inside = contact and not self.numbers
        said = _all(_any(_fragment(each, inside) for each in spellings) for spellings in self.words)
        return _any([said, *(_all(CONTACT + part for part in _trigrams(each)) for each in self.numbers if contact)])

    def beginning(self, *, contact: bool = True) -> Term:
        """Texts that begin with the first word and hold the others; much rarer than those that hold it somewhere."""
        first = _any(_all([BEGINS_TEXT + each[:3], *_trigrams(each)[1:MOST_TRIGRAMS]]) for each in self.words[0])
        inside = contact and not self.numbers
        return _all([first, *(_any(_fragment(each, inside) for each in others) for others in self.words[1:])])

    @staticmethod
    def only_begins(word: str) -> bool:
        """Is this too short to be found anywhere but where a word begins?"""
        return len(word) < 3 and not SIGNS.search(word)

    def fits(self, *texts: str) -> bool:
        """Do these normalised texts hold what was asked?"""
        said = all(any(_holds(text, each) for text in texts for each in spellings) for spellings in self.words)
        return said or any(number in text for text in texts for number in self.numbers)


def asked(text: str) -> Asked | None:
    """What this text asks for; None when there is no word in it."""
    text = text[:LONGEST]
    words, other = normal.words(text).split()[:MOST_WORDS], german(text).split()
    if not words or not any(letter.isalnum() for word in words for letter in word):
        return None
    also = dict(zip(words, other, strict=False)) if len(words) == len(other[:MOST_WORDS]) else {}
    spellings = tuple(tuple(dict.fromkeys([word, also.get(word, word)])) for word in words)
    return Asked(spellings, tuple(_numbers(text)))


def terms(text: str, contact: str) -> set[str]:
    """Every term under which these normalised texts are found."""
    found = {BEGINS_TEXT + text[:1], BEGINS_TEXT + text[:2], BEGINS_TEXT + text[:3]} if text else set()
    found |= terms_of_words(text)
    for word in contact.split():
        found.update(_terms_of_word(word, CONTACT))
    return found


def terms_of_words(text: str) -> set[str]:
    """Of each word by itself, wherever it stands."""
    found: set[str] = set()
    for word in text.split():
        found.update(_terms_of_word(word))
    return found


def spelled(*texts: str) -> str:
    """Normalised text for the index, with Müller as Mueller too."""
    joined = " ".join(text for text in texts if text)
    if joined.isascii():
        return normal.words(joined)
    plain, other = normal.words(joined), german(joined)
    return plain if plain == other else " ".join(dict.fromkeys([*plain.split(), *other.split()]))


def german(text: str) -> str:
    return normal.words(normal.composed(text).translate(UMLAUTS))


def digits(*texts: str) -> str:
    """Phone numbers as their digits alone."""
    return " ".join(dict.fromkeys(re.sub(r"\D", "", text) for text in texts if text))


def anywhere(word: str) -> Term:
    """What the index holds of texts with this fragment."""
    return _fragment(word, False)


def nearly(word: str) -> Term:
    """What the index holds of words that differ from this one by a slip: all trigrams but those around one place."""
    parts = _trigrams(word)[:MOST_TRIGRAMS]
    lost = 4 if len(parts) > 5 else 3
    if len(parts) <= lost:
        return _any([BEGINS_WORD + word[:2], *parts])
    return _any(_all([*parts[:at], *parts[at + lost :]]) for at in range(len(parts) - lost + 1))


def _terms_of_word(word: str, where: str = "") -> list[str]:
    begins = where + BEGINS_WORD
    found = [begins + word[:1], begins + word[:2]]
    found += [where + word[at : at + 3] for at in range(len(word) - 2)]
    if not word.isascii():
        found += [where + sign for sign in SIGNS.findall(word)]
    return found


def _fragment(word: str, contact: bool) -> Term:
    long = len(word) > 2
    parts = _trigrams(word)[:MOST_TRIGRAMS] if long else SIGNS.findall(word) or [BEGINS_WORD + word]
    own = _all(parts)
    return _any([own, _all(CONTACT + part for part in parts)]) if contact else own


def _holds(text: str, word: str) -> bool:
    return f" {word}" in f" {text}" if Asked.only_begins(word) else word in text


def _numbers(text: str) -> Iterator[str]:
    """The digits of a phone number that stand in it however it is written: without (0), 00 and a leading 0."""
    found = re.sub(r"\D", "", text.replace("(0)", "")).lstrip("0")
    if len(found) > 2 and NUMBER.fullmatch(text):
        yield found


def _trigrams(word: str) -> list[str]:
    return list(dict.fromkeys(word[at : at + 3] for at in range(len(word) - 2)))


def _all(parts: Iterable[Term]) -> Term:
    found = tuple(parts)
    return found[0] if len(found) == 1 else AllOf(found)


def _any(parts: Iterable[Term]) -> Term:
    found = tuple(parts)
    return found[0] if len(found) == 1 else AnyOf(found)
