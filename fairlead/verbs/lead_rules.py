"""The lead rules: changed in a draft, made live as a version, and any version brought back."""

from typing import Any

from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create, remove
from fairlead.core.errors import Invalid, NotFound, WrongState
from fairlead.core.record import nouns
from fairlead.core.verb import verb
from fairlead.models import Queue, RuleSet
from fairlead.routing import rules as shape
from fairlead.routing.rules import REST, Rule


@verb("{by} drafted lead rules", may="organisation.edit")
def draft_rules(by: Actor, *, rules: list[Rule]) -> RuleSet:
    """Replace the draft of the lead rules by these, in this order; the last one has the key rest."""
    return _kept(_draft(), shape.checked(_plain(each) for each in rules))


@verb("{by} added the lead rule {rule}", may="organisation.edit")
def add_rule(by: Actor, *, rule: Rule, before: str = "") -> RuleSet:
    """Add a rule to the draft, before the one with this key, else before the last. A draft begins as what is live."""
    draft = _draft()
    made = shape.one(_plain(rule) | {"key": ""})
    place = _place(draft, before or REST)
    return _kept(draft, [*draft.rules[:place], made, *draft.rules[place:]], made)


@verb("{by} edited the lead rule {rule}", may="organisation.edit")
def edit_rule(by: Actor, *, key: str, rule: Rule, seen: str = "") -> RuleSet:
    """Put another rule in the place of the one with this key. `seen`: what `shape_of` said when it was read."""
    draft = _draft()
    place = _place(draft, key)
    if seen and seen != shape.shape_of(draft.rules[place]):
        text = _(
            "Somebody changed this rule while you were editing. Nothing was saved. Open it again beside this page."
        )
        raise WrongState(text)
    made = shape.one(_plain(rule) | {"key": key})
    return _kept(draft, [*draft.rules[:place], made, *draft.rules[place + 1 :]], made)


@verb("{by} moved the lead rule {rule}", may="organisation.edit")
def move_rule(by: Actor, *, key: str, before: str = "") -> RuleSet:
    """Put a rule of the draft before another one, else to the end; the last rule stays the last."""
    draft = _draft()
    moved = draft.rules[_place(draft, key)]
    if key == REST:
        raise Invalid({"key": [_("The last rule stays the last: it catches what is left.")]})
    if before == key:
        return draft
    others = [each for each in draft.rules if each["key"] != key]
    place = next((at for at, each in enumerate(others) if each["key"] == (before or REST)), len(others) - 1)
    return _kept(draft, [*others[:place], moved, *others[place:]], moved)


@verb("{by} took away the lead rule {rule}", may="organisation.edit")
def remove_rule(by: Actor, *, key: str) -> RuleSet:
    """Take a rule out of the draft."""
    draft = _draft()
    gone = draft.rules[_place(draft, key)]
    if key == REST:
        raise Invalid({"key": [_("The last rule stays: it catches what is left.")]})
    return _kept(draft, [each for each in draft.rules if each["key"] != key], gone)


@verb("{by} made {it} of the lead rules live", may="organisation.edit")
def publish_rules(by: Actor, *, note: str = "") -> RuleSet:
    """Let the draft decide from now on. The version before it can be brought back."""
    draft, live = RuleSet.draft(), RuleSet.live_one()
    if draft is None:
        raise WrongState(_("There is no draft. The rules that you see are live already."))
    current().hold([each for each in (draft, live) if each])
    _demand_known(draft.rules)
    if live is not None:
        change(live, state=RuleSet.State.PAST)
    number = (
        RuleSet.objects.order_by("-number").values_list("number", flat=True).exclude(number=None).first() or 0
    ) + 1
    about = {"note": note.strip()[:200] or draft.note, "live_since": clock.now(), "by_label": by.label[:200]}
    change(draft, state=RuleSet.State.LIVE, number=number, **about)
    return draft


@verb("{by} discarded the draft of the lead rules", may="organisation.edit")
def discard_rules(by: Actor) -> None:
    """Forget the draft; what is live stays."""
    if (draft := RuleSet.draft()) is not None:
        remove(draft)


@verb("{by} brought back {rules} of the lead rules as a draft", may="organisation.edit")
def restore_rules(by: Actor, rules: RuleSet) -> RuleSet:
    """Begin a draft with the rules of a version, in place of the draft that there may be."""
    if rules.state == RuleSet.State.DRAFT:
        return rules
    note = _("As in version %(number)s") % {"number": rules.number}
    draft = RuleSet.draft() or create(RuleSet, rules=rules.rules, note=note)
    change(draft, rules=rules.rules, note=note)
    return draft


def add_first_rules() -> None:
    """What an organisation begins with: who adds a lead keeps it, and what arrives waits in a queue."""
    queue = create(Queue, name=_("New leads"))
    rest = shape.one({"key": REST, "to": {"kind": "adder", "queue": queue.public_id}})
    create(RuleSet, rules=[rest], state=RuleSet.State.LIVE, number=1, live_since=clock.now(), by_label="Fairlead")


def _draft() -> RuleSet:
    """The draft, locked; it begins as what is live."""
    draft = RuleSet.draft()
    if draft is not None:
        current().hold([draft])
        return draft
    live = RuleSet.live_one()
    if live is None:
        add_first_rules()
        live = RuleSet.objects.get(state=RuleSet.State.LIVE)
    return create(RuleSet, rules=live.rules)


def _kept(draft: RuleSet, rules: list[dict[str, Any]], touched: dict[str, Any] | None = None) -> RuleSet:
    _demand_known(rules)
    if touched is not None:
        place = next((at for at, each in enumerate(draft.rules) if each["key"] == touched["key"]), 0)
        current().step.labels["rule"] = touched["name"] or str(place + 1)
    change(draft, rules=rules)
    return draft


def _place(draft: RuleSet, key: str) -> int:
    place = next((at for at, each in enumerate(draft.rules) if each["key"] == key), None)
    if place is None:
        raise NotFound(_("There is no rule with the key %(key)s.") % {"key": key[:20]}, argument="key")
    return place


def _demand_known(rules: list[dict[str, Any]]) -> None:
    """Refuse names of what is not there."""
    for noun, wanted in shape.named(rules).items():
        known = nouns()[noun]._base_manager.filter(public_id__in=wanted).values_list("public_id", flat=True)
        if missing := wanted - set(known if wanted else ()):
            words = {"noun": nouns()[noun]._meta.verbose_name, "id": min(missing)[:20]}
            raise Invalid({"rules": [_("There is no %(noun)s with the id “%(id)s”. Nothing was changed.") % words]})


def _plain(rule: Rule) -> dict[str, Any]:
    return dict(rule)
