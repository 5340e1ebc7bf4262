"""Bringing in many at once: complete or not at all, one act, found at once, taken back as one."""

from typing import Any

import pytest

from fairlead.core.act import last
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.undo import undo
from fairlead.core.verb import tell
from fairlead.demo.world import World
from fairlead.models import Event, ExactKey, Lead, Person
from fairlead.models.search import search
from fairlead.verbs.imports import import_leads, import_people
from fairlead.verbs.people import edit_person

ROWS: list[Any] = [
    {"name": "Zora Quist", "mails": ["zora@quist.example", " Zora@quist.example "], "phones": ["020 7946 0999", "old"]},
    {"name": "Zeno Quist"},
]


def test_people_are_brought_in_and_taken_back(world: World) -> None:
    sam, company = world.sam.actor("web"), world.peverell
    zora, zeno = import_people(sam, [ROWS[0] | {"company": company.public_id}, ROWS[1]])
    act = last()
    assert act is not None
    assert (zora.owner, zora.company, zeno.company) == (world.sam, company, None)
    assert [each.address for each in zora.mails.all()] == ["zora@quist.example"]
    assert [(each.typed, each.e164) for each in zora.phones.all()] == [("020 7946 0999", "+442079460999"), ("old", "")]
    assert search(sam, "zora quist") == [zora] and search(sam, "7946 0999") == [zora]
    assert ExactKey.objects.filter(noun="person", record_id=zora.pk).count() == 2
    events = Event.objects.filter(act=act.id)
    assert len(events) == 2, "one for each person, with mails and phones"
    assert "".join(part.text for part in tell(events[0])) == f"{world.sam} imported 2 people"
    edit_person(sam, zeno, title="Buyer")
    undone = undo(sam, act=act.id)
    assert not Person.objects.filter(pk=zora.pk).exists() and search(sam, "zora quist") == []
    assert Person.objects.filter(pk=zeno.pk).exists() and "Zeno Quist has changed since" in undone.kept[0]


def test_leads_are_brought_in(world: World) -> None:
    sam, source = world.sam.actor("web"), world.priya.source
    facts: dict[str, Any] = {"email": "zora@quist.example", "phone": "020 7946 0999", "country": "GB"}
    (lead,) = import_leads(sam, [{"name": "Zora Quist", "lead_type": "event", **facts}], source=source)
    assert Lead.objects.get(pk=lead.pk).phone_e164 == "+442079460999" and lead.source == source
    assert search(sam, "zora@quist") == [lead]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"name": ""}, "Row 2, name: Fill this in. Nothing was changed."),
        ({"name": "x" * 201}, "Row 2, name: At most 200 characters fit here. This has 201. Nothing"),
        ({"name": "Z", "company": "zzzzzzzzzz"}, "Row 2: there is no company zzzzzzzzzz, or you may not see it."),
        ({"name": "Z", "mails": ["no address"]}, "Row 2: no address is not an e-mail address. Nothing was changed."),
    ],
)
def test_one_bad_row_brings_in_none(row: Any, words: str, world: World) -> None:
    before = Person.objects.count()
    with pytest.raises(Invalid, match=words.replace(".", "\\.")):
        import_people(world.sam.actor("web"), [ROWS[1], row])
    assert Person.objects.count() == before


def test_how_many_and_by_whom(world: World) -> None:
    with pytest.raises(Invalid, match="Send 1 to 10,000 rows at once"):
        import_people(world.sam.actor("web"), [])
    with pytest.raises(Invalid, match="Send 1 to 10,000 rows at once"):
        import_leads(world.sam.actor("web"), [{"name": "x"}] * 10_001)
    with pytest.raises(NotAllowed):
        import_people(world.dele.actor("web"), ROWS)
