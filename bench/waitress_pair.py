"""Waitress processes on one shared socket, as `fairlead serve` runs them: waitress_pair.py PORT COUNT LIMIT THREADS."""

import os
import signal
import socket
import sys

port, count, limit, threads = map(int, sys.argv[1:])
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen(1024)
children = []
for _ in range(count):
    child = os.fork()
    if not child:
        from page import application
        from waitress import create_server

        options = {"threads": threads, "connection_limit": limit, "asyncore_use_poll": True}
        create_server(application, sockets=[listener], **options).run()
        sys.exit()
    children.append(child)
signal.signal(signal.SIGTERM, lambda *_: [os.kill(child, signal.SIGTERM) for child in children])
for child in children:
    os.waitpid(child, 0)
