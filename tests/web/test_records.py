"""Record pages: head, timeline, rights, addresses, in-place edits, deeds; with fixed numbers of queries."""

from typing import Any

import pytest
from django.test import Client

from fairlead.demo.world import World
from fairlead.web.addresses import url_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam(world: World, client: Client) -> Client:
    client.force_login(world.sam)
    return client


def text_of(client: Client, url: str, **more: Any) -> str:
    answer = client.get(url, **more)
    assert answer.status_code == 200, answer.content[:2000]
    return answer.content.decode()


@pytest.mark.parametrize("name", ["priya", "peverell", "managed_it", "joanna"])
def test_every_kind_of_record_has_its_page(world: World, sam: Client, name: str) -> None:
    record = getattr(world, name)
    page = text_of(sam, url_of(record))
    assert str(record) in page
    assert 'id="timeline"' in page and 'id="log"' in page
