"""The mail that a step of a track asks for, written by its template for whom the record is about; nobody sends it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _

from fairlead.core.actor import Actor
from fairlead.models import Company, Lead, MailTemplate, Opportunity, Person, Task, TrialCode
from fairlead.models.suppression import may_contact
from fairlead.verbs.letters import letter

LONGEST_LINK = 1900  # characters that mail programs take of a link


@dataclass(frozen=True)
class Draft:
    """`text` begins with the subject. `link` opens it in a mail program; `remark` says why something is missing."""

    task: Task
    template: str
    subject: str = ""
    text: str = ""
    link: str = ""
    remark: str = ""


def draft_for(by: Actor, record: Any, task: str) -> Draft | None:
    """What this open step of a track on this record is to say; None when no template says it."""
    found = (
        Task.objects.visible_to(by)
        .filter(public_id=task, state=Task.State.OPEN, kind=Task.Kind.MAIL, **{record.noun(): record.pk})
        .exclude(step__template=None)
        .select_related("step__template")
        .first()
    )
    template = found.step.template if found is not None and found.step is not None else None
    if found is None or template is None:
        return None
    if template.archived_at is not None:
        remark = _("The mail template %(name)s was archived. Write this one yourself, or choose another in the track.")
        return Draft(found, template.name, remark=remark % {"name": template})
    return _filled(by, record, found, template)


def _filled(by: Actor, record: Any, task: Task, template: MailTemplate) -> Draft:
    whom = _reader(by, record)
    held = TrialCode.objects.filter(pool=template.pool_id, lead=whom.pk).first() if template.pool_id else None
    said = letter(template, whom, access=held.code if held and whom.pk else "")
    text = f"{said.subject}\n\n{said.text.strip()}\n"
    stop = may_contact(whom.email, "mail", person=whom.person, company=whom.company) if whom.email else None
    if stop is not None and not stop.allowed:
        remark = _("Do not contact: %(reason)s") % {"reason": stop.because.reason if stop.because else ""}
        return Draft(task, template.name, said.subject, text, remark=remark)
    return Draft(task, template.name, said.subject, text, _link(whom.email, said.subject, said.text))


def _reader(by: Actor, record: Any) -> Lead:
    """Who reads it, as templates know them: the lead, or one that is kept nowhere for a person, company or sale."""
    open_ways = by.level("see", "private") != "none"
    if isinstance(record, Lead):
        return record if open_ways else _without_ways(record)
    person, company = _people(record)
    mail = _first_mail(person) or _first_mail(company)
    lead = record.leads.order_by("-pk").first() if isinstance(record, Opportunity) else None
    return Lead(
        name=person.name if person else "",
        company_name=company.name if company else "",
        interest=lead.interest if lead else "",
        language=(person.language if person else "") or (lead.language if lead else ""),
        email=mail if open_ways else "",
        owner=record.owner,
        person=person,
        company=company,
    )


def _without_ways(lead: Lead) -> Lead:
    lead.email = ""
    return lead


def _people(record: Any) -> tuple[Person | None, Company | None]:
    person = record if isinstance(record, Person) else getattr(record, "person", None)
    company = record if isinstance(record, Company) else getattr(record, "company", None)
    return person, company


def _first_mail(whom: Person | Company | None) -> str:
    found = whom.mails.order_by("pk").values_list("address", flat=True).first() if whom else None
    return found or ""


def _link(to: str, subject: str, text: str) -> str:
    """A mailto link (RFC 6068); without the text where it would be too long for mail programs."""
    if not to:
        return ""
    body = text.strip().replace("\n", "\r\n")
    links = [f"mailto:{quote(to, safe='@')}?{urlencode(said, quote_via=quote)}"
             for said in ({"subject": subject, "body": body}, {"subject": subject})]  # fmt: skip
    return links[0] if len(links[0]) <= LONGEST_LINK else links[1]
