"""The worker as a process: killed in the middle of an effect, told to stop, left without its database."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.processes.product import PATIENCE, Product, wait_for

pytestmark = pytest.mark.processes


def run(product: Product, code: str) -> str:
    """Python on the product's database; what it prints."""
    environment = product.environment | {"DJANGO_SETTINGS_MODULE": "fairlead.settings"}
    script = f"import django; django.setup()\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def promise(product: Product, to: str) -> None:
    """A verb that promises a mail, called and gone."""
    run(
        product,
        f"""
from fairlead.core.actor import system
from fairlead.core.verb import verb
from fairlead.verbs.outgoing import send_mail_later
@verb("x", may="anyone")
def write(by) -> None:
    send_mail_later("{to}", "Hi", "Hello", purpose="offer", key="{to}")
write(system("drill"))
""",
    )


def rows(product: Product) -> list[list[object]]:
    """State and attempts of every mail."""
    code = """
import json
from fairlead.models import Outbox
mails = Outbox.objects.filter(effect="mail").order_by("id")
print(json.dumps(list(mails.values_list("state", "attempts"))))
"""
    found: list[list[object]] = json.loads(run(product, code))
    return found


class Worker:
    """`fairlead work` alone, whose mails can be made to hang."""

    def __init__(self, product: Product, hang: bool = False) -> None:
        slow = "import fairlead.work.maildir as m, time; m.Folder.send_messages = lambda *_: time.sleep(600)"
        code = f"import django; django.setup()\n{slow if hang else ''}\nfrom fairlead.work.worker import run; run()"
        environment = product.environment | {"DJANGO_SETTINGS_MODULE": "fairlead.settings"}
        with Path(f"{product.data}.worker.log").open("a") as log:
            self.process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=log, stderr=log)

    def end(self, number: int = signal.SIGKILL) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


def sent(product: Product) -> list[str]:
    folder = product.data / "mail"
    return sorted(path.name for path in folder.glob("*.eml")) if folder.exists() else []


def test_a_mail_begun_by_a_killed_worker_is_sent_by_the_next_after_the_lease(product: Product) -> None:
    worker = Worker(product, hang=True)
    promise(product, "one@example.com")
    wait_for(lambda: rows(product) == [["leased", 1]], "the lease")
    worker.end(signal.SIGKILL)
    promise(product, "two@example.com")
    second = Worker(product)
    wait_for(lambda: rows(product)[1] == ["done", 1], "the other mail")
    assert rows(product)[0] == ["leased", 1] and len(sent(product)) == 1
    run(
        product,
        "from fairlead.models import Outbox\n"
        "from django.utils.timezone import now\n"
        "Outbox.objects.filter(state='leased').update(run_at=now())",
    )
    wait_for(lambda: rows(product) == [["done", 2], ["done", 1]], "the mail of the killed one")
    assert len(sent(product)) == 2
    assert second.end(signal.SIGTERM) == 0


def test_it_stops_when_told_and_wakes_when_something_is_promised(product: Product) -> None:
    worker = Worker(product)
    wait_for((product.data / "worker.seen").exists, "its sign of life")
    promise(product, "one@example.com")
    wait_for(lambda: sent(product), "the mail")
    before = cpu(worker.process.pid)
    time.sleep(3)
    print(f"\nidle: {(cpu(worker.process.pid) - before) / 3:.2%} of a processor")
    assert worker.end(signal.SIGTERM) == 0


def test_without_its_database_it_waits(product: Product) -> None:
    if product.database_url:
        product.database_url, kept = product.database_url.replace("/drill_", "/gone_"), product.database_url
    else:
        kept = ""
        (product.data / "fairlead.sqlite3").rename(product.data / "aside")
    worker = Worker(product)
    log = Path(f"{product.data}.worker.log")
    wait_for(lambda: "The database does not answer" in log.read_text(), "its word")
    assert worker.process.poll() is None and "Traceback" not in log.read_text()
    if kept:
        worker.end(signal.SIGTERM)
        product.database_url = kept
        worker = Worker(product)
    else:
        (product.data / "aside").rename(product.data / "fairlead.sqlite3")
    promise(product, "one@example.com")
    wait_for(lambda: sent(product), "the mail")
    assert worker.end(signal.SIGTERM) == 0


def cpu(process: int) -> float:
    """Seconds of processor time."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
