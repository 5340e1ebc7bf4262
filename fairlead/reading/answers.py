"""What a visitor filled in on a form of ours: read by what the form asked, and looked over before it is taken."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from fairlead.reading.body import Unreadable, clean, read
from fairlead.reading.inquiry import MAIL, Inquiry
from fairlead.reading.shapes import ORIGIN

Question = Mapping[str, Any]  # a field of a form, as the form keeps it
Given = dict[str, list[str]]  # what came back, by name
TRAP = "contact_url"  # people do not see it
CONSENT = "_consent"
LANGUAGE = "_lang"
MARK = "_for"  # of a personal link
# How long an answer may be; a text that becomes a short fact of the lead is cut there and kept whole beside it.
LONGEST = {"text": 500, "email": 320, "phone": 60, "long": 10_000}
PHONE = re.compile(r"[+(]?\d[\d\s()./x+-]{4,40}")


def given(body: bytes, content_type: str) -> Given:
    """The fields of a post by name, in plain text; raises Unreadable."""
    pairs = read(body, content_type)
    if not isinstance(pairs, list) or not all(isinstance(each, tuple) for each in pairs):
        raise Unreadable("It is no form.")
    found: Given = {}
    for name, value in pairs:
        found.setdefault(clean(name)[:100], []).append(clean(value).strip())
    return found


def first(answers: Given) -> dict[str, str]:
    """The first value of each name."""
    return {name: values[0] for name, values in answers.items()}


def objections(questions: Iterable[Question], answers: Given, *, consent: bool = False) -> dict[str, str]:
    """What stands against taking these answers, as {name: name of the phrase that says so}."""
    found = {each["key"]: why for each in questions if (why := _objection(each, answers.get(each["key"], [])))}
    if consent and not answers.get(CONSENT, [""])[0]:
        found[CONSENT] = "no_consent"
    return found


def inquiry_of(form: Mapping[str, Any], body: bytes, content_type: str) -> Inquiry:
    """The facts of an inquiry by what the form's fields become; `form` has "fields", "consent"."""
    try:
        answers = given(body, content_type)
    except Unreadable as reason:
        return Inquiry(unusable=str(reason))
    found = Inquiry(language=first(answers).get(LANGUAGE, "")[:2], mark=first(answers).get(MARK, "")[:300])
    if first(answers).get(TRAP):
        found.trapped.append(TRAP)
    for question in form["fields"]:
        _take(found, question, in_words(question, answers.get(question["key"], [])))
    found.origin |= {name: value[:500] for name, value in first(answers).items() if is_origin(name) and value}
    if form["consent"]:
        found.extra["consent"] = f"{'Yes' if first(answers).get(CONSENT) else 'No'}: {form['consent']}"
    _whole_name(found)
    if not found.reachable:
        found.unusable = "There is no e-mail address and no phone number in it."
    return found


def is_origin(name: str) -> bool:
    """Does a field of this name say where the visitor came from?"""
    return name in ORIGIN or bool(re.fullmatch(r"utm_[a-z_]{1,40}", name))


def in_words(question: Question, values: Sequence[str]) -> str:
    """An answer as people read it: choices by their names."""
    names = {each["key"]: each["name"] for each in question.get("choices", ())}
    if question["kind"] in {"choice", "choices"}:
        return ", ".join(names[value] for value in values if value in names)
    if question["kind"] == "yes_no":
        return "Yes" if values and values[0] else "No"
    if question["kind"] == "hidden":
        return next(iter(values), "") or question.get("value", "")
    return next(iter(values), "")


def _objection(question: Question, values: Sequence[str]) -> str:
    kind, value = question["kind"], next((each for each in values if each), "")
    if kind == "hidden":
        return ""
    if not value:
        return "needed" if question["required"] else ""
    if len(value) > LONGEST.get(kind, 500):
        return "too_long"
    return "" if FITS.get(kind, _anything)(question, values) else WRONG[kind]


def _anything(question: Question, values: Sequence[str]) -> bool:
    return True


def _chosen(question: Question, values: Sequence[str]) -> bool:
    return {each for each in values if each} <= {each["key"] for each in question["choices"]}


def _day(question: Question, values: Sequence[str]) -> bool:
    try:
        return bool(date.fromisoformat(values[0]))
    except ValueError:
        return False


FITS: dict[str, Any] = {
    "email": lambda _question, values: bool(MAIL.fullmatch(values[0])),
    "phone": lambda _question, values: bool(PHONE.fullmatch(values[0])),
    "choice": _chosen,
    "choices": _chosen,
    "date": _day,
}
WRONG = {"email": "no_mail", "phone": "no_phone", "choice": "no_choice", "choices": "no_choice", "date": "no_date"}


def _take(found: Inquiry, question: Question, value: str) -> None:
    to, label = question["becomes"], question["label"][:200]
    if not value or (question["kind"] == "yes_no" and value == "No" and to == "extra"):
        return
    if to.startswith("custom."):
        found.custom[to.removeprefix("custom.")] = value
    elif to == "origin":
        found.origin[question["key"]] = value[:500]
    elif to == "message" and "message" in found.facts:
        found.facts["message"] += f"\n\n{value}"
    elif to == "extra" or to in found.facts:
        found.extra[label] = value
    else:
        found.facts[to] = value


def _whole_name(found: Inquiry) -> None:
    parts = [found.facts.pop("first_name", ""), found.facts.pop("last_name", "")]
    if any(parts) and "name" not in found.facts:
        found.facts["name"] = " ".join(part for part in parts if part)
