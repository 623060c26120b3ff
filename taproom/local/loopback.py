"""For this machine alone: which peers, hosts and origins the local AWS answers.

It listens on loopback only, so a peer from elsewhere cannot come. A browser on this machine can, on behalf of any web
page: one that has its own name resolve to 127.0.0.1 sends that name as Host, one that posts to localhost sends its
Origin, and of one that links to localhost, or shows an image from there, the browser tells that it is another site. All
are refused.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

OWN_PAGES = "/moto-api"  # moto's dashboard, which loads programs from elsewhere, and a switch that forgets everything
log = logging.getLogger(__name__)
WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


def is_loopback(address: str) -> bool:
    """Whether a peer's address is this machine's own; anything that is no IP address is not."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def names_loopback(host: str) -> bool:
    """Whether a Host (``name[:port]``) can only mean this machine: localhost, names below it, loopback addresses."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or name.endswith(".localhost") or is_loopback(name)


def refusal(environ: dict[str, Any]) -> str:
    """Why a request is not answered; empty when it is."""
    if not names_loopback(environ.get("HTTP_HOST", "")):
        return "its Host is not this machine"
    origin = environ.get("HTTP_ORIGIN")
    local = origin is not None and names_loopback(origin.partition("://")[2])
    if not local and (origin is not None or environ.get("HTTP_SEC_FETCH_SITE") == "cross-site"):
        return "it comes from a web page"
    if environ.get("PATH_INFO", "").startswith(OWN_PAGES):
        return "AWS has no such API"
    return ""


def only_from_here(app: WsgiApp) -> WsgiApp:
    """``app``, asked only by who means this machine; everybody else gets 403."""

    def guarded(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        reason = refusal(environ)
        if not reason:
            return app(environ, start_response)
        log.warning("refused a request: %s", reason)
        body = f"The local AWS is for this machine alone, and this request is refused: {reason}.\n".encode()
        start_response("403 Forbidden", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    return guarded
