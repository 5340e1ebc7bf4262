"""Telling one of us: on Today until they have seen it, and by mail."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.core import clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.verb import verb
from fairlead.models import Lead, Notice, Opportunity, User
from fairlead.models.about import place
from fairlead.verbs.outgoing import tell_colleague

# `text` is the time that is left, what became of it, or what an answer waits for.
CLOCK: dict[str, Any] = {
    "half": gettext_lazy("Answer %(sale)s: half of the time is over, %(text)s left"),
    "most": gettext_lazy("Answer %(sale)s now: %(text)s left"),
    "over": gettext_lazy("%(sale)s was not answered in time. %(text)s"),
    "waits": gettext_lazy("The automatic answer to %(sale)s waits: %(text)s"),
}


@verb("{by} saw: {notice}", may="edit")
def see_notice(by: Actor, notice: Notice) -> Notice:
    """Take a notice off your Today."""
    if notice.seen_at is None:
        change(notice, seen_at=clock.now())
    return notice


def tell(by: Actor, user: User, kind: str, about: Opportunity | Lead, text: str = "") -> None:
    """Tell a colleague about an opportunity or a lead, in the running act; nobody is told what they did themselves."""
    if user.pk == by.user_id or not user.is_active:
        return
    notice = create(Notice, user=user, kind=kind, **place(about), by_label=by.label, text=text[:300])
    said = in_words(notice)
    address = f"{settings.BASE_URL}/{about.plural()}/{about.public_id}"
    tell_colleague(user, said, f"{said}\n\n{address}\n", key=f"{current().id}:{notice.public_id}")


def in_words(notice: Notice) -> str:
    """What happened, as one sentence."""
    words = {"who": notice.by_label, "sale": notice.about, "text": notice.text}
    if notice.kind == Notice.Kind.TEAM:
        role = _("%(who)s asked you to work on %(sale)s as %(text)s")
        return (role if notice.text else _("%(who)s asked you to work on %(sale)s")) % words
    if notice.kind == Notice.Kind.CANCELLED:
        return _("%(who)s closed %(sale)s, so your task “%(text)s” is cancelled") % words
    if notice.kind in CLOCK:
        return str(CLOCK[notice.kind]) % words
    if notice.kind == Notice.Kind.WON:
        return _("%(who)s won %(sale)s") % words
    return (_("%(who)s lost %(sale)s: %(text)s") if notice.text else _("%(who)s lost %(sale)s")) % words
