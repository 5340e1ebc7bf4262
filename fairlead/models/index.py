"""What is looked up by: exact keys (mail, phone, domain, tax id, external id) and one search row per record."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection, models

from fairlead.core import bulk
from fairlead.models import term_index
from fairlead.models.custom import live_fields
from fairlead.models.term_index import away, here
from fairlead.models.terms import digits, spelled, terms, terms_of_words

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


class Lookup(NamedTuple):
    """What a new record is found by: keys, texts, and `terms` in the words of the database."""

    keys: list[tuple[str, str]]
    text: str
    contact: str
    linked: str
    terms: str


def drawn_lookup(
    model: "type[Owned]", values: Mapping[str, Any], mails: Any, phones: Any, more: Sequence[str] = ()
) -> Lookup:
    """Of a record that is to be: its addresses as (text, key), numbers as (typed, E.164, …); of whose it is, nothing.

    It is the model itself that says what its records are found by; `more`: words of its custom fields.
    """
    drawn: Any = _Drawn(values)
    drawn.mails = _Drawn.Parts(_Mail(*each) for each in mails)
    drawn.phones = _Drawn.Parts(_Phone(*each[:2]) for each in phones)
    addresses, numbers = model.contact_texts(drawn)
    text = spelled(*model.search_texts(drawn), *more)
    contact = " ".join(part for part in (spelled(*addresses), digits(*numbers)) if part)
    keys = sorted({(kind, value) for kind, value in model.exact_keys(drawn) if value})
    return Lookup(keys, text, contact, "", term_index.said(terms(text, contact)))


def owned_lookup(found: Lookup, noun: str, owner: int | None, team: int | None, linked: str) -> Lookup:
    """With whose it is, and the name of what it belongs to."""
    name, more = _linked_words(linked) if linked else ("", "")
    own = found.terms
    if linked and not found.text:  # it is the other's name that the text begins with
        own = term_index.said(terms(name, found.contact))
    return found._replace(linked=name, terms=f"{own} {more} {_scope_words(noun, owner, team)}")


@lru_cache(4096)
def _linked_words(name: str) -> tuple[str, str]:
    text = spelled(name)
    return text, term_index.said(terms_of_words(text))


@lru_cache(256)
def _scope_words(noun: str, owner: int | None, team: int | None) -> str:
    found = [here(noun)]
    found += [f"={noun}.o{owner}"] if owner else []
    found += [f"={noun}.t{team}"] if team else []
    return term_index.said(found)


class _Mail(NamedTuple):
    address: str
    normal: str


class _Phone(NamedTuple):
    typed: str
    e164: str


class _Drawn:
    """What a record would say, to be asked in its stead."""

    class Parts(list[Any]):
        def all(self) -> "_Drawn.Parts":
            return self

    company = None

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> str:
        return ""


def reindex(model: "type[Owned]", ids: Iterable[int]) -> None:
    """Rebuild keys and search rows of these records (those that are gone lose theirs)."""
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), 500):
        _reindex(model, wanted[start : start + 500])


def index_new(noun: str, found: Mapping[int, Lookup]) -> None:
    """Write keys and search rows of new records, which have none yet."""
    if not found:
        return
    keys = [(kind, value[:320], noun, pk) for pk, each in found.items() for kind, value in each.keys if value]
    bulk.write(ExactKey, ("kind", "value", "noun", "record_id"), keys)
    ids = bulk.take_ids(SearchRow, len(found))
    rows = [
        (own, noun, pk, each.text, each.contact, each.linked, each.terms)
        for own, (pk, each) in zip(ids, found.items(), strict=True)
    ]
    names = ("id", "noun", "record_id", "text", "contact", "linked")
    if connection.vendor == "postgresql":
        bulk.write(SearchRow, (*names, "terms"), rows)
    else:
        bulk.write(SearchRow, names, [row[:6] for row in rows])
        term_index.keep_said((row[0], row[6]) for row in rows)


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
