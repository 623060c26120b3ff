"""moto's server in this process: loopback only, a thread per request, quiet, and really gone after it stopped."""

from __future__ import annotations

import ipaddress
import logging
import os
import shutil
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taproom.local.aws import LocalAws

HOST = "127.0.0.1"
log = logging.getLogger(__name__)


def is_loopback(address: str) -> bool:
    """Whether a peer's address is this machine's own; anything that is no IP address is not."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def install(aws: LocalAws) -> None:
    """Serve moto on ``aws.port`` (0: any free one), with fresh state, and set ``aws.endpoint_url``."""
    from moto.core.base_backend import BackendDict
    from moto.core.config import default_user_config

    _keep_logs_in_a_file(aws)
    BackendDict.reset()
    _let_state_machines_run(aws, default_user_config)
    server = _make_server(aws.port)
    aws.port = server.server_port
    aws.endpoint_url = f"http://{HOST}:{aws.port}"
    _tell_moto_its_port(aws)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="local-aws-server", daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()
        BackendDict.reset()

    aws.on_stop(stop)


def note(kind: str, message: str, *args: Any) -> None:
    """What the server says: errors (a request that crashed in moto) go to its log file, the rest to nobody."""
    logging.getLogger("werkzeug").log(logging.ERROR if kind == "error" else logging.DEBUG, message, *args)


def _make_server(port: int) -> Any:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import ThreadedWSGIServer

    class Handler(MotoRequestHandler):
        def log(self, kind: str, message: str, *args: Any) -> None:
            note(kind, message, *args)

    class Server(ThreadedWSGIServer):
        daemon_threads = True
        block_on_close = False  # a request may wait for an execution that is being stopped
        request_queue_size = 128

        def verify_request(self, request: Any, client_address: Any) -> bool:
            allowed = is_loopback(client_address[0])
            if not allowed:
                log.warning("refused a request from %s: the local AWS is for this machine alone", client_address[0])
            return allowed

        def log(self, kind: str, message: str, *args: Any) -> None:
            note(kind, message, *args)

    return Server(HOST, port, DomainDispatcherApplication(create_backend_app), Handler)


def _keep_logs_in_a_file(aws: LocalAws) -> None:
    """moto and its interpreter say a lot, failed states included: that is for a file and not for the terminal."""
    folder = aws.root / "logs"
    shutil.rmtree(folder, ignore_errors=True)  # of earlier runs
    folder.mkdir(parents=True)
    handler = logging.FileHandler(folder / "moto.log", encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in ("moto", "samtranslator", "werkzeug"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        before, logger.propagate = logger.propagate, False

        def restore(logger: logging.Logger = logger, before: bool = before) -> None:
            logger.removeHandler(handler)
            logger.propagate = before

        aws.on_stop(restore)
    aws.on_stop(handler.close)


def _let_state_machines_run(aws: LocalAws, config: Any) -> None:
    before = config["stepfunctions"]
    config["stepfunctions"] = {"execute_state_machine": True}
    aws.on_stop(lambda: config.__setitem__("stepfunctions", before))


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
    aws.patch(boto_client, "boto3", aws.session)
