"""Product: what we offer, and so what people ask for."""

import re
from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.core.record import Record


class Product(Record):
    """One that is archived is offered no more; leads that asked for it still do."""

    access_as = "organisation"

    name = models.CharField(_("name"), max_length=120, unique=True)
    code = models.CharField(_("code"), max_length=40, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name, verbose_name_plural = _("product"), _("products")

    def __str__(self) -> str:
        return self.name


class Named:
    """Which product a text names: the one whose name or code stands first in it, as whole words."""

    def __init__(self, products: Iterable[Product]) -> None:
        self._by_word = {word: each.pk for each in products for word in (plain(each.name), plain(each.code)) if word}
        words = sorted(self._by_word, key=lambda word: (-len(word), word))
        # every word is escaped, so the pattern is a list of plain texts
        # nosemgrep
        self._pattern = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in words)) if words else None

    def in_text(self, text: str) -> int | None:
        found = self._pattern.search(plain(text)) if self._pattern and text else None
        return self._by_word[found[0]] if found else None


def plain(text: str) -> str:
    return " ".join(text.casefold().split())
