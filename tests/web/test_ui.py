"""The bundles and the components: one file each, nothing vendored unseen, everything escaped, every macro described."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines
from django.test import RequestFactory
from markupsafe import Markup

from fairlead.web import bundle

WEB = settings.PACKAGE / "web"
EVIL = "<script>alert(1)</script>\"'"


def shown(source: str, **context: object) -> str:
    request = RequestFactory().get("/")
    return engines["jinja2"].env.from_string(source).render({"request": request, **context})


def test_vendored_files_are_the_ones_in_the_manifest() -> None:
    folder = WEB / "vendor/htmx"
    manifest = json.loads((folder / "manifest.json").read_text())
    kept = {entry["file"]: entry["sha384"] for entry in manifest["files"]}
    assert kept == {file.name: bundle.sha384(file.read_bytes()) for file in folder.glob("*.js")}


def test_an_altered_vendored_file_is_refused() -> None:
    with pytest.raises(bundle.BundleError, match="not the file in the manifest"):
        bundle.checked({"file": "htmx.min.js", "sha384": "sha384-other"})


def test_every_style_sheet_and_module_is_in_its_bundle() -> None:
    assert "@import" not in bundle.stylesheet()
    imported = set(bundle.IMPORT_CSS.findall((WEB / "css/index.css").read_text()))
    assert imported | {"index.css", "hosted.css"} == {file.name for file in (WEB / "css").glob("*.css")}
    assert {*bundle.in_order("app.js"), "hosted.js"} == {file.name for file in (WEB / "js").glob("*.js")}
    assert not re.search(r"^(import|export) ", bundle.application(), re.M)


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        (
            {"app.js": 'import { a } from "./b.js";\n', "b.js": "export const a = 1;\nconst a = 2;\n"},
            "both declare 'a'",
        ),
        ({"app.js": 'import { a } from "./b.js";\n', "b.js": 'import { b } from "./app.js";\n'}, "imports itself"),
        ({"app.js": 'import a from "./b.js";\n', "b.js": ""}, "only named imports"),
        ({"app.js": "export default 1;\n"}, "only named imports"),
    ],
)
def test_what_cannot_be_joined_is_refused(
    files: dict[str, str], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "js").mkdir()
    for name, text in files.items():
        (tmp_path / "js" / name).write_text(text)
    monkeypatch.setattr(bundle, "HERE", tmp_path)
    with pytest.raises(bundle.BundleError, match=complaint):
        bundle.application()


def test_a_bundle_is_written_again_only_when_it_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "STATIC_BUILD", tmp_path)
    first = bundle.build("fairlead.css")
    written = first.stat().st_mtime_ns
    assert bundle.build("fairlead.css").stat().st_mtime_ns == written
    monkeypatch.setitem(bundle.BUNDLES, "fairlead.css", lambda: "a{}")
    assert bundle.build("fairlead.css").read_text() == "a{}"


def test_every_macro_is_described_where_it_stands() -> None:
    for file in (WEB / "templates/ui").glob("*.html"):
        text = file.read_text()
        for name in re.findall(r"\{%-? macro ([a-z]\w*)\(", text):
            assert re.search(r"\{# " + name + r"\(", text), f"{file.name}: {name} has no line that describes it"


def test_what_people_typed_is_escaped_everywhere() -> None:
    sources = [
        "{{ ui.row(evil, ui.ring(evil, '/x', kind='call'), evil, '/x') }}",
        "{{ ui.chip(evil) }}{{ ui.avatar(evil) }}{{ ui.toast(evil) }}{{ ui.empty(evil, evil) }}",
        "{{ ui.stage(1, 4, evil) }}{{ ui.notice(evil, evil) }}{{ ui.fault(evil, evil) }}{{ ui.parked(evil, evil) }}",
        "{{ ui.prop(evil, evil, '/x', evil) }}{{ ui.conflict('/x', 'x', evil, evil, evil, evil, 1) }}",
        "{{ ui.field('x', evil, evil, error=evil, help=evil) }}{{ ui.control('x', evil, 'textarea') }}",
        "{{ ui.composer('/x', evil, text=evil) }}{{ ui.folk([{'name': evil, 'sub': evil, 'chip': evil}]) }}",
        "{{ ui.timeline([{'heading': evil, 'items': [item]}]) }}{{ ui.found('people', evil, evil, evil) }}",
        "{{ ui.card(evil, '/x', evil, evil, 1, 4, evil, evil, evil) }}{{ ui.name_cell(evil, '/x') }}",
        "{% call ui.menu(evil, 'm') %}{{ ui.menu_link(evil, '/x') }}{{ ui.menu_post(evil, evil) }}{% endcall %}",
        "{{ ui.nav_entry({'label': evil, 'url': evil}) }}{{ ui.edit_cell(evil, '/x', evil) }}{{ ui.cell(evil) }}",
    ]
    item = {"icon": "mail", "who": EVIL, "text": EVIL, "body": EVIL, "at": datetime(2025, 11, 18, tzinfo=UTC)}
    item["changes"] = [{"label": EVIL, "before": EVIL, "after": EVIL}]
    for source in sources:
        html = shown(source, evil=EVIL, item=item)
        assert "<script" not in html
        assert "&lt;script&gt;" in html
        assert "\"'" not in html


def test_a_kept_component_never_mixes_safe_and_typed_text() -> None:
    assert shown("{{ ui.chip(bold) }}", bold=Markup("<b>x</b>")).count("<b>x</b>") == 1
    assert "<b>" not in shown("{{ ui.chip(bold) }}", bold="<b>x</b>")


def test_forms_carry_the_token_and_buttons_use_the_form_of_the_page() -> None:
    assert re.search(r'name="csrfmiddlewaretoken" value="\w{64}"', shown("{{ ui.composer('/x', 'a') }}"))
    button = shown("{{ ui.button('Done', key='D', post='/tasks/1/done') }}")
    assert 'form="act"' in button and 'formaction="/tasks/1/done"' in button and 'data-key="D"' in button


def test_an_error_is_tied_to_its_field_and_the_text_is_kept() -> None:
    html = shown("{{ ui.field('mail', 'E-mail', 'priya@', 'email', error='Not an address.', help='Any.') }}")
    assert 'aria-invalid="true"' in html and 'aria-describedby="f-mail-help f-mail-error"' in html
    assert 'value="priya@"' in html and '<p class="error" id="f-mail-error">Not an address.</p>' in html


def test_the_page_renders_for_its_reader() -> None:
    from zoneinfo import ZoneInfo

    from babel import Locale

    from fairlead.web.formats import Reader

    reader = Reader(ZoneInfo("America/New_York"), Locale.parse("en_US"), datetime(2025, 11, 18, 2, tzinfo=UTC))
    at = datetime(2025, 11, 18, 2, tzinfo=UTC)
    assert "9:00" in shown("{{ at|clock }} {{ at|day }} {{ today() }}", at=at, reader=reader)
    assert shown("{{ today() }}", reader=reader) == "2025-11-17"


def test_no_handler_or_style_is_written_into_a_template() -> None:
    for file in (WEB / "templates").rglob("*.html"):
        text = file.read_text()
        assert not re.search(r"<[^>{(]*\s(style|on[a-z]+)=\"|<style|<script(?! src)|\|\s*safe\b|hx-on|js:", text), file


@pytest.mark.parametrize("code", ["400", "403", "404", "500", "503", "csrf", "refused"])
def test_faults_say_what_is_safe_and_what_to_do(code: str) -> None:
    html = engines["jinja2"].env.get_template(f"errors/{code}.html").render({"request": None, "text": ""})
    assert '<div class="fault"><h1>' in html and 'class="btn pri"' in html
