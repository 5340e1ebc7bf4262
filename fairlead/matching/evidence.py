"""What speaks for two records being the same, in bits: each bit halves the chance that it is mere accident.

The policy in one table. A value that many records share says little, and nothing is decided here: people choose.
"""

from dataclasses import dataclass, field
from math import log2

from django.utils.translation import gettext as _

SHOWN, SURE = 4.0, 9.0  # from here on worth showing, and proposed instead of a new one

LINKED, EXTERNAL, TAX, MAIL, DOMAIN, PHONE = 30.0, 20.0, 16.0, 14.0, 12.0, 9.0
NAME, NEARLY, SIMILAR, OTHER_PERSON, OTHER_COMPANY = 8.0, 5.0, 2.0, -6.0, -3.0
SAME_COMPANY, SAME_PLACE, SAME_POSTCODE, OTHER_PLACE = 4.0, 1.0, 3.0, -2.0
CONTACT, CUSTOMER, SUBJECT = 6.0, 4.0, 4.0


@dataclass
class Evidence:
    """The sum, the reasons in words, and whether an exact key is among them."""

    bits: float = 0.0
    reasons: list[str] = field(default_factory=list)
    exact: bool = False

    def add(self, bits: float, reason: str = "") -> None:
        self.bits += bits
        if reason:
            self.reasons.append(reason)

    def key(self, kind: str, value: str, shared: int) -> None:
        """An exact key that `shared` records of the noun have."""
        weight, words = _keys(value)[kind]
        self.exact = True
        self.add(max(weight - log2(max(shared, 1)), 1.0), words)

    def name(self, likeness: float, *, other: float) -> None:
        """How like the names are; `other` counts where they are different."""
        if likeness >= 0.985:
            self.add(NAME, _("Same name"))
        elif likeness >= 0.93:
            self.add(NEARLY, _("Almost the same name"))
        elif likeness >= 0.86:
            self.add(SIMILAR, _("Similar name"))
        elif likeness < 0.75:
            self.add(other, _("Another name") if self.exact else "")

    @property
    def is_shown(self) -> bool:
        return self.exact or self.bits >= SHOWN

    @property
    def is_sure(self) -> bool:
        return self.bits >= SURE


def _keys(value: str) -> dict[str, tuple[float, str]]:
    return {
        "linked": (LINKED, _("Linked when the inquiry came")),
        "external": (EXTERNAL, _("Same id in %(system)s") % {"system": value}),
        "tax": (TAX, _("Same tax id")),
        "mail": (MAIL, _("Same e-mail address")),
        "domain": (DOMAIN, _("Same web domain, %(domain)s") % {"domain": value}),
        "phone": (PHONE, _("Same phone number")),
    }
