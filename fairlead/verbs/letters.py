"""A mail template filled in for a lead: the words that leave the house, in the lead's language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner

from fairlead.core.sealed import seal
from fairlead.models import Form, Lead, MailTemplate, Occasion, Organisation, Registration
from fairlead.models.placeholders import fill
from fairlead.reading.mail_html import cleaned
from fairlead.reading.phrases import period

FOR = "for"  # the mark in the address of a form that says whose personal link it is
LINKS_LAST = 90 * 24 * 3600  # seconds
SALT = "fairlead personal form link"
LEAVING = "leave"  # what an unsubscribing link is for
# What stands in a name when a robot uses our mails to carry its words: addresses and links.
CARRIES = re.compile(r"[@:/\\<>\[\]{}|]|www\.|\w\.\w{2,}|\d{5}", re.I)
LONGEST_NAME = 60
EXAMPLE = "TRIAL-0000"  # in previews


@dataclass(frozen=True)
class Letter:
    language: str
    subject: str
    text: str
    html: str
    occasion: Occasion | None = None


def letter(template: MailTemplate, lead: Lead, *, access: str = "") -> Letter:
    """What this lead gets by this template. `access`: the code or link for a trial."""
    language = template.language_for(lead.language)
    return filled_for(template, lead, template.said(language), language, access)


def filled_for(
    template: MailTemplate, lead: Lead, said: Mapping[str, str], language: str, access: str = EXAMPLE
) -> Letter:
    """These words of a template, filled in for a lead."""
    occasion, has_place = _event(template, lead)
    values = _values(template, lead) | _about(occasion, language, has_place) | {"trial_access": access}
    if lead.pk is None and access != EXAMPLE:  # kept nowhere, so nothing can come to it
        values["form_link"] = ""
    html = said.get("html", "")
    return Letter(
        language,
        " ".join(fill(said.get("subject", ""), values).split())[:200],
        fill(said.get("text", ""), values).strip() + "\n",
        cleaned(fill(html, values, html=True)) if html else "",
        occasion if has_place or template.occasion_id else None,
    )


def form_link(form: Form, lead: Lead) -> str:
    """A link by which what this lead fills in comes to this very lead."""
    mark = TimestampSigner(salt=SALT, sep=".").sign(f"{form.public_id}-{lead.public_id}")
    return f"{settings.BASE_URL}/f/{form.address}?{FOR}={mark}"


def leaving_link(address: str, language: str) -> str:
    """A link by which nobody writes to this address any more; it does not show the address."""
    return f"{settings.BASE_URL}/u/{seal(f'{LEAVING}:{address}')}?lang={language}"


def lead_of_link(form: Form, mark: str) -> Lead | None:
    """Whose personal link this is, while the lead is open; None for any other."""
    try:
        said = TimestampSigner(salt=SALT, sep=".").unsign(mark, max_age=LINKS_LAST)
    except BadSignature:
        return None
    of, _dash, public_id = said.partition("-")
    lead = Lead.objects.filter(public_id=public_id).first() if of == form.public_id else None
    while lead is not None and lead.merged_into_id:
        lead = Lead.objects.filter(pk=lead.merged_into_id).first()
    return lead if lead is not None and lead.is_open and lead.archived_at is None else None


def plain_name(text: str) -> str:
    """A name as a stranger gave it, when it can be one: nobody writes to others through our mails."""
    plain = " ".join(text.split())
    return "" if len(plain) > LONGEST_NAME or CARRIES.search(plain) or not plain.isprintable() else plain


def _values(template: MailTemplate, lead: Lead) -> dict[str, str]:
    name, owner = plain_name(lead.name), lead.owner
    return {
        "name": name,
        "first_name": name.split()[0] if name else "",
        "company": plain_name(lead.company_name),
        "interest": plain_name(lead.interest),
        "owner_name": owner.name if owner else "",
        "owner_mail": owner.email if owner else "",
        "our_name": Organisation.ours().name,
        "form_link": form_link(template.form, lead) if template.form else "",
    }


def _event(template: MailTemplate, lead: Lead) -> tuple[Occasion | None, bool]:
    """The event it tells of, and whether the lead has a place."""
    registered = Registration.objects.filter(lead=lead.pk or 0, archived_at=None).exclude(state="cancelled")
    if template.occasion_id:
        registered = registered.filter(occasion_id=template.occasion_id)
    found = registered.select_related("occasion").order_by("-pk").first()
    if found is not None:
        return found.occasion, found.state == Registration.State.PLACED
    return template.occasion, False


def _about(occasion: Occasion | None, language: str, has_place: bool) -> dict[str, str]:
    if occasion is None:
        return {}
    return {
        "event_title": occasion.title,
        "event_when": period(occasion.starts_at, occasion.ends_at, occasion.zone, language),
        "event_place": occasion.place,
        "event_link": occasion.link if has_place else "",
    }
