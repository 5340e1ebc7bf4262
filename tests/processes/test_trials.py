"""Codes for trials under a race: two processes answer the same people at once, and each code is one person's."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes.product import Product, wait_for

pytestmark = pytest.mark.processes
PEOPLE, CODES = 30, 24
BEGIN = """
import django, sys, time
django.setup()
from pathlib import Path
from fairlead.core.actor import system
from fairlead.models import Lead, MailTemplate, Response, TrialCode
from fairlead.verbs.leads import create_lead
from fairlead.verbs.mail_templates import create_mail_template
from fairlead.verbs.organisation import set_up
from fairlead.verbs.responses import respond_automatically
from fairlead.verbs.trials import add_trial_codes, create_trial_pool
BY = system("race")
"""
PREPARE = f"""
set_up(BY, name="Race")
pool = create_trial_pool(BY, name="Backup")
add_trial_codes(BY, pool, codes=[f"CODE-{{number}}" for number in range({CODES})])
words = {{"en": {{"subject": "Your trial", "text": "Use {{{{trial_access}}}}"}}}}
create_mail_template(BY, name="Trial", words=words, pool=pool)
for number in range({PEOPLE}):
    create_lead(BY, name=f"P{{number}}", email=f"p{{number}}@new.example")
"""
# Both go through all of them, from either end: they meet at other people's codes, and at the same person.
ANSWER = """
template, leads = MailTemplate.objects.get(), list(Lead.objects.order_by("pk"))
here, go = Path(sys.argv[1]), Path(sys.argv[1]).with_name("go")
here.touch()
while not go.exists():
    time.sleep(0.001)
for lead in leads if here.name == "first" else reversed(leads):
    respond_automatically(BY, lead, template=template)
"""
TELL = """
for code, lead in TrialCode.objects.order_by("pk").values_list("code", "lead_id"):
    print(code, lead, Response.objects.filter(lead=lead or 0, state="promised").count())
print(Response.objects.filter(state="waiting").count(), Response.objects.count())
"""


def begun(product: Product, text: str, *given: str | Path) -> "subprocess.Popen[str]":
    surroundings = product.environment | {"DJANGO_SETTINGS_MODULE": "fairlead.settings"}
    command = [sys.executable, "-c", BEGIN + text, *given]
    return subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(process: "subprocess.Popen[str]") -> str:
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    return out


def test_a_code_goes_to_one_person_only(product: Product, tmp_path: Path) -> None:
    said(begun(product, PREPARE))
    racing = [begun(product, ANSWER, tmp_path / name) for name in ("first", "second")]
    wait_for(lambda: {"first", "second"} <= set(os.listdir(tmp_path)), "both to be ready")
    (tmp_path / "go").touch()
    for process in racing:
        said(process)
    *given, counts = said(begun(product, TELL)).splitlines()
    whose = [line.split() for line in given]
    assert len({code for code, _lead, _sent in whose}) == CODES
    assert len({lead for _code, lead, _sent in whose} - {"None"}) == CODES
    assert {sent for _code, _lead, sent in whose} == {"1"}
    assert counts == f"{PEOPLE - CODES} {PEOPLE}"  # those who wait for more codes, and one answer for each person
