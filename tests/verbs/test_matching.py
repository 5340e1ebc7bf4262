"""Who a lead may be: ranked with reasons, only among what its reader may see, by what they may read."""

import pytest

from fairlead.demo.world import World
from fairlead.matching.names import company_words, likeness, person_words
from fairlead.matching.rank import Ranking
from fairlead.models import Role
from fairlead.verbs.leads import create_lead
from fairlead.verbs.people import create_person
from fairlead.verbs.roles import edit_role
from fairlead.verbs.users import change_role

SAME = [("Priya Raman", "Raman, Priya"), ("Dr Jürgen Müller", "Juergen Mueller"), ("P. Raman", "Priya Raman")]
OTHER = [("Tom Ashworth", "Tina Ashby"), ("Priya Raman", "Priya Patel"), ("林 美玲", "Ольга Соколова"), ("", "Ann")]
SAME_COMPANY = [("Müller GmbH & Co. KG", "Mueller"), ("ACME Inc.", "Acme"), ("The Peverell Ltd", "peverell")]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_name_written_otherwise(one: str, other: str) -> None:
    assert likeness(person_words(one), person_words(other)) >= 0.86


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_name(one: str, other: str) -> None:
    assert likeness(person_words(one), person_words(other)) < 0.75


@pytest.mark.parametrize(("one", "other"), SAME_COMPANY)
def test_a_company_without_its_legal_form(one: str, other: str) -> None:
    assert likeness(company_words(one), company_words(other)) >= 0.985


def test_keys_before_names_and_what_many_share_says_little(world: World) -> None:
    sam = world.sam.actor("web")
    office = [create_person(sam, name=name, mails=["office@shared.example"]) for name in ("Ann Reed", "Bo Lund")]
    lead = create_lead(sam, name="Bo Lund", email="office@shared.example", company_name="Peverel Logistics")
    found = Ranking(sam, lead)
    assert [match.record for match in found.people] == [office[1], office[0]]
    assert found.people[0].sure and found.people[1].reasons == ("Same e-mail address", "Another name")
    assert (found.companies[0].record, found.companies[0].reasons[0]) == (world.peverell, "Almost the same name")
    assert found.opportunities == []


def test_only_what_one_may_see_and_by_what_one_may_read(world: World) -> None:
    lead = create_lead(world.sam.actor("web"), name="Somebody Else", email="priya.raman@peverell.example")
    assert [match.record for match in Ranking(world.sam.actor("web"), lead).people] == [world.priya]
    role = Role.objects.get(name="Read-only")
    change_role(world.admin.actor("web"), world.sam, role=role)
    for grants in ({"*": {"see": "all"}, "private": {}}, {"*": {"see": "all"}, "person": {}}):
        edit_role(world.admin.actor("web"), role, grants=grants)
        seen = Ranking(world.user("sam").actor("web"), lead)
        assert [match.record for match in seen.people] == []
