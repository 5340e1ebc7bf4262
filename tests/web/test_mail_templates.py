"""Mail templates: placeholders of a list alone, languages side by side, and what a lead would get."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fairlead.core.errors import Invalid, WrongState
from fairlead.demo.world import World
from fairlead.models import Form, Lead, MailTemplate, Occasion, TrialCode, TrialPool
from fairlead.models.placeholders import fill, objection
from fairlead.verbs.leads import create_lead
from fairlead.verbs.letters import form_link, lead_of_link, letter, plain_name
from fairlead.verbs.mail_templates import archive_mail_template, create_mail_template, edit_mail_template
from fairlead.verbs.trials import add_trial_codes, create_trial_pool, edit_trial_pool

HELLO: Any = {"en": {"subject": "Thank you, {{first_name|there}}", "text": "{{owner_name|We}} will call."}}


def test_placeholders_are_those_of_the_list(world: World) -> None:
    known = {"name", "first_name"}
    assert objection("Dear {{ name }}, {{first_name|there}}", known) == ""
    for wrong in ("{{nam}}", "{{ name.upper }}", "{{ name()}}", "{% if %} {{ }}", "{{name", "name}}", "{{{{name}}"):
        assert "{{first_name}}, {{name}}" in objection(wrong, known), wrong
    assert fill("Dear {{name|friend}}{{first_name}}", {"name": ""}) == "Dear friend"
    assert fill("<p>{{name}}</p>", {"name": "<b>&"}, html=True) == "<p>&lt;b&gt;&amp;</p>"
    assert fill("{{name}}", {"name": "{{first_name}}", "first_name": "x"}) == "{{first_name}}"
    by = world.admin.actor("web")
    with pytest.raises(Invalid, match=r"no placeholder \{\{price\}\}.*\{\{first_name\}\}"):
        create_mail_template(by, name="New", words={"en": {"subject": "Hello", "text": "It is {{price}}"}})
    with pytest.raises(Invalid, match="subject and a text"):
        create_mail_template(by, name="New", words=HELLO | {"de": {"subject": "Hallo"}})
    with pytest.raises(Invalid, match="Write it in Deutsch"):
        create_mail_template(by, name="New", words=HELLO, language="de")
    with pytest.raises(WrongState, match="needs a form"):
        create_mail_template(by, name="New", words={"en": {"subject": "Hello", "text": "{{form_link}}"}})
    with pytest.raises(Invalid, match="cannot stand in an address"):
        html = '<a href="https://x.example/{{name}}">x</a>'
        create_mail_template(by, name="New", words={"en": HELLO["en"] | {"html": html}})
    assert not MailTemplate.objects.filter(name="New").exists()


def test_a_letter_is_in_the_language_of_the_lead_and_carries_no_stranger(world: World) -> None:
    by, lead = world.admin.actor("web"), world.joanna
    german = {"subject": "Danke, {{first_name|und hallo}}", "text": "Bis bald", "html": "<p>{{name}}<script>x</script>"}
    made = create_mail_template(by, name="Thanks", words=HELLO | {"de": german})
    english = letter(made, lead)
    assert english.subject == f"Thank you, {lead.name.split()[0]}" and lead.owner.name in english.text  # type: ignore[union-attr]
    lead.language, lead.name = "de", "Buy at www.spam.example"
    spoken = letter(made, lead)
    assert (spoken.language, spoken.subject, spoken.html) == ("de", "Danke, und hallo", "<p></p>")
    for regional in ("de-at", "de_CH", "DE"):
        lead.language = regional
        assert letter(made, lead).language == "de"
    lead.name, lead.language = "O’Brien & <b>Söhne</b>", "fr"
    assert letter(made, lead).language == "en"
    names = ["https://x", "a@b", "Win 100000 now", "x" * 61, "spam.example", "A\u202eB"]
    assert [plain_name(each) for each in names] == [""] * len(names)
    assert [plain_name(each) for each in ("J. R. Hartley", "Łukasz O’Neil-Smith")] != ["", ""]


def test_style_sheets_stand_at_the_elements_as_mail_programs_want_it(world: World) -> None:
    html = (
        "<style>p.big { color: #123456; position: fixed } @import url(https://x.example/a.css);</style>"
        '<link rel="stylesheet" href="https://x.example/b.css">'
        '<p class="big">Hello {{first_name|there}}</p><a href="{{event_link}}">Here</a>'
    )
    by = world.admin.actor("web")
    words: Any = {"en": HELLO["en"] | {"html": html}}
    made = create_mail_template(by, name="Styled", words=words, occasion=Occasion.objects.get())
    kept = made.words["en"]["html"]
    assert kept == '<p style="color:#123456">Hello {{first_name|there}}</p><a href="{{event_link}}">Here</a>'
    with pytest.raises(Invalid, match="letters, like de"):
        create_lead(by, name="X", language="Austrian")
    assert create_lead(by, name="X", language="de_AT").language == "de-at"


def test_a_personal_link_leads_to_its_lead_alone(world: World) -> None:
    form, lead = Form.objects.get(name="Backup trial"), world.joanna
    mark = form_link(form, lead).partition("?for=")[2]
    other = Form.objects.get(name="Contact us")
    assert lead_of_link(form, mark) == lead
    assert lead_of_link(other, mark) is None and lead_of_link(form, mark[:-1] + "x") is None
    assert lead_of_link(form, f"{form.public_id}-{lead.public_id}") is None and lead_of_link(form, "") is None
    other_lead = Lead.objects.exclude(pk=lead.pk).latest("pk")
    assert lead_of_link(form, mark.replace(lead.public_id, other_lead.public_id)) is None


def test_codes_of_a_pool_are_there_once(world: World) -> None:
    by = world.admin.actor("web")
    pool = create_trial_pool(by, name="Backup 30 days", signing_key="secret")
    assert len(add_trial_codes(by, pool, codes=["A-1", " A-1 ", "", "A-2"])) == 2
    assert len(add_trial_codes(by, pool, codes=["A-2", "A-3"])) == 1
    assert pool.left == 3 and "secret" not in pool.signing_key
    edit_trial_pool(by, pool, name="Backup")
    assert pool.signing_key
    edit_trial_pool(by, pool, address="https://trials.example/new")
    assert TrialPool.objects.get(pk=pool.pk).signing_key == "" and TrialCode.objects.filter(pool=pool).count() == 3
    with pytest.raises(Invalid, match="whole address"):
        edit_trial_pool(by, pool, address="javascript:alert(1)")


def test_the_page_writes_shows_and_encloses(client: Client, world: World) -> None:
    client.force_login(world.admin)
    page = "/settings/mail-templates"
    new = {"name": "Trial", "purpose": "trial", "language": "en", "subject": "Your trial", "text": "Dear {{name}}"}
    assert client.post(page, new | {"text": "{{nam}}"}).status_code == 422
    at = client.post(page, new)["Location"]
    template = MailTemplate.objects.get(name="Trial")
    assert b"subject.de" in client.get(f"{at}?add=de").content
    both = {
        "name": "Trial",
        "purpose": "trial",
        "language": "en",
        "adding": "de",
        "subject.en": "Your trial",
        "text.en": "Dear {{name}}",
        "subject.de": "Ihr Test",
        "text.de": "Guten Tag {{name}}",
        "html.de": "<p onclick=x>Guten Tag <b>{{name}}</b></p>",
    }
    answer = client.post(at, both | {"text.de": "{{nahme}}"})
    assert answer.status_code == 422 and "There is no placeholder {{nahme}}" in answer.content.decode()
    assert client.post(at, both).status_code == 303
    template.refresh_from_db()
    assert template.languages == ["en", "de"] and "onclick" not in template.words["de"]["html"]
    shown = client.post(f"{at}/preview", both | {"shown": "de", "lead": world.joanna.public_id})
    assert "sandbox" in shown["Content-Security-Policy"]
    assert f"<b>{world.joanna.name}</b>" in shown.content.decode() and "Ihr Test" in shown.content.decode()
    wrong = client.post(f"{at}/preview", both | {"shown": "de", "text.de": "{{x}}"})
    assert "no placeholder" in wrong.content.decode()
    assert client.post(f"{at}/files", {"upload": SimpleUploadedFile("guide.pdf", b"%PDF")}).status_code == 303
    (file,) = template.enclosures.all()
    assert client.post(f"{at}/files/{file.public_id}/remove").status_code == 303
    archive_mail_template(world.admin.actor("web"), template)
    edit_mail_template(world.admin.actor("web"), template, purpose="reply")
    assert client.post(f"{at}/unarchive").status_code == 303
    pool = create_trial_pool(world.admin.actor("web"), name="Backup")
    assert client.post(f"/settings/trials/{pool.public_id}/codes", {"codes": "A\nB"}).status_code == 303
    assert "2 codes left" in client.get("/settings/trials").content.decode()
