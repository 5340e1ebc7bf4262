"""Placeholders in texts that people write: {{first_name}}, or {{first_name|there}} for when it is not known.

There are those of a list and no others; nothing that is stored is ever run as a template.
"""

import re
from collections.abc import Collection, Mapping
from html import escape

from django.utils.translation import gettext as _

MARK = re.compile(r"\{\{(.*?)\}\}", re.S)
NAME = re.compile(r"\s*([a-z_]+)\s*(?:\|([^{}|]*))?")


def objection(text: str, known: Collection[str]) -> str:
    """Why this text cannot be used, with the placeholders that exist; empty when it can."""
    exist = ", ".join(f"{{{{{name}}}}}" for name in sorted(known))
    for inside in MARK.findall(text):
        found = NAME.fullmatch(inside)
        if found is None or found[1] not in known:
            wrong = "{{" + " ".join(inside.split())[:60] + "}}"
            return _("There is no placeholder %(wrong)s. There are %(exist)s.") % {"wrong": wrong, "exist": exist}
    if "{{" in (rest := MARK.sub("", text)) or "}}" in rest:
        return _("A placeholder begins with {{ and ends with }}. There are %(exist)s.") % {"exist": exist}
    return ""


def used(text: str) -> set[str]:
    """The names of the placeholders in a text."""
    return {found[1] for inside in MARK.findall(text) if (found := NAME.fullmatch(inside))}


def fill(text: str, values: Mapping[str, str], *, html: bool = False) -> str:
    """The text with values for its placeholders; in HTML they are escaped. What is not known is left out."""

    def value(found: re.Match[str]) -> str:
        read = NAME.fullmatch(found[1])
        if read is None:
            return ""
        said = values.get(read[1], "")
        if not said:  # what the template itself says instead is HTML there already
            return (read[2] or "").strip()
        return escape(said).replace("\n", "<br>") if html else said

    return MARK.sub(value, text)
