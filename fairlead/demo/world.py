"""Northgate IT: built by verbs, in the order in which things happened, each at its own moment."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from importlib.resources import files
from typing import Any

from django.db import transaction

from fairlead.core import clock
from fairlead.core.actor import system
from fairlead.demo import arrivals, forms, leads, meetings, process, records, responses, rules, sales
from fairlead.demo.days import Days
from fairlead.demo.people import ZONE, join
from fairlead.demo.play import Play
from fairlead.models import Company, Lead, Opportunity, Person, Reason, Task, User
from fairlead.verbs.organisation import set_up

DEMO = system("demo", label="Fairlead")


@dataclass
class World:
    """The records of the demo world by name; read when they are first asked for."""

    now: datetime

    @cached_property
    def sam(self) -> User:
        """A seller, whose Today the pictures show."""
        return self.user("sam")

    @cached_property
    def noah(self) -> User:
        """A seller."""
        return self.user("noah")

    @cached_property
    def lena(self) -> User:
        """A seller."""
        return self.user("lena")

    @cached_property
    def mira(self) -> User:
        """The manager."""
        return self.user("mira")

    @cached_property
    def dele(self) -> User:
        """The technician, in a team of his own."""
        return self.user("dele")

    @cached_property
    def admin(self) -> User:
        """The administrator."""
        return self.user("iris")

    @cached_property
    def peverell(self) -> Company:
        return self.company("Peverell Logistics")

    @cached_property
    def westbrook(self) -> Company:
        """A company of which no person is known."""
        return self.company("Westbrook Surgery")

    @cached_property
    def priya(self) -> Person:
        return self.person("Priya Raman")

    @cached_property
    def callum(self) -> Person:
        """One who is not to be contacted."""
        return self.person("Callum Reyes")

    @cached_property
    def lukasz(self) -> Person:
        """A private individual, without a company."""
        return self.person("Łukasz Zieliński")

    @cached_property
    def managed_it(self) -> Opportunity:
        """Sam's opportunity with Peverell, in Propose."""
        return self.opportunity("Managed IT for 45 seats")

    @cached_property
    def unplanned(self) -> Opportunity:
        """Sam's opportunity that has no next step."""
        return self.opportunity("New practice fit-out")

    @cached_property
    def joanna(self) -> Lead:
        """Sam's lead with 38 minutes left to answer."""
        return self.lead("Joanna Weir")

    @cached_property
    def call_priya(self) -> Task:
        """Sam's task of today, 10:30: the next step of `managed_it`."""
        return self.task("Call Priya Raman about Q-2025-0147")

    @cached_property
    def call_tom(self) -> Task:
        """Sam's task that is overdue."""
        return self.task("Call Tom Ashworth")

    def user(self, name: str) -> User:
        found: User = User.objects.select_related("role").get(email=f"{name}@northgate.example")
        return found

    def company(self, name: str) -> Company:
        return Company.objects.get(name=name)

    def person(self, name: str) -> Person:
        return Person.objects.get(name=name)

    def opportunity(self, title: str, state: str = "open") -> Opportunity:
        return Opportunity.objects.get(title=title, state=state)

    def lead(self, name: str) -> Lead:
        return Lead.objects.get(name=name)

    def reason(self, name: str, kind: str = "lost") -> Reason:
        return Reason.objects.get(kind=kind, name=name)

    def task(self, title: str) -> Task:
        return Task.objects.get(title=title)


def build(now: datetime | None = None) -> World:
    """Fill an empty database with the demo world as it is at `now`; all of it or nothing."""
    play = Play(Days(now or clock.now(), ZONE))
    with transaction.atomic():
        with clock.at(play.days.moment(-60, "08:00")):
            set_up(DEMO, demo=True, name="Northgate IT", country="GB", currency="GBP", zone=str(ZONE), locale="en-GB")
            play.actors = join(DEMO)
        found = read("process")
        with clock.at(play.days.moment(-60, "08:10")):
            process.set_up(DEMO, found)
            process.aim(DEMO, play, found)
        records.plan(play, read("companies"))
        sales.plan(play, read("sales"), found)
        play.at(play.days.moment(-10, "18:05"), process.see, play, "dele")
        play.at(play.days.moment(-10, "18:05"), process.see, play, "lena")
        leads.plan(play, read("leads"))
        arrivals.plan(play)
        forms.plan(play)
        meetings.plan(play, read("meetings"))
        responses.plan(play)
        rules.plan(play)
        play.perform()
        process.say_nothing_more()
    return World(play.days.now)


def read(name: str) -> dict[str, Any]:
    return tomllib.loads((files("fairlead.demo") / f"{name}.toml").read_text(encoding="utf-8"))
