"""What every answer carries."""

import gzip
import json
import os
import subprocess
import sys

import pytest
from django.test import Client

from fairlead.demo.world import World
from fairlead.verbs.passwords import set_password
from fairlead.web.headers import ALWAYS, POLICY

PATHS = ["/sign-in", "/healthz", "/settings", "/nowhere", "/api/v1/people", "/static/nothing.css"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_rules_for_the_browser(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    for name in set(ALWAYS) - {"Cache-Control"}:
        assert answer.headers[name] == ALWAYS[name]
    assert "no-store" in answer.headers["Cache-Control"]
    assert "Strict-Transport-Security" not in answer.headers and "Server" not in answer.headers


def test_the_policy_allows_nothing_inline() -> None:
    assert "unsafe" not in POLICY and "*" not in POLICY
    for rule in (
        "script-src 'self'",
        "style-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ):
        assert rule in POLICY


def test_https_is_kept(client: Client, db: None) -> None:
    assert client.get("/sign-in", secure=True).headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_cookies_stay_with_the_browser(client: Client, world: World) -> None:
    set_password(world.sam.actor("web"), password="rope through the ring")
    client.get("/sign-in")
    client.post("/sign-in", {"email": world.sam.email, "password": "rope through the ring"})
    for name in ("sessionid", "csrftoken"):
        assert client.cookies[name]["httponly"] and client.cookies[name]["samesite"] == "Lax"


def test_on_https_cookies_are_bound_to_the_host() -> None:
    ask = "import json, fairlead.settings as s; print(json.dumps([s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.HTTPS,"
    ask += " s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.DEBUG]))"
    told = subprocess.run(
        [sys.executable, "-c", ask],
        env={**os.environ, "FAIRLEAD_URL": "https://crm.example"},
        capture_output=True,
        check=True,
        text=True,
    )
    assert json.loads(told.stdout) == ["__Host-session", "__Host-csrf", True, True, True, False]


def test_pages_are_compressed(client: Client, db: None) -> None:
    answer = client.get("/sign-in", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip" and b"Sign in" in gzip.decompress(answer.content)
    assert "Accept-Encoding" in answer.headers["Vary"]
