"""Person: somebody we know, with or without a company."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.core.act import outdated
from fairlead.core.record import Link
from fairlead.models.contact import PRIVATE
from fairlead.models.owned import Owned


class Person(Owned):
    """`name` is how they write it, in any number of words; `call_name` is what to call them, when it is known."""

    many = "people"

    field_classes: ClassVar = dict.fromkeys(PRIVATE, "private")

    name = models.CharField(_("name"), max_length=200)
    call_name = models.CharField(_("call name"), max_length=100, blank=True)
    title = models.CharField(_("job title"), max_length=150, blank=True)
    company = models.ForeignKey(
        "Company", null=True, blank=True, on_delete=models.PROTECT, related_name="people", verbose_name=_("company")
    )
    language = models.CharField(_("language"), max_length=12, blank=True)
    zone = models.CharField(_("time zone"), max_length=60, blank=True)
    source = models.ForeignKey(
        "Source", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("source")
    )
    about = models.TextField(_("about"), blank=True)
    # How often this one is reached out to before it is too much, where it is not as for everybody.
    touches_week = models.PositiveSmallIntegerField(_("contacts in 7 days"), null=True, blank=True)
    touches_month = models.PositiveSmallIntegerField(_("contacts in 30 days"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("person"), _("people")
        indexes = [
            models.Index(fields=["name", "id"], name="person_by_name"),
            models.Index(fields=["owner", "name", "id"], name="person_by_owner"),
            models.Index(fields=["created_at", "id"], name="person_by_created"),
            models.Index(fields=["last_contact_at", "id"], name="person_by_contact"),
            models.Index(fields=["next_step_at", "id"], name="person_by_next_step"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def indexed_with(cls) -> list[str]:
        return ["mails", "phones", "company"]

    def exact_keys(self) -> list[tuple[str, str]]:
        mails = [("mail", each.normal) for each in self.mails.all()]
        return mails + [("phone", each.e164) for each in self.phones.all()]

    def search_texts(self) -> list[str]:
        return [self.name, self.call_name]

    def contact_texts(self) -> tuple[list[str], list[str]]:
        phones = [text for each in self.phones.all() for text in (each.e164, each.typed)]
        return [each.address for each in self.mails.all()], phones

    def linked_texts(self) -> list[str]:
        return [self.company.name] if self.company else []

    def linked(self) -> list[Link]:
        from fairlead.models import Lead, Opportunity

        leads = Lead.objects.filter(person=self).values_list("pk", flat=True)[:50]
        opportunities = Opportunity.objects.filter(person=self).values_list("pk", flat=True)[:50]
        return [("person", self.pk), *(("lead", pk) for pk in leads), *(("opportunity", pk) for pk in opportunities)]

    @classmethod
    def derive(cls, changes: Any) -> None:
        super().derive(changes)
        from fairlead.models import Opportunity

        if renamed := cls.renamed(changes):
            outdated(Opportunity, Opportunity.objects.filter(person__in=renamed).values_list("pk", flat=True))

    def api_extra(self, by: Any) -> dict[str, Any]:
        return {
            "mails": [each.address for each in self.mails.all()],
            "phones": [each.e164 or each.typed for each in self.phones.all()],
        }
