"""moto's server in this process: loopback only, a thread per request, and really gone after it stopped."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from taproom.local.authorization.gateway import authorized
from taproom.local.loopback import is_loopback, only_from_here

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

HOST = "127.0.0.1"
LAST_ANSWERS = 5.0  # seconds that requests which came before the stop may take to be answered
log = logging.getLogger(__name__)


def install(aws: LocalAws) -> None:
    """Serve moto on ``aws.port`` (0: any free one) and set ``aws.endpoint_url``."""
    _list_modules_once(aws)
    server = _make_server(aws)
    aws.port = server.server_port
    aws.endpoint_url = f"http://{HOST}:{aws.port}"
    _tell_moto_its_port(aws)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="local-aws-server", daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()
        server.join_requests()

    aws.on_stop(stop)


def note(kind: str, message: str, *args: Any) -> None:
    """What the server says: errors (a request that crashed in moto) go to its log file, the rest to nobody."""
    logging.getLogger("werkzeug").log(logging.ERROR if kind == "error" else logging.DEBUG, message, *args)


def _make_server(aws: LocalAws) -> Any:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import ThreadedWSGIServer

    class Handler(MotoRequestHandler):
        def log(self, kind: str, message: str, *args: Any) -> None:
            note(kind, message, *args)

    class Server(ThreadedWSGIServer):
        daemon_threads = True
        block_on_close = False  # not for ever: join_requests() does it
        request_queue_size = 128

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._answering: set[threading.Thread] = set()

        def process_request(self, request: Any, client_address: Any) -> None:
            thread = threading.Thread(target=self._answer, args=(request, client_address), daemon=True)
            self._answering.add(thread)
            thread.start()

        def _answer(self, request: Any, client_address: Any) -> None:
            try:
                self.process_request_thread(request, client_address)
            finally:
                self._answering.discard(threading.current_thread())

        def join_requests(self) -> None:
            """Wait, within bounds, until every request that was taken has been answered."""
            deadline = time.monotonic() + LAST_ANSWERS
            for thread in list(self._answering):
                thread.join(max(0.0, deadline - time.monotonic()))

        def verify_request(self, request: Any, client_address: Any) -> bool:
            allowed = is_loopback(client_address[0])
            if not allowed:
                log.warning("refused a request from %s: the local AWS is for this machine alone", client_address[0])
            return allowed

        def log(self, kind: str, message: str, *args: Any) -> None:
            note(kind, message, *args)

    answering = authorized(aws, DomainDispatcherApplication(create_backend_app))
    return Server(HOST, aws.port, only_from_here(answering), Handler)


def _list_modules_once(aws: LocalAws) -> None:
    """moto looks through its folder of services at every request."""
    from moto import backends

    modules = list(backends.list_of_moto_modules())
    aws.patch(backends, "list_of_moto_modules", lambda: modules)


def _tell_moto_its_port(aws: LocalAws) -> None:
    """moto's interpreter calls http://localhost:$MOTO_PORT; its clients are made without the user's settings."""
    from moto.stepfunctions.parser.asl.utils import boto_client

    before = os.environ.get("MOTO_PORT")
    os.environ["MOTO_PORT"] = str(aws.port)

    def restore() -> None:
        if before is None:
            os.environ.pop("MOTO_PORT", None)
        else:
            os.environ["MOTO_PORT"] = before

    aws.on_stop(restore)
    aws.patch(boto_client, "boto3", _Clients(aws.session))


class _Clients:
    """What moto's interpreter has for boto3: it asks for a client before each call, and gets the one it had before."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._made: dict[tuple[Any, ...], Any] = {}
        self._lock = threading.Lock()

    def client(self, **arguments: Any) -> Any:
        key = tuple(
            arguments.get(name) for name in ("service_name", "region_name", "endpoint_url", "aws_access_key_id")
        )
        with self._lock:
            if key not in self._made:
                self._made[key] = self._session.client(**arguments)
            return self._made[key]
