"""The web part's server: what it finishes, whom it lets go, whom it believes."""

import os
import signal
import socket
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from fairlead.web.proxies import behind_proxies
from fairlead.work.server import HEAD_TIME, LEAST_TIME, TimedChannel

SLOW = """
import socket, sys, time
from fairlead.work import family, server
def application(environ, start_response):
    print("at work", flush=True)
    time.sleep(1)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "1000000")])
    return [b"x" * 1000000]
family.tell_ready = None
server.tell_ready = lambda: print("ready", flush=True)
server.run(application, "127.0.0.1", int(sys.argv[1]))
"""


def test_a_request_in_flight_is_answered_whole_when_stopping() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", SLOW, str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None and server.stdout.readline() == "ready\n"
        with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert server.stdout.readline() == "at work\n"
            os.kill(server.pid, signal.SIGTERM)
            received = b""
            while piece := client.recv(65536):
                received += piece
        assert received.endswith(b"x" * 1_000_000)
        assert server.wait(60) == 0
        assert len(received.partition(b"\r\n\r\n")[2]) == 1_000_000
    finally:
        server.kill()
        server.wait()


def channel(**facts: Any) -> TimedChannel:
    made = TimedChannel.__new__(TimedChannel)
    vars(made).update({"request": None, "requests": [], "total_outbufs_len": 0} | facts)
    return made


def test_a_request_head_has_its_time() -> None:
    waiting = channel(request=SimpleNamespace(headers_finished=False), request_since=100.0)
    assert not waiting.is_too_slow(100 + HEAD_TIME - 1)
    assert waiting.is_too_slow(100 + HEAD_TIME + 1)


@pytest.mark.parametrize(("received", "let_go"), [(1_000, True), (10_000_000, False)])
def test_a_body_has_its_least_rate(received: int, let_go: bool) -> None:
    body = SimpleNamespace(headers_finished=True, body_bytes_received=received)
    uploading = channel(request=body, request_since=100.0)
    assert not uploading.is_too_slow(100 + LEAST_TIME - 1)
    assert uploading.is_too_slow(100 + LEAST_TIME + 1) is let_go


def test_a_reader_has_its_least_rate_and_a_running_request_no_limit() -> None:
    reading = channel(total_outbufs_len=1_000_000)
    assert not reading.is_too_slow(100)
    assert reading.is_too_slow(100 + LEAST_TIME + 1)
    reading.total_outbufs_len = 100_000
    assert not reading.is_too_slow(100 + LEAST_TIME + 1)
    reading.requests = [object()]
    assert not reading.is_too_slow(100_000)


FORWARDED = {"HTTP_X_FORWARDED_FOR": "6.6.6.6, 203.0.113.9, 10.0.0.7", "HTTP_X_FORWARDED_PROTO": "https"}


@pytest.mark.parametrize(
    ("trusted", "address", "seen", "proto"),
    [
        ([], "10.0.0.8", "10.0.0.8", None),
        (["10.0.0.0/8"], "203.0.113.1", "203.0.113.1", None),
        (["10.0.0.0/8"], "10.0.0.8", "203.0.113.9", "https"),
        (["10.0.0.8"], "10.0.0.8", "10.0.0.7", "https"),
    ],
)
def test_forwarded_addresses_are_believed_from_configured_proxies_alone(
    trusted: list[str], address: str, seen: str, proto: str | None
) -> None:
    received: dict[str, Any] = {}
    application = behind_proxies(lambda environ, start: received.update(environ) or [], trusted)
    application({"REMOTE_ADDR": address, "HTTP_X_FORWARDED_HOST": "evil.example"} | FORWARDED, None)
    assert (received["REMOTE_ADDR"], received.get("HTTP_X_FORWARDED_PROTO")) == (seen, proto)
    assert "HTTP_X_FORWARDED_HOST" not in received


def test_a_malformed_forwarded_address_is_not_believed() -> None:
    received: dict[str, Any] = {}
    application = behind_proxies(lambda environ, start: received.update(environ) or [], ["::1"])
    application({"REMOTE_ADDR": "::1", "HTTP_X_FORWARDED_FOR": "<script>"}, None)
    assert received["REMOTE_ADDR"] == "::1"
