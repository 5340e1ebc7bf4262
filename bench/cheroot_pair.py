"""Cheroot processes that share a port: cheroot_pair.py PORT COUNT THREADS."""

import os
import sys

from cheroot import wsgi

port, count, threads = map(int, sys.argv[1:])
for _ in range(count - 1):
    if not os.fork():
        break
from page import application  # noqa: E402

server = wsgi.Server(("127.0.0.1", port), application, numthreads=threads)
server.reuse_port = True
server.start()
