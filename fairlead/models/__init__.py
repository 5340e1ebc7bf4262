"""The nouns. Importing this package imports every table."""

from fairlead.core.event import Event, EventLink
from fairlead.core.outbox import Outbox
from fairlead.core.schema import IdempotencyKey
from fairlead.models.activity import Activity
from fairlead.models.attempt import Attempt
from fairlead.models.call import Call
from fairlead.models.campaign import Campaign
from fairlead.models.company import Company
from fairlead.models.contact import MailAddress, PhoneNumber, PostalAddress
from fairlead.models.custom import CustomField
from fairlead.models.developing import (
    Competitor,
    CriterionTick,
    Gap,
    Need,
    Notice,
    Rival,
    Stakeholder,
    TeamMember,
)
from fairlead.models.endpoint import Endpoint
from fairlead.models.external import ExternalId
from fairlead.models.feed import Feed
from fairlead.models.file import File
from fairlead.models.form import Form
from fairlead.models.identity import Identity
from fairlead.models.importing import AwaitedCompany, Import, ImportBatch, ImportMapping
from fairlead.models.index import ExactKey, SearchRow
from fairlead.models.lead import Lead
from fairlead.models.mail_template import Enclosure, MailTemplate, TrialCode, TrialPool
from fairlead.models.mailbox import Mailbox, MailboxProgress
from fairlead.models.meeting import Attendee, Meeting
from fairlead.models.occasion import Occasion, Registration
from fairlead.models.opportunity import Closure, Opportunity
from fairlead.models.organisation import Organisation
from fairlead.models.person import Person
from fairlead.models.pipeline import ExitCriterion, Pipeline, Stage
from fairlead.models.product import Product
from fairlead.models.queue import Queue
from fairlead.models.quote import Quote
from fairlead.models.rate import Rate
from fairlead.models.reason import Reason
from fairlead.models.response import Response
from fairlead.models.rule_set import Routing, RuleSet, Turn
from fairlead.models.run import Run
from fairlead.models.schedule import Absence, Schedule
from fairlead.models.second_factor import Authenticator, Passkey, RecoveryCode
from fairlead.models.sending import Sending
from fairlead.models.session import Session
from fairlead.models.slot import Slot
from fairlead.models.source import Source
from fairlead.models.submission import Payload, Submission
from fairlead.models.suppression import Suppression
from fairlead.models.tag import Tag
from fairlead.models.target import Target
from fairlead.models.task import Task
from fairlead.models.token import SignInLink, Token
from fairlead.models.track import RunningTrack, Track, TrackStep, TrackTrigger, TrackVersion
from fairlead.models.user import Role, Team, User
from fairlead.models.view import Pin, View

__all__ = [
    "Absence",
    "Activity",
    "Attempt",
    "Attendee",
    "Authenticator",
    "AwaitedCompany",
    "Call",
    "Campaign",
    "Closure",
    "Company",
    "Competitor",
    "CriterionTick",
    "CustomField",
    "Enclosure",
    "Endpoint",
    "Event",
    "EventLink",
    "ExactKey",
    "ExitCriterion",
    "ExternalId",
    "Feed",
    "File",
    "Form",
    "Gap",
    "IdempotencyKey",
    "Identity",
    "Import",
    "ImportBatch",
    "ImportMapping",
    "Lead",
    "MailAddress",
    "MailTemplate",
    "Mailbox",
    "MailboxProgress",
    "Meeting",
    "Need",
    "Notice",
    "Occasion",
    "Opportunity",
    "Organisation",
    "Outbox",
    "Passkey",
    "Payload",
    "Person",
    "PhoneNumber",
    "Pin",
    "Pipeline",
    "PostalAddress",
    "Product",
    "Queue",
    "Quote",
    "Rate",
    "Reason",
    "RecoveryCode",
    "Registration",
    "Response",
    "Rival",
    "Role",
    "Routing",
    "RuleSet",
    "Run",
    "RunningTrack",
    "Schedule",
    "SearchRow",
    "Sending",
    "Session",
    "SignInLink",
    "Slot",
    "Source",
    "Stage",
    "Stakeholder",
    "Submission",
    "Suppression",
    "Tag",
    "Target",
    "Task",
    "Team",
    "TeamMember",
    "Token",
    "Track",
    "TrackStep",
    "TrackTrigger",
    "TrackVersion",
    "TrialCode",
    "TrialPool",
    "Turn",
    "User",
    "View",
]
