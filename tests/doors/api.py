"""Calling the API as a program does."""

import json
from typing import Any

from django.test import Client

from fairlead.models import Token, User
from fairlead.verbs.tokens import create_token

BASE = "/api/v1"


class Api:
    """One user's token and the calls made with it; answers are Django's responses, read with `.json()`."""

    def __init__(self, user: User, *scopes: str) -> None:
        made = create_token(user.actor("web"), name="tests", scopes=scopes or ("read", "write"))
        self.token: Token = made.token
        self.headers = {"Authorization": f"Bearer {made.secret}"}
        self.client = Client()

    def get(self, path: str, status: int = 200, **asked: Any) -> Any:
        answer = self.client.get(f"{BASE}{path}", asked, headers=self.headers)
        return self._checked(answer, status)

    def post(self, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        return self._checked(self.send("POST", path, json.dumps(body or {}), **headers), status)

    def patch(self, path: str, body: Any, status: int = 200, **headers: str) -> Any:
        return self._checked(self.send("PATCH", path, json.dumps(body), **headers), status)

    def send(self, method: str, path: str, body: Any, kind: str = "application/json", **headers: str) -> Any:
        """Any request; header names are written with underscores."""
        named = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(method, f"{BASE}{path}", body, content_type=kind, headers=named)

    def _checked(self, answer: Any, status: int) -> Any:
        assert answer.status_code == status, answer.content.decode()[:2000]
        return answer.json()


def names(page: Any) -> list[str]:
    return [item["label"] for item in page["items"]]
