"""Rights: roles edited by administrators, their effect on people before saving, and explanations of who sees what."""

import re
from typing import Any

import pytest
from django.test import Client

from fairlead.core.access import can, governing
from fairlead.core.actor import ACTIONS
from fairlead.core.errors import Invalid, WrongState
from fairlead.core.explain import Counts, rights, through
from fairlead.demo.world import World
from fairlead.models import Lead, Opportunity, Person, Role, Token, User
from fairlead.models.user import actors
from fairlead.verbs.ownership import add_collaborator, assign
from fairlead.verbs.roles import archive_role, copy_role, create_role, edit_role
from fairlead.verbs.users import change_role
from fairlead.web.rights import effects, from_grid, grid
from tests.web.test_settings import text, toast


@pytest.fixture
def admin(world: World) -> Client:
    client = Client()
    client.force_login(world.admin)
    return client


def role(name: str) -> Role:
    return Role.objects.get(name=name)


def sent(held: Role, **changed: str) -> dict[str, str]:
    """What the grid's form posts, with some cells changed; `person__see` stands for the cell person.see."""
    form = {"name": held.name, "version": str(held.version)}
    for line in grid(held.grants):
        form |= {f"{line.noun}.{action}": level for action, level in line.levels.items()}
        form |= {f"named.{line.noun}": "on"} if line.named and line.noun != "*" else {}
    return form | {name.replace("__", "."): value for name, value in changed.items()}


def test_a_role_is_made_edited_copied_and_put_away(world: World) -> None:
    by = world.admin.actor("web")
    made = create_role(by, name=" Night  desk ", grants={"*": {"see": "team"}, "lead": {"see": "all", "edit": "none"}})
    assert made.name == "Night desk" and made.grants == {"*": {"see": "team"}, "lead": {"see": "all"}}
    copied = copy_role(by, made, name="Day desk")
    assert copied.grants == made.grants
    edit_role(by, made, grants={"*": {}})
    assert role("Night desk").grants == {"*": {}} and role("Day desk").grants == copied.grants
    change_role(by, world.sam, role=made)
    assert not Lead.objects.visible_to(User.objects.get(pk=world.sam.pk).actor("web")).exists()
    with pytest.raises(WrongState, match="Sam Whitlock has this role"):
        archive_role(by, made)
    archive_role(by, copied)
    with pytest.raises(WrongState, match="put away"):
        change_role(by, world.sam, role=role("Day desk"))


def test_names_and_nouns_are_checked(world: World) -> None:
    by = world.admin.actor("web")
    with pytest.raises(Invalid) as refused:
        create_role(by, name="seller")
    assert refused.value.errors == {"name": ["There is one named seller already."]}
    with pytest.raises(Invalid) as refused:
        create_role(by, name="Odd", grants={"wish": {"see": "all"}})
    assert "There are no rights on wish." in refused.value.errors["grants"][0]
    edit_role(by, role("Delivery"), grants=role("Delivery").grants)
    assert "job" in role("Delivery").grants


def test_the_last_administrators_rights_cannot_be_lost(world: World, admin: Client) -> None:
    held = role("Administrator")
    by = world.admin.actor("web")
    with pytest.raises(WrongState, match="Somebody must stay administrator"):
        edit_role(by, held, grants={"*": {"see": "all"}})
    assert role("Administrator").governs
    page = admin.post(f"/settings/roles/{held.public_id}", sent(held, organisation__edit="own", save="1"))
    assert page.status_code == 422 and "Somebody must stay administrator" in text(page)
    edit_role(by, role("Manager"), grants=held.grants)
    edit_role(by, held, grants={"*": {"see": "all"}})
    assert not role("Administrator").governs and role("Manager").governs


def test_what_a_change_does_to_people_is_shown_before_it_is_saved(admin: Client, world: World) -> None:
    held = role("Seller")
    at, form = f"/settings/roles/{held.public_id}", sent(held, **{"named.person": "on", "person.see": "own"})
    assert {f"person.{action}" for action in ACTIONS} <= set(form)
    page = text(admin.post(at, form))
    people = Person.objects.filter(archived_at=None).count()
    sams = Person.objects.filter(owner=world.sam, archived_at=None).count()
    assert role("Seller").version == held.version, "a preview saves nothing"
    assert "Sam Whitlock" in page and "Loses" in page and f"All ({people}) → Own ({sams})" in page
    back = text(admin.post(at, form | {"back": "1"}))
    assert re.search(r'aria-label="People, see"[^>]*>.*?<option value="own" selected>', back)
    saved = toast(admin, admin.post(at, form | {"save": "1"}))
    assert "Seller saved." in saved and "/undo" in saved and role("Seller").grants["person"]["see"] == "own"
    assert Person.objects.visible_to(User.objects.get(pk=world.sam.pk).actor("web")).count() == sams
    undo = re.search(r"/acts/[0-9a-f-]+/undo", saved)
    assert undo and admin.post(undo[0]).status_code in {200, 303} and role("Seller").grants == held.grants


def test_the_preview_says_what_the_saved_role_then_does(world: World) -> None:
    """Told by the same code: each announced figure is what the person then reaches."""
    held, by = role("Seller"), world.admin.actor("web")
    grants = from_grid(sent(held, **{"*.see": "team", "*.delete": "own", "*.edit": "none"}), held.grants)
    told = {effect.user.pk: effect for effect in effects(User.objects.filter(role=held), grants)}
    edit_role(by, held, grants=grants)  # type: ignore[arg-type]
    assert told[world.sam.pk].gains and told[world.sam.pk].losses
    for user in User.objects.filter(role=held):
        now = {(each.noun, each.action): each for each in rights(user.actor("web"), Counts())}
        for shift in told[user.pk].gains + told[user.pk].losses:
            assert now[shift.after.noun, shift.after.action] == shift.after


def test_a_line_without_its_tick_follows_everything_else(world: World) -> None:
    held = role("Seller")
    assert from_grid(sent(held), held.grants)["*"]["edit"] == "team"
    assert "person" not in from_grid(sent(held, person__see="none"), held.grants)
    assert {line.noun for line in grid(held.grants)} == {"*", *governing()}
    with pytest.raises(ValueError, match="everything"):
        from_grid(sent(held, **{"*.see": "everything"}), held.grants)


def test_nonsense_in_the_grid_is_refused(admin: Client, world: World) -> None:
    held = role("Seller")
    at = f"/settings/roles/{held.public_id}"
    assert admin.post(at, sent(held, **{"*.see": "galaxy", "save": "1"})).status_code == 400
    taken = admin.post(at, sent(held, name="Manager", save="1"))
    assert taken.status_code == 422 and "There is one named" in text(taken)
    assert "Nobody gains or loses a right." in text(admin.post(at, sent(held)))
    assert role("Seller").version == held.version


def test_a_role_may_begin_without_any_right(admin: Client, world: World) -> None:
    """The form's first choice; sent twice it is one role."""
    for status in (303, 422):
        assert admin.post("/settings/roles", {"name": "Bare", "like": ""}).status_code == status
    assert role("Bare").grants == {} and create_role(world.admin.actor("web"), name="Bare too").grants == {}


def test_roles_are_made_and_put_away_on_their_page(admin: Client, world: World) -> None:
    assert admin.post("/settings/roles", {"name": "seller"}).status_code == 422
    page = toast(admin, admin.post("/settings/roles", {"name": "Desk", "like": role("Read-only").public_id}))
    made = role("Desk")
    assert "Desk added." in page and made.grants == role("Read-only").grants and "Nobody has this role." in page
    assert "Desk put away." in toast(admin, admin.post(f"/settings/roles/{made.public_id}/archive"))
    assert "Desk is back." in toast(admin, admin.post(f"/settings/roles/{made.public_id}/unarchive"))
    seller = role("Seller")
    assert "has this role" in text(admin.post(f"/settings/roles/{seller.public_id}/archive"))
    assert role("Seller").archived_at is None


def test_who_can_see_a_record_and_through_what(world: World, client: Client) -> None:
    by = world.admin.actor("web")
    edit_role(by, role("Seller"), grants={"*": {"see": "own", "edit": "own"}, "organisation": {"see": "all"}})
    edit_role(by, role("Delivery"), grants={"*": {"see": "team"}})
    deal = world.managed_it
    add_collaborator(by, deal, helper=world.noah)
    assert through(world.sam.actor("web"), "see", deal) == ["owner"]
    assert through(world.noah.actor("web"), "see", deal) == ["helper"]
    assert through(world.mira.actor("web"), "see", deal) == ["all"]
    assert through(world.lena.actor("web"), "see", deal) == []
    client.force_login(world.sam)
    page = text(client.get(f"/opportunities/{deal.public_id}/access"))
    assert "Owner" in page and "Helps with it" in page and "Role Manager: all" in page
    assert "Not seen by" in page and "Lena" in page.partition("Not seen by")[2]
    client.force_login(world.lena)
    assert client.get(f"/opportunities/{deal.public_id}/access").status_code == 404


def test_explanations_agree_with_access(world: World) -> None:
    """For every user, record and action: there is a reason exactly when it is allowed."""
    by = world.admin.actor("web")
    edit_role(by, role("Seller"), grants={"*": {"see": "team", "edit": "own", "delete": "none"}})
    edit_role(by, role("Delivery"), grants={"*": {"see": "own"}})
    assign(by, world.managed_it, owner=world.dele)
    found = 0
    for model in (Person, Lead, Opportunity):
        for record in list(model.objects.all()[:6]):
            for user in actors(list(User.objects.select_related("role")), "web"):
                for action in ("see", "edit", "delete"):
                    assert bool(through(user, action, record)) == can(user, action, record), (user, action, record)
                    found += 1
    assert found > 100


def test_what_somebody_sees(admin: Client, world: World, client: Client) -> None:
    edit_role(world.admin.actor("web"), role("Seller"), grants={"*": {"see": "own"}})
    page = text(admin.get(f"/settings/people/{world.sam.public_id}/access"))
    sams = world.sam.actor("web")
    own = Opportunity.objects.visible_to(sams).filter(archived_at=None).count()
    line = page.partition(">Opportunities</th>")[2].partition("</tr>")[0]
    assert 0 < own < Opportunity.objects.count() and f'Own<br><span class="tiny muted">{own}</span>' in line
    client.force_login(world.sam)
    assert client.get(f"/settings/people/{world.sam.public_id}/access").status_code == 403


def test_users_read_together_may_what_they_may_alone(world: World) -> None:
    everybody: Any = list(User.objects.select_related("role").order_by("pk"))
    assert actors(everybody, "web") == [User.objects.get(pk=user.pk).actor("web") for user in everybody]


def test_a_token_for_some_nouns_alone(client: Client, world: World) -> None:
    client.force_login(world.sam)
    facts = {"name": "Sync", "scope": "write", "days": "30"}
    page = text(client.post("/settings/tokens", facts | {"only": ["person", "company"]}))
    assert "company.read, company.write, person.read, person.write" in page
    by = Token.objects.get(name="Sync").actor("api")
    assert (by.level("edit", "person"), by.level("see", "lead")) == ("team", "none")
    assert client.post("/settings/tokens", facts | {"only": ["wish"]}).status_code == 422
