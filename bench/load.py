"""Clients for bench/servers.py, as separate processes: `load.py pages|probes|hang PORT SECONDS [PATH]`. Prints JSON."""

import asyncio
import json
import os
import sys
import time

PATH = sys.argv[4] if len(sys.argv) > 4 else "/"
COOKIE = os.environ.get("BENCH_COOKIE", "")  # signed in, for pages of the product
HEAD = (
    f"Host: localhost\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\nCookie: {COOKIE}\r\n"
    if COOKIE
    else "Host: localhost\r\n"
)
GET = f"GET {PATH} HTTP/1.1\r\n{HEAD}\r\n".encode()
CLIENTS = int(os.environ.get("BENCH_CLIENTS") or 8)


async def answer(reader: asyncio.StreamReader) -> bytes:
    """Read one response, with a length or in chunks; return its status line."""
    head = await reader.readuntil(b"\r\n\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(b": ") for line in head.split(b"\r\n"))}
    if length := fields.get(b"content-length"):
        await reader.readexactly(int(length))
    elif fields.get(b"transfer-encoding") == b"chunked":
        while size := int(await reader.readline(), 16):
            await reader.readexactly(size + 2)
        await reader.readline()
    return head.split(b"\r\n")[0]


async def pages(port: int, seconds: float) -> dict[str, float]:
    """Clients (eight of them) that keep their connection and ask one page after the other."""
    times: list[float] = []
    end = time.monotonic() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (start := time.monotonic()) < end:
            writer.write(GET)
            assert b" 200 " in await answer(reader)
            times.append(time.monotonic() - start)
        writer.close()

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    times.sort()
    return {
        "requests": len(times),
        "p50_ms": times[len(times) // 2] * 1e3,
        "p95_ms": times[len(times) * 95 // 100] * 1e3,
        "p99_ms": times[len(times) * 99 // 100] * 1e3,
    }


async def probes(port: int, seconds: float) -> dict[str, float]:
    """Twenty new visitors a second, each content to wait two seconds."""
    times: list[float] = []
    lost = 0

    async def probe() -> None:
        nonlocal lost
        start = time.monotonic()
        try:
            async with asyncio.timeout(2):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(GET)
                assert b" 200 " in await answer(reader)
                writer.close()
            times.append(time.monotonic() - start)
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            lost += 1

    tasks = []
    for _ in range(int(seconds * 20)):
        tasks.append(asyncio.create_task(probe()))
        await asyncio.sleep(0.05)
    await asyncio.gather(*tasks)
    times.sort()
    share = 100 * len(times) / (len(times) + lost)
    return {"answered_percent": share, "p99_ms": times[len(times) * 99 // 100] * 1e3 if times else -1}


async def hang(port: int, seconds: float) -> dict[str, float]:
    """500 clients that keep the server waiting: slow headers, slow bodies, slow readers."""

    async def slow(kind: int) -> None:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**10)
            if kind == 0:
                writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            elif kind == 1:
                writer.write(b"POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n")
            else:
                writer.write(b"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n")
            while True:
                await asyncio.sleep(1)
                if kind == 2:
                    await reader.read(100)
                else:
                    writer.write(b"X-Slow: 1\r\n" if kind == 0 else b"x")
        except OSError:
            await asyncio.sleep(seconds)

    tasks = [asyncio.create_task(slow(n % 3)) for n in range(500)]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    return {}


if __name__ == "__main__":
    kind, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    print(json.dumps(asyncio.run({"pages": pages, "probes": probes, "hang": hang}[kind](port, seconds))))
