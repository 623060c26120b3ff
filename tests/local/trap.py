"""A server that stands for the user's real AWS or proxy: nobody may come there."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar


class Trap(http.server.BaseHTTPRequestHandler):
    """Notes who comes."""

    visits: ClassVar[list[str]] = []

    def do_GET(self):
        self.visits.append(self.path)
        self.send_error(500)

    do_PUT = do_POST = do_HEAD = do_DELETE = do_CONNECT = do_GET

    def log_message(self, *args):
        pass


@contextmanager
def trapped() -> Iterator[str]:
    """The URL of a running trap, whose ``visits`` are empty to begin with."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Trap)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    Trap.visits.clear()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
