"""Pieces of pages that are kept: known by all that they show, and by nothing of the request they were made in."""

from typing import Any

import pytest
from django.test import RequestFactory
from markupsafe import Markup

from fairlead.web import jinja, lines
from fairlead.web.jinja import Rendering, default_reader
from fairlead.web.lines import Gathered, kept, short, shown


def test_the_same_again_is_not_made_again_and_anything_else_is() -> None:
    made: list[str] = []

    def make() -> str:
        made.append("made")
        return "text"

    for value in ("<b>", Markup("<b>"), ["<b>"], {"a": "<b>"}, 1, True, None):
        kept(("a piece of this test", shown(value)), make)
        kept(("a piece of this test", shown(value)), make)
    assert len(made) == 7
    assert short("one thing") == short("one thing") != short("another")
    assert Gathered(a=1).outline == Gathered(a=1).outline != Gathered(a=True).outline


def test_what_is_kept_is_bounded_and_numbers_are_never_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = short("a thing")
    monkeypatch.setattr(lines, "MOST", 0)
    for number in range(3):
        kept(("long", number), lambda: "x" * 100)
    assert len(lines._made) <= 2
    assert short("a thing") > before


@pytest.mark.parametrize("template", ["{{ csrf() }}", "{{ csrf_header() }}", "{{ now() }}", "{{ request.path }}"])
def test_a_piece_cannot_show_what_belongs_to_one_request(rf: RequestFactory, template: str) -> None:
    environment = jinja.environment()
    piece: Any = environment.from_string(template)
    page = Rendering(rf.get("/"), default_reader(jinja.timezone.now()))
    token = jinja.current.set(page)
    try:
        with pytest.raises(Exception, match=r"depends on the values|undefined"):
            piece.alone(page.reader, {})
    finally:
        jinja.current.reset(token)
