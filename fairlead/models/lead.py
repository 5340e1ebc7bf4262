"""Lead: one inquiry, with its contact facts as they were given."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fairlead.core.actor import Actor
from fairlead.core.record import Link, RowQuerySet
from fairlead.models import normal
from fairlead.models.organisation import Overdue
from fairlead.models.owned import Owned, lacking
from fairlead.models.queue import queues_of
from fairlead.models.response_clock import keep_clock

# What a form or a mail brought, as it came.
AS_GIVEN = frozenset(
    {"label", "name", "company_name", "title", "email", "phone", "website", "company_size", "interest", "message"}
    | {"origin", "custom", "street", "city", "region", "postal_code", "country"}
)


class LeadQuerySet(RowQuerySet["Lead"]):
    def open(self) -> "LeadQuerySet":
        return self.filter(state="open", archived_at=None)

    def without_next_step(self, today: date) -> "LeadQuerySet":
        """Open, with nothing planned and not parked beyond today."""
        return self.open().filter(lacking(today))


class Lead(Owned):
    class State(models.TextChoices):
        OPEN = "open", _("Open")
        QUALIFIED = "qualified", _("Qualified")
        DISQUALIFIED = "disqualified", _("Disqualified")
        JOINED = "joined", _("Joined")

    class Type(models.TextChoices):
        INQUIRY = "inquiry", _("Inquiry")
        TRIAL = "trial", _("Free trial")
        EVENT = "event", _("Event registration")
        CALL = "call", _("Phone call")
        LIST = "list", _("List")

    class Rating(models.TextChoices):
        HOT = "hot", _("Hot")
        WARM = "warm", _("Warm")
        COLD = "cold", _("Cold")

    field_classes: ClassVar = dict.fromkeys(
        ("email", "phone", "phone_e164", "street", "city", "region", "postal_code"), "private"
    )
    few_values: ClassVar = frozenset({"interest", "country"})
    transitions: ClassVar = {
        "state": {("open", "qualified"), ("open", "disqualified"), ("open", "joined")}
        | {("qualified", "open"), ("disqualified", "open")}
    }

    name = models.CharField(_("name"), max_length=200, blank=True)
    company_name = models.CharField(_("company"), max_length=200, blank=True)
    title = models.CharField(_("job title"), max_length=150, blank=True)
    email = models.CharField(_("e-mail"), max_length=320, blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    phone_e164 = models.CharField(max_length=48, blank=True, editable=False)
    website = models.CharField(_("website"), max_length=300, blank=True)
    # As it was given: a number, or a band such as 50-249.
    company_size = models.CharField(_("company size"), max_length=40, blank=True)
    street = models.CharField(_("street"), max_length=300, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    region = models.CharField(_("region"), max_length=120, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    lead_type = models.CharField(_("lead type"), max_length=12, choices=Type.choices, default=Type.INQUIRY)
    # In which it was asked, or is spoken where it comes from; empty: not known.
    language = models.CharField(_("language"), max_length=12, blank=True)
    interest = models.CharField(_("interest"), max_length=200, blank=True)
    message = models.TextField(_("message"), blank=True)
    source = models.ForeignKey(
        "Source", null=True, blank=True, on_delete=models.PROTECT, related_name="leads", verbose_name=_("source")
    )
    campaign = models.ForeignKey(
        "Campaign", null=True, blank=True, on_delete=models.PROTECT, related_name="leads", verbose_name=_("campaign")
    )
    # Where it waits while nobody owns it; who claims it stays known by the queue it came from.
    queue = models.ForeignKey(
        "Queue",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="leads",
        verbose_name=_("queue"),
        db_index=False,
    )
    rating = models.CharField(_("rating"), max_length=4, choices=Rating.choices, blank=True)
    # What is known of the way it came: UTM parameters, click ids, hidden fields of its form.
    origin = models.JSONField(_("origin"), default=dict, blank=True)
    # More than one person, company or open lead had its mail address or phone number when it came.
    possible_duplicate = models.BooleanField(_("possible duplicate"), default=False)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.OPEN)
    # When it was qualified or disqualified; why, and what was noted of it, when it was disqualified.
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True, editable=False)
    reason = models.ForeignKey(
        "Reason", null=True, blank=True, on_delete=models.PROTECT, related_name="leads", verbose_name=_("reason")
    )
    reason_note = models.TextField(_("note on the reason"), blank=True)
    respond_by = models.DateTimeField(_("respond by"), null=True, blank=True)
    # From when it counts, if not from its arrival; in whose working time (owner:1, queue:1 or team:1; empty: of whom it
    # is with now); how much of the time was used up when somebody was last warned, in per cent; when the worker looks
    # at it next; what becomes of it then, if not what the organisation says, and to whom it goes, if to somebody.
    respond_from = models.DateTimeField(null=True, blank=True, editable=False)
    clock_of = models.CharField(max_length=24, blank=True, editable=False)
    warned = models.PositiveSmallIntegerField(default=0, editable=False)
    clock_at = models.DateTimeField(null=True, blank=True, editable=False)
    overdue_then = models.CharField(max_length=8, choices=Overdue.choices, blank=True)
    overdue_to = models.ForeignKey(
        "User", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    responded_at = models.DateTimeField(_("responded"), null=True, blank=True)
    person = models.ForeignKey(
        "Person", null=True, blank=True, on_delete=models.PROTECT, related_name="inquiries", verbose_name=_("person")
    )
    company = models.ForeignKey(
        "Company",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="inquiries",
        verbose_name=_("linked company"),
    )
    # What it became, or went into, when it was qualified.
    opportunity = models.ForeignKey(
        "Opportunity",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="leads",
        verbose_name=_("opportunity"),
    )

    derived = Owned.derived | {"clock_at"}
    api_hidden = frozenset({"warned", "clock_at", "clock_of"})

    objects: ClassVar = LeadQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("lead"), _("leads")
        indexes = [
            models.Index(fields=["created_at", "id"], name="lead_by_created"),
            models.Index(fields=["name", "id"], name="lead_by_name"),
            models.Index(fields=["respond_by", "id"], name="lead_on_the_clock"),
            # Those that nobody has answered yet are few, however many there were.
            models.Index(
                fields=["respond_by", "id"],
                name="lead_to_answer",
                condition=Q(responded_at=None, respond_by__isnull=False),
            ),
            models.Index(fields=["clock_at", "id"], name="lead_to_warn_of", condition=Q(clock_at__isnull=False)),
            models.Index(fields=["owner", "created_at", "id"], name="lead_by_owner"),
            models.Index(
                fields=["owner", "created_at", "id"],
                name="lead_lacking_own",
                condition=Q(state="open", archived_at=None, next_step_at=None),
            ),
            models.Index(fields=["owner"], name="lead_open_of_owner", condition=Q(state="open", archived_at=None)),
            models.Index(
                fields=["queue", "created_at", "id"],
                name="lead_in_queue",
                condition=Q(state="open", archived_at=None, owner=None, queue__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.company_name or self.email or self.phone or str(_("Unknown"))

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    @property
    def is_waiting(self) -> bool:
        """Does it wait in a queue for somebody to claim it?"""
        return self.is_open and self.queue_id is not None and self.owner_id is None

    @classmethod
    def from_outside(cls, values: Mapping[str, Any]) -> frozenset[str]:
        return AS_GIVEN

    @classmethod
    def derive(cls, changes: Any) -> None:
        super().derive(changes)
        keep_clock(changes)

    @classmethod
    def governed(cls, by: Actor, action: str) -> Q | None:
        """What waits in a queue is seen by all who may claim it."""
        level = by.level(action, cls.noun())
        if action != "see" or level in ("none", "all"):
            return None
        return cls.within(by, level) | cls.ways(by)["queue"]

    @classmethod
    def ways(cls, by: Actor) -> dict[str, Q]:
        return super().ways(by) | {"queue": Q(owner=None, queue_id__in=queues_of(by.user_id).values("pk"))}

    def exact_keys(self) -> list[tuple[str, str]]:
        return [("mail", normal.mail(self.email) if self.email else ""), ("phone", self.phone_e164)]

    def search_texts(self) -> list[str]:
        return [self.name, self.company_name, self.interest]

    def contact_texts(self) -> tuple[list[str], list[str]]:
        return [self.email], [self.phone_e164, self.phone]

    def linked(self) -> list[Link]:
        from fairlead.models import Opportunity

        opened = Opportunity.objects.filter(Q(lead=self) | Q(pk=self.opportunity_id or 0))
        sales: list[Link] = [("opportunity", pk) for pk in opened.values_list("pk", flat=True)[:10]]
        customer = [(noun, getattr(self, f"{noun}_id")) for noun in ("person", "company")]
        return [("lead", self.pk), *sales, *((noun, pk) for noun, pk in customer if pk)]
