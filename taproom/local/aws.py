"""The local AWS: moto as a server on loopback, completed by one module per gap.

``LocalAws`` is the composition root. It starts moto's server in this process, installs every gap module and takes all
of it down again. Each gap module has ``install(aws)``; nothing outside ``taproom/local/`` knows that moto is there:
the rest of Taproom talks to ``aws.endpoint_url`` through boto3, as it would talk to AWS.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from taproom.local.clock import Clock
from taproom.local.instance_lock import InstanceLock
from taproom.local.settle import Background

if TYPE_CHECKING:
    from taproom.local.authorization.authorizer import Authorizer
    from taproom.local.durable.store import Store
    from taproom.local.isolation import IsolatedSession

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
Event = dict[str, Any]
log = logging.getLogger(__name__)


class LocalAws:
    """A running local AWS. Use as a context manager; one at a time in a process (moto's backends are global).

    Objects and registered models outlive it: they are kept below ``root`` for the next one that is started there.
    Raises AlreadyRunning when another process runs one on ``root``, StoreUnusable when what is kept cannot be read.
    """

    store: Store  # of what outlives it; set while it runs
    authorizer: Authorizer  # of calls that are made in a role; set while it runs
    account_id = ACCOUNT_ID
    region = REGION
    _running = threading.Lock()

    def __init__(self, root: Path, clock: Clock | None = None, port: int = 0) -> None:
        self.root = root.resolve()
        self.clock = clock or Clock()
        self.port = port  # 0: a free one is chosen when it starts
        self.endpoint_url = ""
        self.background = Background()
        self._listeners: list[Callable[[Event], None]] = []
        self._stoppers: list[Callable[[], None]] = []
        self._clients: dict[str, Any] = {}
        self._clients_lock = threading.Lock()

    def client(self, service: str) -> Any:
        """A boto3 client of this local AWS; it reads no setting of the user and can reach nothing else."""
        with self._clients_lock:
            if service not in self._clients:
                self._clients[service] = self.session.client_of(service, self.endpoint_url)
            return self._clients[service]

    @cached_property
    def session(self) -> IsolatedSession:
        """The session behind ``client``: it has ``client(...)`` as boto3 has it, and none of the user's settings."""
        from taproom.local.isolation import IsolatedSession

        return IsolatedSession(self.region)

    def environment(self) -> dict[str, str]:
        """Variables that tie a child process to this local AWS: give it these and none of the user's ``AWS_*``."""
        from taproom.local.isolation import child_environment

        return child_environment(self.endpoint_url, self.region, self.root)

    def patch(self, owner: Any, name: str, replacement: Any) -> Any:
        """Set ``owner.name`` until the local AWS goes down.

        Returns what was there (a descriptor stays one); None where there was nothing, and then it is removed again.
        """
        if not hasattr(owner, name):
            setattr(owner, name, replacement)
            self.on_stop(lambda: delattr(owner, name))
            return None
        original = vars(owner)[name] if name in vars(owner) else getattr(owner, name)
        setattr(owner, name, replacement)
        self.on_stop(lambda: setattr(owner, name, original))
        return original

    def on_stop(self, stop: Callable[[], None]) -> None:
        """Have ``stop()`` called when the local AWS goes down, last registered first."""
        self._stoppers.append(stop)

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Have ``listener(event)`` called for every ``notify``: job log lines and status changes, for the live view."""
        self._listeners.append(listener)

    def notify(self, event: Event) -> None:
        for listener in list(self._listeners):
            listener(event)

    def __enter__(self) -> LocalAws:
        from taproom.local import gaps

        if not LocalAws._running.acquire(blocking=False):
            raise RuntimeError("another LocalAws is running in this process: stop it first, moto's state is global")
        self.on_stop(LocalAws._running.release)
        try:
            lock = InstanceLock(self.root)
            lock.take()
            self.on_stop(lock.release)
            gaps.install_all(self)
            lock.announce(self.endpoint_url)
            self.on_stop(lock.withdraw)  # before anything else stops: from now on nobody is sent here
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.background.settle()
        finally:  # also on Ctrl-C meanwhile
            self.stop()

    def stop(self) -> None:
        """Take everything down, last installed first; an error in one stopper does not keep the others from running."""
        self.background.close()
        errors: list[Exception] = []
        while self._stoppers:
            stopper = self._stoppers.pop()
            try:
                stopper()
            except Exception as error:
                log.exception("while the local AWS went down")
                errors.append(error)
        self._clients.clear()
        if errors:
            raise RuntimeError(f"the local AWS did not go down cleanly: {errors[0]!r}") from errors[0]
