"""Who a lead may be: companies, people and open opportunities that are there already, the likeliest first.

Exact keys find most of them, the search index those whose names are alike; each comes with its reasons in words.
Only what the actor may see is found, and only by what they may read.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from fairlead.core import access
from fairlead.core.actor import Actor
from fairlead.matching import evidence
from fairlead.matching.evidence import Evidence
from fairlead.matching.names import company_words, likeness, person_words
from fairlead.models import Company, ExactKey, ExternalId, Lead, Opportunity, Person, PostalAddress, normal
from fairlead.models.search import alike, search, sees_contact

MOST, LOOKED_AT, SHARED = 5, 12, 50
Key = tuple[str, str]
Found = dict[int, list[tuple[Key, int]]]  # by record, the keys it was found by, and how many have each


@dataclass(frozen=True)
class Match:
    """A record that is there already. `sure`: likely enough to be proposed instead of a new one."""

    record: Any
    bits: float
    reasons: tuple[str, ...]
    sure: bool


class Ranking:
    """The matches of one lead, each noun's looked for when it is asked for; at most five, and `more` that were named.

    `words` are what somebody typed to find another one, by noun.
    """

    def __init__(self, by: Actor, lead: Lead, words: Mapping[str, str] | None = None) -> None:
        self.by, self.lead, self.words = by, lead, words or {}
        self.mail, self.phone = normal.mail(lead.email) if lead.email else "", lead.phone_e164
        self.domain = next((each for each in map(normal.domain, (lead.website, self.mail)) if _tells(each)), "")

    @cached_property
    def people(self) -> list[Match]:
        keys = [("mail", self.mail), ("phone", self.phone)]
        found = self._found(Person, keys, self.lead.person_id)
        ids = [*found, *self._named("person", " ".join(person_words(self.lead.name)))]
        people = _seen(self.by, Person, ids)
        _hide_employers(self.by, people)
        return self._best("person", [(each, self._person(each, found.get(each.pk, []))) for each in people])

    @cached_property
    def companies(self) -> list[Match]:
        keys = [("domain", self.domain), ("phone", self.phone), ("mail", self.mail)]
        found = self._found(Company, keys, self.lead.company_id)
        employers = {each.record.company_id: each.record for each in self.people if each.sure and each.record.company}
        named = self._named("company", " ".join(company_words(self.lead.company_name)))
        companies = _seen(self.by, Company, [*found, *employers, *named])
        return self._best(
            "company", [(each, self._company(each, found.get(each.pk, []), employers)) for each in companies]
        )

    @cached_property
    def opportunities(self) -> list[Match]:
        """Open ones of these people and companies, as far as the actor may add to them."""
        people = {each.record.pk: each.record for each in self.people}
        companies = {each.record.pk: each.record for each in self.companies if each.sure}
        whose = Q(person__in=people) | Q(company__in=companies) | Q(lead=self.lead)
        there: Any = Opportunity.objects.visible_to(self.by).filter(access.reach(self.by, "edit", Opportunity))
        sought = self._sought("opportunity")
        open_ones = there.filter(whose | Q(pk__in=sought), state="open", archived_at=None, merged_into=None)
        rows = open_ones.select_related("company", "person", "stage").order_by("-pk")[:LOOKED_AT]
        return self._best("opportunity", [(each, self._opportunity(each, people, companies)) for each in rows])

    # --- each noun's evidence ---

    def _person(self, person: Person, keys: Sequence[tuple[Key, int]]) -> Evidence:
        found = _by_keys(keys)
        if self.lead.name and person.name:
            like = likeness(person_words(self.lead.name), person_words(person.name))
            found.name(like, other=evidence.OTHER_PERSON)
        if person.company and self.lead.company_name and self._employs(person.company):
            found.add(evidence.SAME_COMPANY, _("Same company"))
        return found

    def _company(
        self,
        company: Company,
        keys: Sequence[tuple[Key, int]],
        employers: Mapping[int, Person],
    ) -> Evidence:
        found = _by_keys(keys)
        if self.lead.company_name:
            wanted = company_words(self.lead.company_name)
            names = [each for each in (company.name, company.legal_name) if each]
            found.name(max(likeness(wanted, company_words(each)) for each in names), other=evidence.OTHER_COMPANY)
        if company.pk in employers:
            found.exact = True
            found.add(evidence.SURE, _("%(person)s works there") % {"person": employers[company.pk]})
        self._place(found, next(iter(company.addresses.all()), None))
        return found

    def _place(self, found: Evidence, place: PostalAddress | None) -> None:
        if place is None:
            return
        ours, theirs = normal.tax_id(self.lead.postal_code), normal.tax_id(place.postal_code)
        if ours and ours == theirs:
            found.add(evidence.SAME_POSTCODE, _("Same postal code"))
        elif self.lead.city and place.city:
            same = normal.words(self.lead.city) == normal.words(place.city)
            found.add(evidence.SAME_PLACE if same else evidence.OTHER_PLACE, _("Same town") if same else "")

    def _opportunity(
        self, opportunity: Opportunity, people: Mapping[int, Person], companies: Mapping[int, Company]
    ) -> Evidence:
        found = Evidence()
        if opportunity.lead_id == self.lead.pk:
            found.key("linked", "", 1)
        if person := people.get(opportunity.person_id or 0):
            found.add(evidence.CONTACT, _("%(person)s is its contact") % {"person": person})
        if company := companies.get(opportunity.company_id or 0):
            found.add(evidence.CUSTOMER, _("Open, of %(company)s") % {"company": company})
        asked, title = normal.words(self.lead.interest).split(), normal.words(opportunity.title).split()
        if asked and title and likeness(asked, title) >= 0.75:
            found.add(evidence.SUBJECT, _("Sounds like what they ask for"))
        return found

    def _employs(self, company: Company) -> bool:
        return likeness(company_words(self.lead.company_name), company_words(company.name)) >= 0.93

    # --- finding them ---

    @cached_property
    def _contact(self) -> bool:
        return sees_contact(self.by)

    def _found(self, model: Any, keys: Sequence[Key], linked: int | None) -> Found:
        """Records by exact key, by an id in another system that the lead has too, and the one it is linked with."""
        found: Found = defaultdict(list)
        if linked:
            found[linked].append((("linked", ""), 1))
        for key in keys if self._contact else ():
            if key[1]:
                ids = _with_key(model, *key)
                for pk in ids[:LOOKED_AT]:
                    found[pk].append((key, len(ids)))
        for system, pk in self._same_ids(model):
            found[pk].append((("external", system), 1))
        return found

    def _same_ids(self, model: Any) -> Iterable[tuple[str, int]]:
        column = f"{model.noun()}_id"
        for system, value in ExternalId.objects.filter(lead=self.lead).values_list("system", "value")[:LOOKED_AT]:
            there = ExternalId.objects.filter(system=system, value=value, **{f"{column}__isnull": False})
            yield from ((system, pk) for pk in there.values_list(column, flat=True)[:LOOKED_AT])

    def _named(self, noun: str, name: str) -> list[int]:
        """By their names: what the lead says, and what somebody typed to find another one."""
        return [*self._sought(noun), *self._spelled(noun, name)]

    def _sought(self, noun: str) -> list[int]:
        return self._spelled(noun, self.words.get(noun, ""))

    def _spelled(self, noun: str, text: str) -> list[int]:
        """The records of this name, or of one that a slip tells from it."""
        if not text.strip():
            return []
        found = search(self.by, text, kinds=(noun,), most=LOOKED_AT) or alike(self.by, text, kinds=(noun,))
        return [each.pk for each in found]

    def _best(self, noun: str, pairs: Sequence[tuple[Any, Evidence]]) -> list[Match]:
        """The likeliest first. What somebody looked for is shown whatever speaks for it."""
        sought = set(self._sought(noun))
        ranked = sorted(pairs, key=lambda pair: (-pair[1].bits, pair[0].pk))
        kept = [pair for pair in ranked if pair[1].is_shown][:MOST]
        more = [pair for pair in ranked if pair[0].pk in sought and pair not in kept][:MOST]
        return [Match(each, made.bits, tuple(made.reasons), made.is_sure) for each, made in [*kept, *more]]


def _by_keys(keys: Sequence[tuple[Key, int]]) -> Evidence:
    found = Evidence()
    for (kind, value), shared in keys:
        found.key(kind, value, shared)
    return found


def _seen(by: Actor, model: Any, ids: Iterable[int]) -> list[Any]:
    wanted = list(dict.fromkeys(ids))[: LOOKED_AT * 2]
    there = model.objects.visible_to(by).filter(pk__in=wanted, archived_at=None, merged_into=None)
    near = there.select_related("company") if model is Person else there
    return list(near.prefetch_related("mails", "phones", "addresses")) if wanted else []


def _hide_employers(by: Actor, people: Sequence[Person]) -> None:
    """A company that the actor may not see is not named beside its people either."""
    if by.level("see", "company") == "all":
        return
    seen: Any = Company.objects.visible_to(by).filter(pk__in=[each.company_id for each in people if each.company_id])
    known = set(seen.values_list("pk", flat=True))
    for each in people:
        if each.company_id not in known:
            each._state.fields_cache["company"] = None


def _with_key(model: Any, kind: str, value: str) -> list[int]:
    keys = ExactKey.objects.filter(kind=kind, value=value, noun=model.noun()).order_by("record_id")
    return list(keys.values_list("record_id", flat=True)[:SHARED])


def _tells(domain: str) -> bool:
    return bool(domain) and domain not in normal.FREE_MAIL
