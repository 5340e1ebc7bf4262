"""The process tree: starts, stops, heals."""

import os
import signal
import socket
import threading

import pytest

from fairlead.settings import VERSION
from tests.processes.product import Product, memory, wait_for

pytestmark = pytest.mark.processes


def test_starts_everything_and_prints_where(product: Product) -> None:
    product.start()
    wait_for(lambda: len(product.processes()) == 4, "all four processes")
    assert [len(product.processes(kind)) for kind in ("serve", "web", "work")] == [1, 2, 1]
    used = {process: memory(process) for process in product.processes()}
    print(f"\nresident: {sum(used.values()):.0f} MB in {len(used)} processes")
    assert sum(used.values()) <= 250


def test_ctrl_c_ends_all_of_it(product: Product) -> None:
    product.start()
    assert product.stop(signal.SIGINT) == 0
    assert product.processes() == []
    assert "Traceback" not in product.said


def test_the_stop_signal_of_a_service_manager_does_the_same(product: Product) -> None:
    product.start()
    assert product.stop(signal.SIGTERM) == 0
    assert product.processes() == []


@pytest.mark.parametrize("kind", ["web", "work"])
def test_a_killed_part_is_replaced(product: Product, kind: str) -> None:
    product.start()
    wait_for(lambda: len(product.processes()) == 4, "all four processes")
    before = product.processes(kind)
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: len(set(product.processes(kind)) - set(before)) == 1, f"another {kind} process")
    assert set(before[1:]) < set(product.processes(kind))
    assert "SIGKILL" in product.said
    wait_for(lambda: product.status("/healthz") == 200, "an answer")


def test_no_connection_is_refused_while_all_web_parts_are_replaced(product: Product) -> None:
    product.start()
    for process in product.processes("web"):
        os.kill(process, signal.SIGKILL)
    assert product.status("/healthz") == 200  # waits in the supervisor's socket until a new part takes it


def test_a_killed_supervisor_leaves_no_orphans_and_the_next_start_works(product: Product) -> None:
    product.start()
    parts = product.processes("web") + product.processes("work")
    product.stop(signal.SIGKILL)
    wait_for(lambda: not set(parts) & set(product.processes()), "its parts to end")
    product.log.unlink()
    product.start()
    assert product.stop() == 0


def test_a_port_in_use_is_said_with_the_remedy(product: Product) -> None:
    with socket.create_server(("127.0.0.1", product.port)):
        done = product.run("serve")
    assert done.returncode != 0
    assert f"Port {product.port} on 127.0.0.1 cannot be used" in done.stderr
    assert f"FAIRLEAD_PORT={product.port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_server_on_the_same_data_is_refused(product: Product) -> None:
    product.start()
    done = Product(product.data, product.database_url).run("serve")
    assert done.returncode != 0
    assert f"already runs on {product.data} (process {product.server and product.server.pid})" in done.stderr
    assert product.status("/healthz") == 200


def test_a_database_that_cannot_be_reached_is_said_in_a_sentence(product: Product) -> None:
    product.database_url = f"postgresql://nobody@127.0.0.1:{product.port}/none"
    done = product.run("serve")
    assert done.returncode != 0
    assert "The database does not answer (PostgreSQL at 127.0.0.1)" in done.stderr
    assert "Traceback" not in done.stderr


def test_answers_name_no_software_version(product: Product) -> None:
    product.start()
    _, headers, _ = product.get("/healthz")
    assert "Server" not in headers
    assert VERSION not in str(headers)


def test_a_request_head_without_end_is_refused(product: Product) -> None:
    product.start()
    with socket.create_connection(("127.0.0.1", product.port), timeout=20) as client:
        client.sendall(b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.0 431")


def test_clients_that_hang_on_do_not_keep_others_out(product: Product) -> None:
    product.start()
    halves = (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n")
    slow = [socket.create_connection(("127.0.0.1", product.port)) for _ in range(200)]
    for number, client in enumerate(slow):
        client.sendall(halves[number % 2])
    statuses: list[int] = []
    probes = [threading.Thread(target=lambda: statuses.append(product.status("/healthz"))) for _ in range(20)]
    for probe in probes:
        probe.start()
    for probe in probes:
        probe.join()
    for client in slow:
        client.close()
    assert statuses == [200] * 20
