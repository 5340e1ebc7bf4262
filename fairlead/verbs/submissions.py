"""Submissions: kept unchanged when they arrive, processed, replayed, told apart from spam."""

import base64
import binascii
import hashlib
import uuid
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any, Required

from django.conf import settings
from django.utils.translation import gettext as _
from typing_extensions import TypedDict

from fairlead.core import access, clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create, create_many
from fairlead.core.errors import Invalid, NotAllowed
from fairlead.core.verb import verb
from fairlead.models import Activity, Campaign, Form, Lead, Mailbox, Payload, Source, Submission, Team, User
from fairlead.models.endpoint import Endpoint
from fairlead.models.form import LANGUAGES
from fairlead.models.place import country_code
from fairlead.reading.bounces import bounce_in
from fairlead.reading.calendars import reply_in
from fairlead.reading.inquiry import Inquiry, inquiry
from fairlead.reading.message import KIND
from fairlead.reading.synonyms import size_in
from fairlead.verbs.bounces import note_bounce
from fairlead.verbs.capture import capture_lead, one_at_a_time
from fairlead.verbs.form_answers import answer, answers, contact_of, must_confirm, suspicion
from fairlead.verbs.leads import with_phone
from fairlead.verbs.letters import lead_of_link
from fairlead.verbs.replies import note_reply
from fairlead.verbs.telephone import note_call
from fairlead.verbs.track_triggers import lead_came

MOST_AT_ONCE = 500
MOST_SOURCES = 200  # beyond these, what a form says of its source makes no new one
SAME_AGAIN = timedelta(minutes=10)  # within which the same bytes are a second click
OURS = "body:"  # begins keys that are made from the bytes
COMPLETED = ("name", "company_name", "title", "email", "phone", "website", "street", "city", "region", "postal_code",
             "country", "language", "interest", "message")  # fmt: skip
FACTS = (
    "name", "email", "phone", "company_name", "title", "website", "street", "city", "region", "postal_code", "interest",
)  # fmt: skip


class Arrival(TypedDict, total=False):
    """`body` in base64. `arrival` is unique to it: one that came before is not kept again. `refused`: why it failed."""

    body: Required[str]
    arrival: str
    content_type: str
    headers: dict[str, str]
    received_at: datetime
    refused: str


@verb("{by} received {count} at {endpoint}", may="lead.create", undo_within=None, opposite="mark_spam")
def receive_submissions(by: Actor, endpoint: Endpoint, *, arrivals: list[Arrival]) -> list[Submission]:
    """Keep what arrived, unchanged, to be processed next; those that came before are left out."""
    fresh = {each.get("arrival") or uuid.uuid4().hex: each for each in arrivals}
    known = Submission.objects.filter(arrival__in=fresh).values_list("arrival", flat=True)
    for arrival in list(known):
        del fresh[arrival]
    bodies = [_decoded(each["body"]) for each in fresh.values()]
    made = create_many(Submission, [_kept(endpoint, arrival, each) for arrival, each in fresh.items()])
    Payload.objects.bulk_create(Payload(submission=row, body=body) for row, body in zip(made, bodies, strict=True))
    current().step.labels["count"] = str(len(made))
    return made


@verb("{by} processed {submission}", may="edit")
def process_submission(by: Actor, submission: Submission) -> Submission:
    """Make of a submission what it is: a lead, a further inquiry, unusable or spam; one that is processed stays so."""
    if submission.state != Submission.State.PROCESSED:
        _process(by, submission)
    return submission


@verb("{by} processed {count} submissions", may="member")
def process_submissions(by: Actor, submissions: list[Submission]) -> list[Submission]:
    """Process many again, as after a change of the mapping: those that are not processed yet."""
    if len(submissions) > MOST_AT_ONCE:
        text = _("These are more than %(most)s. Nothing was changed. Choose fewer.")
        raise Invalid({"submissions": [text % {"most": MOST_AT_ONCE}]})
    _demand_edit(by, submissions)
    current().step.labels["count"] = str(len(submissions))
    for each in sorted(submissions, key=lambda one: (one.received_at, one.pk)):
        process_submission(by, each)
    return submissions


@verb("{by} marked {submission} as spam", may="edit")
def mark_spam(by: Actor, submission: Submission) -> Submission:
    """Say that it is spam; the lead that was made of it alone, and is still open, is put away."""
    if submission.state == Submission.State.SPAM:
        return submission
    lead = submission.lead
    if lead is not None and lead.is_open and _made_of(submission, lead):
        change(lead, archived_at=clock.now())
    change(submission, state=Submission.State.SPAM, reason=_("Marked by %(name)s") % {"name": by.label})
    return submission


@verb("{by} said that {submission} is not spam", may="edit")
def not_spam(by: Actor, submission: Submission) -> Submission:
    """Say that it is not spam: it is processed, or the lead that was put away with it comes back."""
    if submission.state != Submission.State.SPAM:
        return submission
    if submission.lead is None:
        _process(by, submission, vouched=True)
        return submission
    if _made_of(submission, submission.lead):
        change(submission.lead, archived_at=None)
    change(submission, state=Submission.State.PROCESSED, reason="")
    return submission


@verb("{by} confirmed {submission}", may="edit")
def confirm_submission(by: Actor, submission: Submission) -> Submission:
    """Say that who sent it has confirmed the mail address: it is processed; others of the same sender then can be."""
    if submission.confirmed_at is None and submission.state == Submission.State.RECEIVED:
        change(submission, confirmed_at=clock.now())
        _process(by, submission)
    return submission


@verb("{by} could not process {submission}: {reason}", may="edit")
def fail_submission(by: Actor, submission: Submission, *, reason: str) -> Submission:
    """Set a submission aside that cannot be processed, with the reason; it can be processed again later."""
    if submission.state != Submission.State.PROCESSED:
        change(submission, state=Submission.State.FAILED, reason=reason[:300])
    return submission


# --- keeping -----------------------------------------------------------------------------------------------------


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except (ValueError, binascii.Error):
        raise Invalid({"arrivals": [_("Write the body in base64.")]}) from None


def _kept(endpoint: Endpoint, arrival: str, each: Arrival) -> dict[str, Any]:
    headers = {name[:60]: value[:1000] for name, value in each.get("headers", {}).items()}
    refused = each.get("refused", "")
    return {
        "endpoint": endpoint,
        "arrival": arrival[:64],
        "content_type": each.get("content_type", "")[:200],
        "headers": headers,
        "key": headers.get("Idempotency-Key", headers.get("Webhook-Id", ""))[:200],
        "received_at": each.get("received_at") or clock.now(),
        "state": Submission.State.FAILED if refused else Submission.State.RECEIVED,
        "reason": refused[:300],
    }


# --- processing --------------------------------------------------------------------------------------------------


def _process(by: Actor, submission: Submission, *, vouched: bool = False) -> None:
    """`vouched`: a person says that it is no spam."""
    one_at_a_time()
    endpoint, body = submission.endpoint, submission.body
    kind = "" if _is_mail(submission) else endpoint.kind
    if _is_mail(submission) and (reply := reply_in(body)):
        change(submission, **note_reply(submission, reply))
        return
    if _is_mail(submission) and (bounce := bounce_in(body)) and (noted := note_bounce(by, submission, bounce)):
        change(submission, **noted)
        return
    if kind == Endpoint.Kind.CALLS:
        change(submission, **note_call(by, submission))
        return
    form = Form.behind(endpoint.pk) if kind == Endpoint.Kind.FORM else None
    found = answers(form, submission) if form else _guessed(submission)
    key = submission.key or found.key or OURS + hashlib.sha256(body).hexdigest()[:48]
    read = {"key": key, "is_test": found.is_test, "reason": ""} | ({"contact": contact_of(found)} if form else {})
    doubt = "" if vouched else suspicion(form, submission, found) if form else _trapped(found)
    if doubt:
        change(submission, **read | {"state": Submission.State.SPAM, "reason": doubt[:300], "extra": found.extra})
    elif (before := _before(submission, key)) is not None:
        again = {"state": Submission.State.PROCESSED, "lead": before.lead, "reason": _("It came before.")}
        change(submission, **read | again)
    elif found.unusable:
        # what is sent on apart stays received, to be found by its key
        state = Submission.State.RECEIVED if found.waits else Submission.State.UNUSABLE
        change(submission, **read | {"state": state, "reason": found.unusable[:300], "extra": found.extra})
    elif form and must_confirm(form, submission, found):
        reason = _("Waits until its sender confirms it by mail.")
        change(submission, **read | {"state": Submission.State.RECEIVED, "reason": reason, "extra": found.extra})
    else:
        personal = lead_of_link(form, found.mark) if form and found.mark else None
        lead = _completed(personal, submission, found) if personal else _lead(by, submission, found)
        change(submission, **read | {"state": Submission.State.PROCESSED, "lead": lead, "extra": found.extra})
        if form:
            answer(form, submission, found, lead)
            lead_came(by, lead, form=form)
        for each in _waiting_for(submission, key):
            change(each, state=Submission.State.PROCESSED, lead=lead, reason=_("What was filled in came apart."))


def _guessed(submission: Submission) -> Inquiry:
    found = inquiry(submission.body, submission.headers, submission.content_type, submission.endpoint.mapping)
    found.unusable = found.unusable or _from_ourselves(submission, found)
    return found


def _trapped(found: Inquiry) -> str:
    """Why this is a robot's, if it is."""
    text = _("A field that people do not see was filled in: %(name)s")
    return text % {"name": found.trapped[0][:60]} if found.trapped else ""


def _from_ourselves(submission: Submission, found: Inquiry) -> str:
    """Why a mail is no inquiry: one of ours wrote it, or the mailbox itself."""
    if not _is_mail(submission):
        return ""
    sender = found.facts.get("email", "").lower()
    ours = {parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()}
    ours |= {each.lower() for each in submission.endpoint.mailboxes.values_list("username", flat=True)}
    if sender in ours or User.objects.filter(email__iexact=sender).exists():
        return _("It is from one of us: %(address)s") % {"address": sender[:200]}
    return ""


def _is_mail(submission: Submission) -> bool:
    """From a mailbox, whatever else comes to its endpoint; nobody can post what says so."""
    return submission.content_type.startswith(KIND) and "Mailbox" in submission.headers


def _before(submission: Submission, key: str) -> Submission | None:
    """The submission that this one repeats."""
    same = Submission.objects.filter(endpoint=submission.endpoint, key=key, lead__isnull=False, state="processed")
    if key.startswith(OURS):
        same = same.filter(received_at__gte=submission.received_at - SAME_AGAIN)
    return same.exclude(pk=submission.pk).order_by("pk").first()


def _waiting_for(submission: Submission, key: str) -> list[Submission]:
    same = Submission.objects.filter(endpoint=submission.endpoint, key=key, lead=None, state="received")
    return list(same.exclude(pk=submission.pk))


def _completed(lead: Lead, submission: Submission, found: Inquiry) -> Lead:
    """What came by a lead's personal link: it fills what was not known, and the rest stands on the timeline."""
    given = _given(submission, found)
    custom = given.pop("custom", {})
    blanks = {name: value for name, value in given.items() if name in COMPLETED and value and not getattr(lead, name)}
    blanks |= {f"x.{key}": value for key, value in custom.items() if lead.custom.get(key) in (None, "", [])}
    change(lead, **with_phone(blanks))
    said = {name: str(given[name]) for name in COMPLETED if given.get(name)} | found.extra
    text = "\n".join([_("Filled in by their personal link:"), *(f"{name}: {value}" for name, value in said.items())])
    facts = {"direction": "in", "text": text, "happened_at": submission.received_at, "logged_at": current().at}
    create(Activity, lead=lead, kind=Activity.Kind.NOTE, **facts)
    return lead


def _lead(by: Actor, submission: Submission, found: Inquiry) -> Lead:
    at = submission.endpoint
    return capture_lead(by, owner=at.owner, team=_team(submission), endpoint=at, **_given(submission, found))


def _given(submission: Submission, found: Inquiry) -> dict[str, Any]:
    """The facts of the lead, from what was read and what the endpoint says."""
    endpoint, facts = submission.endpoint, found.facts
    origin = dict(found.origin)
    if submission.headers.get("Referer") and endpoint.kind != Endpoint.Kind.FORM:
        origin.setdefault("page_url", submission.headers["Referer"][:500])
    given: dict[str, Any] = {name: _fitting(name, facts[name], found) for name in FACTS if facts.get(name)}
    given["interest"] = given.get("interest") or endpoint.interest
    given |= {"custom": found.custom} if found.custom else {}
    given |= {"language": found.language} if found.language in LANGUAGES else {}
    country = facts.get("country", "")
    if country and not (code := country_code(country)):
        found.extra["country"] = country
    elif country:
        given["country"] = code
    given |= {"source": _source(endpoint, facts, origin), "campaign": _campaign(endpoint, facts, origin)}
    given |= {"company_size": size_in(found.extra)}
    given |= {"lead_type": endpoint.lead_type, "message": facts.get("message", ""), "origin": origin}
    return given


def _team(submission: Submission) -> Team | None:
    """Whose a mail is that nobody owns."""
    mailbox = Mailbox.objects.filter(public_id=submission.headers.get("Mailbox", "")).first()
    return mailbox.team if mailbox else None


def _fitting(name: str, value: str, found: Inquiry) -> str:
    """As much of a value as its field takes; all of it is kept beside."""
    field: Any = Lead._meta.get_field(name)
    room = field.max_length or len(value)
    if len(value) > room:
        found.extra[f"{name}, whole"] = value
    return " ".join(value[:room].split())


def _source(endpoint: Endpoint, facts: dict[str, str], origin: dict[str, Any]) -> Source | None:
    said = " ".join(facts.get("source", "").split())[:80]
    if endpoint.source is not None or not said:
        if said:
            origin["lead_source"] = said
        return endpoint.source
    known = Source.objects.filter(name__iexact=said).first()
    if known is None and Source.objects.count() >= MOST_SOURCES:
        origin["lead_source"] = said
        return None
    return known or create(Source, name=said)


def _campaign(endpoint: Endpoint, facts: dict[str, str], origin: dict[str, Any]) -> Campaign | None:
    """The endpoint's, else the one that is named; visitors make none."""
    said = facts.get("campaign") or origin.get("utm_campaign", "")
    if facts.get("campaign"):
        origin.setdefault("campaign", facts["campaign"][:500])
    return endpoint.campaign or (Campaign.objects.filter(name__iexact=said).first() if said else None)


# --- spam and rights ---------------------------------------------------------------------------------------------


def _made_of(submission: Submission, lead: Lead) -> bool:
    """Was the lead made of this submission, and has no other come to it?"""
    others = Submission.objects.filter(lead=lead).exclude(pk=submission.pk)
    return lead.created_at >= submission.received_at and not others.exists()


def _demand_edit(by: Actor, submissions: list[Submission]) -> None:
    condition, ids = access.reach(by, "edit", Submission), {each.pk for each in submissions}
    if condition and Submission._base_manager.filter(condition, pk__in=ids).count() < len(ids):
        text = _("Your role does not allow this for all of these. Nothing was changed. Ask an administrator.")
        raise NotAllowed(text, may="edit")
