"""What is looked up by: exact keys (mail, phone, domain, tax id, external id) and one search row per record."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.db import models

from fairlead.models import term_index
from fairlead.models.custom import live_fields
from fairlead.models.term_index import away, here
from fairlead.models.terms import digits, spelled, terms

if TYPE_CHECKING:
    from fairlead.core.record import Record
    from fairlead.models.owned import Owned


class ExactKey(models.Model):
    """One normalised value of one record; derived, so it can be rebuilt at any time."""

    kind = models.CharField(max_length=8)  # mail, phone, domain, tax
    value = models.CharField(max_length=320)
    noun = models.CharField(max_length=20)
    record_id = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["kind", "value", "noun"], name="exact_key_value"),
            models.Index(fields=["noun", "record_id"], name="exact_key_record"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class SearchRow(models.Model):
    """The words of one record, normalised; written in the act that changes it, so it is found at once.

    `text` is its own, `contact` its mail addresses and phone numbers, `linked` the names of what it belongs to.
    """

    noun = models.CharField(max_length=20)
    record_id = models.BigIntegerField()
    text = models.TextField()
    contact = models.TextField(blank=True)
    linked = models.TextField(blank=True)
    terms = term_index.Terms(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["noun", "record_id"], name="one_search_row")]
        indexes = [
            term_index.TermIndex(fields=["terms"], name=f"search_{noun}_terms", condition=models.Q(noun=noun))
            for noun in ("company", "lead", "opportunity", "person")
        ]

    def __str__(self) -> str:
        return self.text

    def held(self) -> set[str]:
        """The terms of its words."""
        return terms(" ".join(part for part in (self.text, self.linked) if part), self.contact)


def reindex(model: "type[Owned]", ids: Iterable[int]) -> None:
    """Rebuild keys and search rows of these records (those that are gone lose theirs)."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), 500):
        _reindex(model, wanted[start : start + 500])


def _reindex(model: "type[Owned]", chunk: list[int]) -> None:
    noun = model.noun()
    records = list(model._base_manager.filter(pk__in=chunk).prefetch_related(*model.indexed_with(), "collaborators"))
    ExactKey.objects.filter(noun=noun, record_id__in=chunk).delete()
    ExactKey.objects.bulk_create(
        ExactKey(kind=kind, value=value[:320], noun=noun, record_id=record.pk)
        for record in records
        for kind, value in sorted(set(record.exact_keys()))
        if value
    )
    old = SearchRow.objects.filter(noun=noun, record_id__in=chunk)
    term_index.drop(list(old.values_list("pk", flat=True)))
    old.delete()
    own = searched_keys(noun)
    made = SearchRow.objects.bulk_create([search_row(record, own) for record in records])
    term_index.keep((row.pk, row.terms or ()) for row in made)


def searched_keys(noun: str) -> list[str]:
    """The keys of the custom fields whose words records are found by: texts that everybody who sees a record sees."""
    return [field.key for field in live_fields(noun) if field.kind == "text" and field.field_class == "normal"]


def search_row(record: "Owned", own: Sequence[str] | None = None) -> SearchRow:
    """The search row of this record, as it is now; `own` are its noun's `searched_keys`, where they are known."""
    mails, phones = record.contact_texts()
    contact = " ".join(part for part in (spelled(*mails), digits(*phones)) if part)
    row = SearchRow(noun=record.noun(), record_id=record.pk, contact=contact)
    keys = searched_keys(record.noun()) if own is None else own
    words = [str(record.custom[key]) for key in keys if key in record.custom]
    row.text, row.linked = spelled(*record.search_texts(), *words), spelled(*record.linked_texts())
    row.terms = row.held() | scopes(record)
    return row


def scopes(record: "Owned") -> set[str]:
    """Terms that say whose the record is, so that a search reads no more than what somebody may see."""
    noun = record.noun()
    if record.archived_at is not None:
        return {away(noun)}
    helpers = {f"={noun}.h{helper.pk}" for helper in record.collaborators.all()}
    owner = {f"={noun}.o{record.owner_id}"} if record.owner_id else set()
    team = {f"={noun}.t{record.team_id}"} if record.team_id else set()
    return {here(noun), *helpers, *owner, *team}


def with_key(model: "type[Record]", kind: str, value: str) -> "models.QuerySet":
    """The records of this noun that have exactly this normalised value."""
    ids = ExactKey.objects.filter(kind=kind, value=value, noun=model.noun()).values("record_id")
    return model._base_manager.filter(pk__in=ids, archived_at=None)
