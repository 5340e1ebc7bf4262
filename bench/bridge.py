"""bench/page.py as an ASGI application, for uvicorn."""

from typing import Any

from a2wsgi import WSGIMiddleware


def application() -> Any:
    from page import application as wsgi

    return WSGIMiddleware(wsgi, workers=8)
