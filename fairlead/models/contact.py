"""Ways to reach somebody: mail addresses, phone numbers (as typed and in E.164) and postal addresses."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core import access
from fairlead.core.act import outdated
from fairlead.core.actor import Actor
from fairlead.core.record import Link, Row
from fairlead.models.about import exactly_one, following, link

OF = ("person", "company")
# The parts of a person or company that are ways to reach them, and what lists call what stands in them.
PRIVATE = (
    "mails", "phones", "addresses", "address", "mail", "phone", "street", "city", "region", "postal_code", "country",
)  # fmt: skip


class ContactPoint(Row):
    """A part of a person or a company."""

    label = models.CharField(max_length=40, blank=True)  # work, home, mobile, …
    position = models.PositiveSmallIntegerField(default=0)
    person: Any
    company: Any
    person_id: int | None
    company_id: int | None

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    @property
    def of(self) -> Any:
        return self.person if self.person_id else self.company

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        if by.level("see" if action == "see" else "edit", "private") == "none":
            return access.NOBODY
        return following(by, action, OF)

    def root(self) -> Row:
        owner: Row = self.of
        return owner

    def timelines(self) -> list[Link]:
        return [("person", self.person_id)] if self.person_id else [("company", self.company_id or 0)]

    @classmethod
    def derive(cls, changes: Any) -> None:
        from fairlead.models import Company, Person

        outdated(Person, [each.row.person_id for each in changes if each.row.person_id])
        outdated(Company, [each.row.company_id for each in changes if each.row.company_id])


class MailAddress(ContactPoint):
    access_as = "person"
    field_classes: ClassVar = dict.fromkeys(("address", "normal"), "private")

    person = link("Person", "mails")
    company = link("Company", "mails")
    address = models.CharField(_("e-mail"), max_length=320)
    normal = models.CharField(max_length=320, db_index=True)

    class Meta(ContactPoint.Meta):
        constraints = [exactly_one("mailaddress_of_one", OF)]

    def __str__(self) -> str:
        return self.address


class PhoneNumber(ContactPoint):
    access_as = "person"
    field_classes: ClassVar = dict.fromkeys(("typed", "e164"), "private")

    person = link("Person", "phones")
    company = link("Company", "phones")
    typed = models.CharField(_("phone"), max_length=60)
    e164 = models.CharField(max_length=48, blank=True, db_index=True)

    class Meta(ContactPoint.Meta):
        constraints = [exactly_one("phonenumber_of_one", OF)]

    def __str__(self) -> str:
        return self.typed


class PostalAddress(ContactPoint):
    access_as = "person"
    field_classes: ClassVar = dict.fromkeys(("street", "city", "region", "postal_code", "country"), "private")

    person = link("Person", "addresses")
    company = link("Company", "addresses")
    street = models.CharField(_("street"), max_length=300, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    region = models.CharField(_("region"), max_length=120, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)

    class Meta(ContactPoint.Meta):
        constraints = [exactly_one("postaladdress_of_one", OF)]

    def __str__(self) -> str:
        return ", ".join(part for part in (self.street, self.city, self.region, self.postal_code, self.country) if part)
