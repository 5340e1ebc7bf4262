"""A form as visitors see it: what is published of it, and how it is put into their language."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fairlead.models import Form, Organisation
from fairlead.models.form import LANGUAGES, RIGHT_TO_LEFT, TEXTS
from fairlead.reading.phrases import period, phrases

Published = Mapping[str, Any]  # what of a form is for everybody, as JSON has it


def published(form: Form) -> dict[str, Any]:
    """Everything that showing this form needs."""
    texts = {name: getattr(form, name) for name in TEXTS[:5]}
    occasion = form.occasion
    return texts | {
        "address": form.address,
        "kind": form.kind,
        "open": form.is_published,
        "organisation": Organisation.ours().name,
        "language": form.language,
        "languages": form.languages,
        "translations": form.translations,
        "fields": form.fields,
        "consent_required": form.consent_required,
        "redirect_to": form.redirect_to,
        "double_opt_in": form.double_opt_in,
        "least_seconds": form.least_seconds,
        "origins": form.origins,
        "occasion": occasion
        and {
            "title": occasion.title,
            "starts_at": occasion.starts_at.isoformat(),
            "ends_at": occasion.ends_at.isoformat(),
            "zone": occasion.zone,
            "place": occasion.place,
            "description": occasion.description,
            "full": occasion.is_full,
        },
    }


@dataclass(frozen=True)
class Shown:
    """A form in one language. `values`: what was typed; `errors`: {name: what is wrong}; `hidden`: more fields."""

    form: Published
    language: str
    values: Mapping[str, list[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""

    @property
    def direction(self) -> str:
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    @property
    def words(self) -> Mapping[str, str]:
        return phrases(self.language)

    def text(self, name: str) -> str:
        """A text of the form in this language, or as it stands in the form's own."""
        return str(self.form["translations"].get(self.language, {}).get(name) or self.form[name])

    @property
    def languages(self) -> list[tuple[str, str]]:
        """The others that it can be read in, each with its own name."""
        return [(each, LANGUAGES[each]) for each in self.form["languages"] if each != self.language]

    @property
    def fields(self) -> list[dict[str, Any]]:
        own = self.form["translations"].get(self.language, {}).get("fields", {})
        return [self._field(each, own.get(each["key"], {})) for each in self.form["fields"]]

    @property
    def mistakes(self) -> list[tuple[str, str, str]]:
        """(name, label, what is wrong) of each field to look at again."""
        labels = {each["key"]: each["label"] for each in self.fields} | {"_consent": self.text("consent")}
        return [(name, labels[name], text) for name, text in self.errors.items() if name in labels]

    @property
    def when(self) -> str:
        """When the event is, on its own clock, in this language."""
        about = self.form["occasion"]
        starts, ends = (datetime.fromisoformat(about[name]) for name in ("starts_at", "ends_at"))
        return period(starts, ends, about["zone"], self.language)

    def is_over(self, at: datetime) -> bool:
        about = self.form["occasion"]
        return bool(about) and datetime.fromisoformat(about["ends_at"]) <= at

    def _field(self, asked: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
        names = own.get("choices", {})
        choices = [(each["key"], names.get(each["key"]) or each["name"]) for each in asked["choices"]]
        texts = {name: own.get(name) or asked[name] for name in ("label", "hint")}
        key = asked["key"]
        return {
            **asked,
            **texts,
            "choices": choices,
            "given": self.values.get(key, []),
            "error": self.errors.get(key, ""),
        }


def language_for(form: Published, wanted: str, accepted: str) -> str:
    """The language asked for, else the first that the browser takes, else the form's own."""
    return first_of(wanted, accepted, form["languages"]) or str(form["language"])


def first_of(wanted: str, accepted: str, known: Container[str]) -> str:
    """Of the languages that are known the one asked for, else the first that the browser takes; empty for none."""
    ranked = sorted(_accepted(accepted), key=lambda each: -each[1])
    codes = (code[:2] for code in [wanted.lower(), *(code for code, weight in ranked if weight > 0)])
    return next((code for code in codes if code and code in known), "")


def _accepted(header: str) -> list[tuple[str, float]]:
    found = []
    for part in header[:500].split(","):
        code, _semicolon, weight = part.partition(";q=")
        try:
            found.append((code.strip().lower(), float(weight) if weight else 1.0))
        except ValueError:
            continue
    return found
