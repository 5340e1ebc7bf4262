"""Automatic answers: written by a template, sent once, never to a robot, and told on the lead's timeline."""

from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from fairlead.core import clock
from fairlead.core.act import current
from fairlead.core.actor import Actor
from fairlead.core.changes import change, create
from fairlead.core.outbox import declare, later
from fairlead.core.verb import verb
from fairlead.models import (
    Activity,
    Lead,
    Mailbox,
    MailTemplate,
    Organisation,
    Response,
    Submission,
    TrialCode,
    TrialPool,
    User,
    normal,
)
from fairlead.models.response import after_quiet_hours
from fairlead.models.suppression import address_key
from fairlead.reading.inquiry import NO_ANSWER
from fairlead.reading.message import KIND, message_id, takes_no_answer
from fairlead.verbs.letters import Letter, letter
from fairlead.verbs.notices import tell
from fairlead.verbs.outgoing import may_mail, send_mail_later, tell_colleague

PURPOSE = "response"
# Asking a web service for access to a trial; carried out in work/trials.py.
ACCESS = declare("trial_access", leaves_house=True, tries=20)
HELD = ("waiting", "promised", "sent")


@verb("{by} answered {lead} automatically: {it}", may="edit")
def respond_automatically(
    by: Actor, lead: Lead, *, template: MailTemplate, submission: Submission | None = None
) -> Response:
    """Answer a lead by a template: once for a submission, and once a day for an address.

    The answer waits for the end of quiet hours. It goes to nobody who is not to be contacted, to no robot and to none
    of us; then the reason is kept. It does not stop the response clock.
    """
    _one_at_a_time()
    key = f"s:{submission.pk}" if submission else f"l:{lead.pk}:{template.pk}:{_today():%Y-%m-%d}"
    known = Response.objects.filter(key=key).first()
    if known is not None:
        return known
    facts: dict[str, Any] = {"lead": lead, "template": template, "submission": submission, "key": key, "on": _today()}
    facts |= {"to": lead.email[:320], "contact": address_key(lead.email, "mail") if lead.email else ""}
    if reason := objection(lead, template):
        return create(Response, state=Response.State.WITHHELD, reason=reason[:300], due_at=current().at, **facts)
    due_at = after_quiet_hours(current().at, lead.country, Organisation.ours())
    made = create(Response, state=Response.State.WAITING, due_at=due_at, **facts)
    proceed(by, made)
    return made


@verb("{by} sent {response}", may="organisation.edit", undo_within=None)
def note_response_sent(by: Actor, response: Response) -> Response:
    """Write down that an automatic answer has left: it shows on the lead's timeline, and is no answer of a person."""
    if response.state in {Response.State.PROMISED, Response.State.FAILED}:
        change(response, state=Response.State.SENT, sent_at=clock.now(), reason="")
        said = f"{response.subject}\n\n{response.text}"
        facts = {"kind": Activity.Kind.MAIL, "text": said, "happened_at": clock.now(), "automatic": True}
        create(Activity, lead=response.lead, **facts)
    return response


@verb("{by} could not send {response}: {reason}", may="organisation.edit", undo_within=None)
def note_response_failed(by: Actor, response: Response, *, reason: str) -> Response:
    """Write down that an automatic answer will not arrive, with the reason; its owner is told."""
    if response.state == Response.State.PROMISED:
        change(response, state=Response.State.FAILED, reason=reason[:300])
        if response.lead.owner is not None:
            tell(by, response.lead.owner, "waits", response.lead, reason)
    return response


@verb("{by} got trial access for {response}", may="organisation.edit", secret=True)
def keep_trial_access(by: Actor, response: Response, *, access: str) -> Response:
    """Keep the access to a trial that a web service gave for a lead, and send the answer that waits for it."""
    pool = response.template.pool
    if pool is not None and response.state == Response.State.WAITING:
        if not TrialCode.objects.filter(pool=pool, lead=response.lead).exists():
            create(TrialCode, pool=pool, code=access.strip()[:1000], lead=response.lead, given_at=clock.now())
        proceed(by, response)
    return response


def objection(lead: Lead, template: MailTemplate) -> str:
    """Why this lead is not answered by itself; empty when it is."""
    address = normal.mail(lead.email) if lead.email else ""
    if not address:
        return _("There is no e-mail address.")
    if template.archived_at is not None:
        return _("The template is archived.")
    if not lead.is_open or lead.archived_at is not None:
        return _("The lead is not open.")
    if robot := takes_no_answer(address):
        return robot
    if lead.origin.get(NO_ANSWER):
        return _("Its mail asks for no automatic answer.")
    if address in _ours() or User.objects.filter(email__iexact=address).exists():
        return _("It is an address of ours.")
    answer = may_mail(address, PURPOSE, person=lead.person, company=lead.company)
    if not answer.allowed:
        return _("Do not contact: %(reason)s") % {"reason": answer.because.reason if answer.because else ""}
    today = Response.objects.filter(contact=address_key(address, "mail"), on=_today(), state__in=HELD)
    return _("This address was answered today.") if today.exists() else ""


def proceed(by: Actor, response: Response) -> None:
    """Promise an answer that waits, with the access to a trial that it gives; without one it goes on waiting."""
    access = ""
    if "trial_access" in response.template.placeholders:
        access = _access(by, response, response.template.pool)
        if not access:
            return
    _promise(response, letter(response.template, response.lead, access=access))


def release(by: Actor, pool: TrialPool) -> None:
    """There are codes again: the answers that wait for one go out, the oldest first."""
    waiting = Response.objects.filter(template__pool=pool, state=Response.State.WAITING)
    for response in waiting.select_related("lead", "template").order_by("pk")[: pool.left]:
        proceed(by, response)


def _promise(response: Response, said: Letter) -> None:
    lead = response.lead
    change(
        response,
        state=Response.State.PROMISED,
        reason="",
        language=said.language,
        subject=said.subject,
        text=said.text,
    )
    files = response.template.enclosures.filter(archived_at=None).values("name", "media_type", "stored_as")
    send_mail_later(
        response.to,
        said.subject,
        said.text,
        html=said.html,
        calendar=said.occasion.calendar() if said.occasion else "",
        purpose=PURPOSE,
        person=lead.person,
        company=lead.company,
        key=f"response:{response.key}",
        at=max(response.due_at, current().at),
        more={"response": response.public_id, "files": list(files), "leaves_in": said.language}
        | _thread(response.submission),
    )


def _access(by: Actor, response: Response, pool: TrialPool | None) -> str:
    """The lead's code of this pool: the one it has, else the next one; empty when there is none yet."""
    if pool is None:
        change(response, state=Response.State.WITHHELD, reason=_("The template names no trial access."))
        return ""
    current().hold([pool])  # of two at once, each gets another code
    held = TrialCode.objects.filter(pool=pool, lead=response.lead).first()
    if held is not None:
        return held.code
    if pool.address:
        change(response, reason=_("Asked %(pool)s.") % {"pool": pool})
        later(ACCESS.name, {"response": response.public_id}, key=f"trial:{pool.pk}:{response.lead_id}")
        return ""
    free = TrialCode.objects.filter(pool=pool, lead=None, archived_at=None).order_by("pk").first()
    _tell_of_few(pool, none=free is None)
    if free is None:
        _wait(by, response, _("No codes are left in %(pool)s.") % {"pool": pool})
        return ""
    change(free, lead=response.lead, given_at=current().at)
    return free.code


def _wait(by: Actor, response: Response, reason: str) -> None:
    if response.reason != reason:
        change(response, reason=reason)
        if response.lead.owner is not None:
            tell(by, response.lead.owner, "waits", response.lead, reason)


def _tell_of_few(pool: TrialPool, *, none: bool) -> None:
    """Once a day, those who run the house hear that codes run out."""
    left = pool.left - (0 if none else 1)
    if left >= pool.warn_below:
        return
    subject = _("%(pool)s: %(left)s codes left") % {"pool": pool, "left": max(0, left)}
    text = _("Put more in: %(address)s") % {"address": f"{settings.BASE_URL}/settings/trials/{pool.public_id}"}
    for user in User.objects.active().select_related("role"):
        if user.role.governs:
            tell_colleague(user, subject, text, key=f"codes:{pool.pk}:{user.pk}:{_today():%Y-%m-%d}:{none}")


def _one_at_a_time() -> None:
    """Of two answers to one address at the same moment, the second one sees the first."""
    ours = Organisation.ours()
    if ours.pk:
        current().hold([ours])


def _thread(submission: Submission | None) -> dict[str, str]:
    """The mail that is answered, so that mail programs show the two together (RFC 3834, 3.1.5)."""
    is_mail = submission is not None and submission.content_type.startswith(KIND)
    found = message_id(submission.body) if submission is not None and is_mail else ""
    return {"answers": found} if found else {}


def _ours() -> set[str]:
    ours = {parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower()}
    return ours | {each.lower() for each in Mailbox.objects.values_list("username", flat=True)}


def _today() -> Any:
    return clock.now().astimezone(ZoneInfo(Organisation.ours().zone)).date()
