"""What is looked up by: exact keys (mail, phone, domain, tax id, external id) and one search row per record."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models

from fairlead.models import normal

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
    """The words of one record, normalised; written in the act that changes it, so it is found at once."""

    noun = models.CharField(max_length=20)
    record_id = models.BigIntegerField()
    text = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["noun", "record_id"], name="one_search_row")]

    def __str__(self) -> str:
        return self.text


def reindex(model: "type[Owned]", ids: Iterable[int]) -> None:
    """Rebuild keys and search rows of these records (those that are gone lose theirs)."""
    wanted = sorted(set(ids))
    noun = model.noun()
    for start in range(0, len(wanted), 500):
        chunk = wanted[start : start + 500]
        ExactKey.objects.filter(noun=noun, record_id__in=chunk).delete()
        SearchRow.objects.filter(noun=noun, record_id__in=chunk).delete()
        records = list(model._base_manager.filter(pk__in=chunk).prefetch_related(*model.indexed_with()))
        ExactKey.objects.bulk_create(
            ExactKey(kind=kind, value=value[:320], noun=noun, record_id=record.pk)
            for record in records
            for kind, value in sorted(set(record.exact_keys()))
            if value
        )
        SearchRow.objects.bulk_create(
            SearchRow(noun=noun, record_id=record.pk, text=normal.words(*record.search_texts())) for record in records
        )


def with_key(model: "type[Record]", kind: str, value: str) -> "models.QuerySet":
    """The records of this noun that have exactly this normalised value."""
    ids = ExactKey.objects.filter(kind=kind, value=value, noun=model.noun()).values("record_id")
    return model._base_manager.filter(pk__in=ids, archived_at=None)
