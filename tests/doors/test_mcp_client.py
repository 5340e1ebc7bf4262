"""A real MCP client over HTTP: the story of one call, here as it negotiates; revision by revision by load tests."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from pytest_django.live_server_helper import LiveServer

from fairlead.demo.world import World
from fairlead.models import Task
from tests.doors.api import Api

if TYPE_CHECKING:
    from mcp import Client

# The connection mode of the client, and the revision that is spoken then.
MODES = [
    ("auto", "2026-07-28"),
    pytest.param("legacy", "2025-11-25", marks=pytest.mark.load),
    pytest.param("2026-07-28", "2026-07-28", marks=pytest.mark.load),
]


@pytest.mark.parametrize(("mode", "revision"), MODES)
def test_a_call_is_found_logged_and_taken_back(
    transactional_db: None, world: World, live_server: LiveServer, mode: str, revision: str
) -> None:
    """Search, read, log a call with its next step, see it on the timeline, undo."""
    priya, day = world.priya, world.now.date().isoformat()

    async def story(client: "Client") -> None:
        assert client.protocol_version == revision
        assert "log_call" in {tool.name for tool in (await client.list_tools()).tools}
        [person] = (await told(client, "search", text="priya raman", kinds=["person"]))["items"]
        read = await told(client, "get_record", noun=person["noun"], id=person["id"])
        assert (read["id"], read["company"]["label"]) == (priya.public_id, "Peverell Logistics")
        call = {"about": f"person:{person['id']}", "text": "Wants 50 seats", "next_step": "Send quote", "next_on": day}
        done = await told(client, "log_call", **call)
        newest = (await told(client, "timeline", noun="person", id=person["id"], limit=1))["items"][0]
        assert (newest["act"], newest["door"]) == (done["act"], "mcp")
        assert "Send quote" in await planned(client, person["id"])
        assert (await told(client, "undo", act=done["act"]))["changed"]
        assert "Send quote" not in await planned(client, person["id"])
        assert (await client.get_prompt("prepare_a_call", {"who": "Priya Raman"})).messages

    talk(live_server, Api(world.sam), mode, story)


@pytest.mark.parametrize(("mode", "revision"), MODES)
def test_without_the_scope_to_write(
    transactional_db: None, world: World, live_server: LiveServer, mode: str, revision: str
) -> None:
    """Verbs are not shown, and refused in words when they are called all the same."""
    before, priya = Task.objects.count(), world.priya

    async def story(client: "Client") -> None:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert names == ["search", "get_record", "list_records", "timeline"]
        refused = await client.call_tool("add_task", {"about": f"person:{priya.public_id}", "title": "Call"})
        assert refused.is_error and "Nothing was changed." in refused.content[0].text  # type: ignore[union-attr]

    talk(live_server, Api(world.sam, "read"), mode, story)
    assert Task.objects.count() == before


async def planned(client: "Client", person: str) -> list[str]:
    tasks = await told(client, "list_records", noun="task", filters={"person": person, "state": "open"})
    return [task["title"] for task in tasks["items"]]


async def told(client: "Client", tool: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    found: dict[str, Any] = result.structured_content
    return found


def talk(server: LiveServer, api: Api, mode: str, story: Any) -> None:
    import httpx2
    from mcp import Client  # which takes a while that only those spend who call it
    from mcp.client.streamable_http import streamable_http_client

    async def run() -> None:
        async with httpx2.AsyncClient(headers=api.headers) as http:
            transport = streamable_http_client(f"{server.url}/mcp", http_client=http)
            async with Client(transport, mode=mode, read_timeout_seconds=120) as client:
                await story(client)

    with ThreadPoolExecutor(1) as apart:  # a browser may keep a loop of its own running in this thread
        apart.submit(asyncio.run, run()).result()
