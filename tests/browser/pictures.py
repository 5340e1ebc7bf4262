"""Takes the pictures in docs/img from the running product, in the demo world on a Tuesday morning.

`python -m tests.browser.pictures`
"""

import os
import tempfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "fairlead.settings"
os.environ["FAIRLEAD_DATA"] = tempfile.mkdtemp(prefix="fairlead-pictures-")
os.environ.pop("DATABASE_URL", None)

import django
import waitress
from playwright.sync_api import Page, sync_playwright

MOMENT = datetime(2025, 11, 18, 9, 41, tzinfo=UTC)
FOLDER = Path(__file__).parents[2] / "docs/img"
SIZE = {"width": 1440, "height": 900}


def application() -> Callable[..., Any]:
    """The product, whose clock stands still."""
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    from fairlead.core import clock

    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    product = get_wsgi_application()

    def stopped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        with clock.at(MOMENT):
            return product(environ, start_response)

    return stopped


def filled() -> dict[str, str]:
    """A new database with the demo world; the addresses of its pictures and, first, of signing in."""
    from fairlead.cli.links import sign_in_link
    from fairlead.core import clock
    from fairlead.demo.world import build
    from fairlead.web.addresses import url_of
    from fairlead.work.prepare import migrate

    migrate()
    with clock.at(MOMENT):
        world = build(MOMENT)
        link = sign_in_link("sam@northgate.example")
        pages = {"today": "/", "opportunity": url_of(world.managed_it)}
        return {"sign-in": link.partition("/sign-in")[1] + link.partition("/sign-in")[2], **pages}


def take(page: Page, base: str, pages: dict[str, str]) -> None:
    page.goto(base + pages.pop("sign-in"))
    page.locator("main form button[type=submit], body > form button[type=submit]").first.click()
    page.wait_for_url(f"{base}/")
    page.click(".tip button")
    page.locator(".tip").wait_for(state="detached")
    for name, path in pages.items():
        page.goto(base + path)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=FOLDER / f"{name}.png")
        print(FOLDER / f"{name}.png")


def main() -> None:
    django.setup()
    pages = filled()
    server = waitress.create_server(application(), host="127.0.0.1", port=0, threads=4)
    threading.Thread(target=server.run, daemon=True).start()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        path = os.environ.get("FAIRLEAD_CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        take(browser.new_page(viewport=SIZE), f"http://127.0.0.1:{server.effective_port}", pages)
        browser.close()


if __name__ == "__main__":
    main()
