"""What becomes of what visitors fill in on our forms: told from robots, confirmed, answered, given a place."""

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.act import current
from fairlead.core.changes import change, create
from fairlead.models import Activity, CustomField, Form, Lead, Occasion, Registration, Response, Submission, normal
from fairlead.models.custom import live_fields
from fairlead.models.custom_values import Unfit, stored
from fairlead.models.suppression import address_key
from fairlead.models.token import fingerprint
from fairlead.reading import stamps
from fairlead.reading.answers import first, given, inquiry_of
from fairlead.reading.body import Unreadable
from fairlead.reading.inquiry import Inquiry
from fairlead.reading.phrases import period, phrases
from fairlead.verbs.outgoing import send_mail_later
from fairlead.verbs.responses import respond_automatically

DOUBT = "Fairlead-Doubt"  # the header under which the door says why it takes this for a robot's
MOST_A_DAY = 5  # from one contact at one form; what comes more often is kept as spam
DAY = timedelta(days=1)
CONFIRMED_WITHIN = timedelta(days=7)
ANSWER, CONFIRMATION = "transactional", "confirmation"


def answers(form: Form, submission: Submission) -> Inquiry:
    """What was filled in, by what the form's fields become now."""
    found = inquiry_of({"fields": form.fields, "consent": form.consent}, submission.body, submission.content_type)
    known = {field.key: field for field in live_fields("lead")}
    for key, value in list(found.custom.items()):
        if key not in known or not _takes(known[key], value):
            found.extra[key] = found.custom.pop(key)
    return found


def suspicion(form: Form, submission: Submission, found: Inquiry) -> str:
    """Why this was not sent by a person who means it; empty when nothing says so."""
    if found.trapped:
        return _("A field that people do not see was filled in: %(name)s") % {"name": found.trapped[0]}
    if submission.headers.get(DOUBT):
        return str(submission.headers[DOUBT])
    said = stamps.verdict(form.address, _fields(submission), submission.received_at, form.least_seconds)
    if said == "forged":
        return _("It was not sent by the page of the form.")
    if said == "early":
        return _("It was sent faster than a person writes.")
    since = submission.received_at - DAY
    contact = contact_of(found)
    same = Submission.objects.filter(endpoint=form.endpoint_id, contact=contact, received_at__gt=since)
    earlier = same.filter(received_at__lte=submission.received_at).exclude(pk=submission.pk).exclude(state="spam")
    if contact and earlier[:MOST_A_DAY].count() == MOST_A_DAY:
        return _("It came more than %(most)s times in a day with this address.") % {"most": MOST_A_DAY}
    return ""


def contact_of(found: Inquiry) -> str:
    """Who sent it, as a keyed hash of the mail address or the phone number."""
    mail, phone = found.facts.get("email", ""), found.facts.get("phone", "")
    return address_key(mail, "mail") if mail else address_key(phone, "phone") if phone else ""


def must_confirm(form: Form, submission: Submission, found: Inquiry) -> bool:
    """Does it wait for a mail to be answered? Then that mail is promised, once a day for a contact."""
    if not form.double_opt_in or submission.confirmed_at or _has_confirmed(submission, found):
        return False
    if not submission.confirmation and _mailable(found):
        secret = secrets.token_urlsafe(24)
        change(submission, confirmation=fingerprint(secret))
        words = phrases(language_of(form, found))
        link = f"{settings.BASE_URL}/f/{form.address}/confirm?key={secret}"
        lines = [words["confirm_mail"], link, words["confirm_not"]]
        _mail(form, found, words["confirm_subject"], lines, CONFIRMATION, f"confirm:{_per_day(form, found)}")
    return True


def alike(submission: Submission) -> list[Submission]:
    """What the same contact sent to the same form, and what waits to be confirmed as well."""
    waiting = Submission.objects.filter(endpoint=submission.endpoint_id, contact=submission.contact, state="received")
    found = waiting.filter(received_at__gt=submission.received_at - CONFIRMED_WITHIN).exclude(pk=submission.pk)
    return list(found.order_by("pk")[:20]) if submission.contact else []


def answer(form: Form, submission: Submission, found: Inquiry, lead: Lead) -> None:
    """Answer who filled it in: by a thank-you, or at an event with a place while there is one."""
    occasion = form.occasion
    if form.kind == Form.Kind.EVENT and occasion is not None:
        if not occasion.is_over(submission.received_at):
            _register(form, occasion, submission, found, lead)
    elif form.template is not None and form.template.archived_at is None:
        respond_automatically(current().by, lead, template=form.template, submission=submission)
    elif _mailable(found) and not _answered(submission, lead):
        language = language_of(form, found)
        words = phrases(language)
        subject = form.words("mail_subject", language) or words["mail_subject"]
        text = form.words("mail_text", language) or words["mail_text"]
        _mail(form, found, subject, [text], ANSWER, f"answer:{_per_day(form, found)}")


def _answered(submission: Submission, lead: Lead) -> bool:
    """Did a lead rule answer already, in the act in which the lead was made?"""
    fresh = Response.objects.filter(lead=lead, created_at__gte=submission.received_at)
    return fresh.exclude(state=Response.State.WITHHELD).exists()


def tell_place(form: Form, registration: Registration, found: Inquiry) -> None:
    """The mail about a place, or that there is none, to an address that can be one."""
    if not _mailable(found):
        return
    occasion, language = registration.occasion, language_of(form, found)
    words, placed = phrases(language), registration.state == Registration.State.PLACED
    subject = words["place_subject" if placed else "full_subject"] % {"event": occasion.title}
    text = form.words("mail_text", language) if placed else ""
    lines = [text or words["place_mail" if placed else "full_mail"], _in_short(occasion, language, placed)]
    key = f"registration:{registration.public_id}:{registration.state}"
    _mail(form, found, subject, lines, ANSWER, key, occasion.calendar() if placed else "")


def language_of(form: Form, found: Inquiry) -> str:
    return found.language if found.language in form.languages else form.language


def _register(form: Form, occasion: Occasion, submission: Submission, found: Inquiry, lead: Lead) -> None:
    """One place for a contact; of two who want the last one, one gets it."""
    current().hold([occasion])
    contact = contact_of(found)
    if Registration.objects.filter(occasion=occasion, contact=contact).exclude(state="cancelled").exists():
        return
    state = Registration.State.FULL if occasion.is_full else Registration.State.PLACED
    facts: dict[str, Any] = {"occasion": occasion, "lead": lead, "submission": submission, "contact": contact}
    made = create(Registration, state=state, **facts)
    said = _("Registered for %(event)s") if state == "placed" else _("Registered for %(event)s: no place was left")
    at = submission.received_at
    text = said % {"event": occasion}
    create(Activity, lead=lead, kind="note", direction="in", text=text, happened_at=at, logged_at=current().at)
    tell_place(form, made, found)


def _has_confirmed(submission: Submission, found: Inquiry) -> bool:
    """Did this contact confirm an earlier one of these days?"""
    since, contact = submission.received_at - CONFIRMED_WITHIN, contact_of(found)
    same = Submission.objects.filter(endpoint=submission.endpoint_id, contact=contact, received_at__gt=since)
    return bool(contact) and same.filter(confirmed_at__isnull=False).exists()


def _mailable(found: Inquiry) -> bool:
    return bool(normal.mail(found.facts.get("email", "")))


def _in_short(occasion: Occasion, language: str, placed: bool) -> str:
    words = phrases(language)
    when = period(occasion.starts_at, occasion.ends_at, occasion.zone, language)
    lines = [occasion.title, f"{words['when']}: {when}"]
    lines += [f"{words['where']}: {occasion.place}"] if occasion.place else []
    return "\n".join(lines + ([f"{words['link']}: {occasion.link}"] if occasion.link and placed else []))


def _mail(
    form: Form, found: Inquiry, subject: str, lines: list[str], purpose: str, key: str, calendar: str = ""
) -> None:
    text = "\n\n".join(lines) + "\n"
    more = {"leaves_in": language_of(form, found)} if purpose == ANSWER else {}
    send_mail_later(found.facts["email"], subject, text, purpose=purpose, key=key, calendar=calendar, more=more)


def _per_day(form: Form, found: Inquiry) -> str:
    return f"{form.public_id}:{contact_of(found)[:32]}:{clock.now():%Y-%m-%d}"


def _fields(submission: Submission) -> dict[str, str]:
    try:
        return first(given(submission.body, submission.content_type))
    except Unreadable:
        return {}


def _takes(field: CustomField, value: str) -> bool:
    try:
        return field.kind != "link" and stored(field, value) is not None
    except Unfit:
        return False
