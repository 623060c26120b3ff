"""Debian's Chromium without a window, asked by the DevTools protocol over two pipes: no port, no driver, no package."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium")
PATIENCE = 60.0  # seconds that an answer may take
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run", "--mute-audio"),
    # what a browser asks for by itself is none of the page's doing
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-default-browser-check"),
    *("--disable-dev-shm-usage", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND"),
)


class BrowserError(RuntimeError):
    """Chromium answered with an error, or not at all."""


class Browser:
    """A running Chromium; ``call`` waits for the answer, ``events`` holds what it told meanwhile."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._buffer, self._number = b"", 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        request = {"id": self._number, "method": method, "params": parameters}
        if session:
            request["sessionId"] = session
        _write_all(self._write, json.dumps(request).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while True:
            message = self._next(until)
            if message.get("id") == self._number:
                if "error" in message:
                    raise BrowserError(f"{method}: {message['error'].get('message')}")
                return message["result"]
            self.events.append(message)

    def wait_for(self, method: str) -> dict[str, Any]:
        """The first event of that name that has not been waited for yet."""
        until = time.monotonic() + PATIENCE
        while True:
            for event in self.events:
                if event.get("method") == method and not event.get("seen"):
                    event["seen"] = True
                    return event
            self.events.append(self._next(until))

    def _next(self, until: float) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], max(0.0, until - time.monotonic()))
            chunk = os.read(self._read, 2**20) if ready else b""
            if not chunk:
                raise BrowserError("Chromium has ended" if ready else f"Chromium does not answer for {PATIENCE} s")
            self._buffer += chunk
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)


class Page:
    """A page that was opened, with everything that it asked for and complained of."""

    def __init__(self, browser: Browser, path: Path, width: int, dark: bool) -> None:
        self._browser = browser
        self._target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=self._target, flatten=True)["sessionId"]
        browser.events.clear()
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.resize(width)
        self.media(dark=dark)
        self.call("Page.navigate", url=path.resolve().as_uri())
        browser.wait_for("Page.loadEventFired")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.call(method, self._session, **parameters)

    def close(self) -> None:
        """Close the page, and with it the process that shows it."""
        self._browser.call("Target.closeTarget", targetId=self._target)

    def resize(self, width: int) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=width < 600
        )

    def media(self, dark: bool = False, paper: bool = False) -> None:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", media="print" if paper else "screen", features=[scheme])

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression, a promise's when it is kept."""
        told = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise BrowserError(str(told["exceptionDetails"].get("exception", told["exceptionDetails"])))
        return told["result"].get("value")

    def follow(self, link: str) -> str:
        """Click on the first link that a selector finds; the URL of the page to which it led."""
        for event in self._told("Page.loadEventFired"):
            event["seen"] = True
        self.run(f"document.querySelector({json.dumps(link)}).click()")
        self._browser.wait_for("Page.loadEventFired")
        return self.run("location.href")

    def press(self, key: str) -> None:
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode={"Tab": 9}[key])

    @property
    def requests(self) -> list[str]:
        """The URL of everything that was asked for since the page was opened, the page itself first."""
        return [event["params"]["request"]["url"] for event in self._told("Network.requestWillBeSent")]

    @property
    def complaints(self) -> list[str]:
        """Errors and warnings of the console, exceptions, and what the browser refused."""
        logged = [event["params"]["entry"]["text"] for event in self._told("Log.entryAdded")]
        said = [str(event["params"]["args"]) for event in self._told("Runtime.consoleAPICalled")]
        thrown = [str(event["params"]["exceptionDetails"]) for event in self._told("Runtime.exceptionThrown")]
        return logged + said + thrown

    def picture(self, top: int = 0, height: int | None = None) -> bytes:
        """The whole page, or a stripe of it, as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": top, "width": size["width"], "height": height or size["height"], "scale": 1}
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(shot["data"])

    def paper(self) -> bytes:
        """The page printed, as PDF."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=False)["data"])

    def _told(self, method: str) -> list[dict[str, Any]]:
        self.call("Runtime.evaluate", expression="0")  # whatever it had to tell is told before this answer
        events = self._browser.events
        return [one for one in events if one.get("method") == method and one.get("sessionId") == self._session]


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A Chromium with a fresh ``profile`` folder, which ends with the block."""
    assert CHROMIUM, "chromium is not installed"
    asked, ask = os.pipe()
    answer, answered = os.pipe()
    # Chromium reads from 3 and writes to 4: whatever has these numbers here is not in the way of what goes there
    above = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (asked, answered)]
    actions = [(os.POSIX_SPAWN_DUP2, above[0], 3), (os.POSIX_SPAWN_DUP2, above[1], 4)]
    actions += [(os.POSIX_SPAWN_OPEN, 2, os.fspath(profile / "stderr"), os.O_WRONLY | os.O_CREAT, 0o600)]
    profile.mkdir(parents=True, exist_ok=True)
    arguments = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    process = os.posix_spawn(CHROMIUM, arguments, os.environ, file_actions=actions, setpgroup=0)
    for end in (asked, answered, *above):
        os.close(end)
    try:
        yield Browser(ask, answer)
    finally:
        os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(ask)
        os.close(answer)


def _write_all(end: int, content: bytes) -> None:
    while content:
        content = content[os.write(end, content) :]
