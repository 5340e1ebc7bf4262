"""Company: an organisation we sell to, with or without known people."""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from fairlead.core.act import outdated
from fairlead.core.record import Link
from fairlead.models import normal
from fairlead.models.contact import PRIVATE
from fairlead.models.owned import Owned


class Company(Owned):
    many = "companies"

    field_classes: ClassVar = dict.fromkeys(PRIVATE, "private")
    few_values: ClassVar = frozenset({"industry"})

    name = models.CharField(_("name"), max_length=200)
    legal_name = models.CharField(_("legal name"), max_length=200, blank=True)
    website = models.CharField(_("website"), max_length=300, blank=True)
    tax_id = models.CharField(_("tax id"), max_length=40, blank=True)
    industry = models.CharField(_("industry"), max_length=100, blank=True)
    employees = models.PositiveIntegerField(_("employees"), null=True, blank=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="sites", verbose_name=_("parent company")
    )
    source = models.ForeignKey(
        "Source", null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("source")
    )
    about = models.TextField(_("about"), blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("company"), _("companies")
        indexes = [
            models.Index(fields=["name", "id"], name="company_by_name"),
            models.Index(fields=["owner", "name", "id"], name="company_by_owner"),
            models.Index(fields=["created_at", "id"], name="company_by_created"),
            models.Index(fields=["last_contact_at", "id"], name="company_by_contact"),
            models.Index(fields=["next_step_at", "id"], name="company_by_next_step"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def indexed_with(cls) -> list[str]:
        return ["mails", "phones"]

    def exact_keys(self) -> list[tuple[str, str]]:
        mails = [each.normal for each in self.mails.all()]
        domains = {normal.domain(self.website)} | {normal.domain(each) for each in mails} - normal.FREE_MAIL
        return [
            *(("mail", each) for each in mails),
            *(("phone", each.e164) for each in self.phones.all()),
            *(("domain", each) for each in domains),
            ("tax", normal.tax_id(self.tax_id)),
        ]

    def search_texts(self) -> list[str]:
        return [self.name, self.legal_name, normal.domain(self.website), self.tax_id]

    def contact_texts(self) -> tuple[list[str], list[str]]:
        phones = [text for each in self.phones.all() for text in (each.e164, each.typed)]
        return [each.address for each in self.mails.all()], phones

    def linked(self) -> list[Link]:
        from fairlead.models import Lead, Opportunity, Person

        found: list[Link] = [("company", self.pk)]
        for model in (Person, Lead, Opportunity):
            ids = model.objects.filter(company=self).values_list("pk", flat=True)[:50]
            found += [(model.noun(), pk) for pk in ids]
        return found

    @classmethod
    def derive(cls, changes: Any) -> None:
        super().derive(changes)
        from fairlead.models import Opportunity, Person

        if renamed := cls.renamed(changes):
            for model in (Person, Opportunity):
                outdated(model, model._base_manager.filter(company__in=renamed).values_list("pk", flat=True))

    def api_extra(self, by: Any) -> dict[str, Any]:
        return {
            "mails": [each.address for each in self.mails.all()],
            "phones": [each.e164 or each.typed for each in self.phones.all()],
        }
