"""Calls of the functions at the same time, one request to AWS at a time, in an order that the caller chooses.

Every call runs in a thread of its own that stops before each request and once before it answers. Whoever chooses lets
one of them go on, or lets it die there.
"""

from __future__ import annotations

import threading

PATIENCE = 60  # seconds; a thread that has not stopped by then never will


class Died(Exception):
    """What Lambda does to a function whose time is up."""


class Call:
    """One call: ``do`` in a thread, ``answer`` and ``died`` when it is ``over``."""

    def __init__(self, do, then):
        self.then = then  # called with the call when it is over
        self.over = self.died = False
        self.answer = None
        self._dies = False
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(do,), daemon=True)
        self._thread.call = self

    def _run(self, do):
        try:
            self._wait()
            self.answer = do()
            self.stop()
        except Died:
            self.died = True
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the test's
            self.answer = error
        self.over = True
        self._stopped.release()

    def stop(self):
        """In the call's own thread: stop until it may go on."""
        self._stopped.release()
        self._wait()

    def _wait(self):
        assert self._go.acquire(timeout=PATIENCE)
        if self._dies:
            raise Died

    def step(self, dies=False):
        """In the chooser's thread: let it go on until it stops again or is over."""
        if not self._thread.is_alive() and not self.over:
            self._thread.start()
        self._dies = dies
        self._go.release()
        assert self._stopped.acquire(timeout=PATIENCE)
        if self.over:
            self._thread.join()
            if isinstance(self.answer, BaseException):
                raise self.answer
            self.then(self)


def stop_before_requests(client):
    """Have calls stop before each request that they send by this client."""

    def stop(**_):
        call = getattr(threading.current_thread(), "call", None)
        if call is not None:
            call.stop()

    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-call.{service}", stop)
