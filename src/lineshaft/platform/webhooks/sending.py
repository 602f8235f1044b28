"""Sends one message over HTTP, to the very address that was checked.

A name is resolved once; every address that it stands for must be one of the internet, and the
connection goes to one of those, so that a name which changes between the check and the use
(DNS rebinding) leads nowhere. Redirects are not followed, proxies of the environment not used.
"""

import http.client
import socket
import ssl
import threading
import time
from typing import Any
from urllib.parse import urlsplit

from typing_extensions import override

from lineshaft.core.errors import Invalid
from lineshaft.platform.webhooks.model import (
    ANSWER_CHARACTERS_MAX,
    Answer,
    check_url,
    is_public,
)

TIMEOUT_S = 10.0
"""How long an attempt may take, from the connection to the end of the answer."""
ANSWER_BYTES_MAX = 64 * 1024
_PORTS = {"https": 443, "http": 80}
_ADDRESSES_MAX = 20


class AddressRefused(Invalid):
    """A name stands for an address of this machine or network."""


class HttpSender:
    """Implements `Sender`; safe to share between threads."""

    def __init__(self, *, allows_private: bool, timeout_s: float = TIMEOUT_S) -> None:
        """Send within `timeout_s` seconds; to this network only where that is allowed."""
        self._allows_private = allows_private
        self._timeout_s = timeout_s
        self._tls: ssl.SSLContext | None = None

    def send(self, url: str, headers: dict[str, str], body: bytes) -> Answer:
        """Send, and return what came of it; it never raises for what the other side does."""
        began = time.monotonic()
        status: int | None = None
        retry_after = "0"
        try:
            connection = self._connection(check_url(url, allows_private=self._allows_private))
            status, retry_after, text = self._exchange(connection, url, headers, body)
        except (OSError, http.client.HTTPException, ValueError, Invalid) as error:
            text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            if time.monotonic() - began >= self._timeout_s:
                text = f"no answer within {self._timeout_s:g} s"
        duration_us = int((time.monotonic() - began) * 1_000_000)
        seconds = int(retry_after) if retry_after.isascii() and retry_after.isdigit() else 0
        return Answer(status, text[:ANSWER_CHARACTERS_MAX], duration_us, min(seconds, 86_400))

    def _exchange(
        self, connection: "_Pinned", url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, str, str]:
        # A time-out of the socket is one of each step; a server that drips would never reach it.
        watch = threading.Timer(self._timeout_s, connection.cut)
        watch.daemon = True
        watch.start()
        try:
            parts = urlsplit(url)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target, body=body, headers=headers)
            response = connection.getresponse()
            retry_after = response.headers.get("retry-after", "0")
            text = response.read(ANSWER_BYTES_MAX).decode("utf-8", "replace")
            shown = "".join(char if char.isprintable() else " " for char in text)
            return response.status, retry_after.strip()[:6], shown
        finally:
            watch.cancel()
            connection.close()

    def _connection(self, url: str) -> "_Pinned":
        parts = urlsplit(url)
        host, port = str(parts.hostname), parts.port or _PORTS[parts.scheme]
        address = self._address(host, port)
        if parts.scheme == "https" and self._tls is None:
            self._tls = ssl.create_default_context()
        tls = self._tls if parts.scheme == "https" else None
        return _Pinned(host, port, (address, tls), self._timeout_s)

    def _address(self, host: str, port: int) -> str:
        """Return an address of a host.

        Raises:
            AddressRefused: when one of its addresses is none of the internet.
            OSError: when the name is not known.
        """
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[:_ADDRESSES_MAX]
        addresses = [str(entry[4][0]) for entry in found]
        refused = [] if self._allows_private else [one for one in addresses if not is_public(one)]
        if refused:
            msg = f"{host} is an address of this machine or network, where nothing is sent to"
            raise AddressRefused(msg)
        return addresses[0]


class _Pinned(http.client.HTTPConnection):
    """A connection to one address; its host is that of the URL, in HTTP and in TLS."""

    def __init__(
        self, host: str, port: int, way: tuple[str, ssl.SSLContext | None], timeout_s: float
    ) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._way = way
        self.default_port = _PORTS["http"] if way[1] is None else _PORTS["https"]

    @override
    def connect(self) -> None:
        address, tls = self._way
        made: Any = socket.create_connection((address, self.port), self.timeout)
        self.sock = made if tls is None else tls.wrap_socket(made, server_hostname=self.host)

    def cut(self) -> None:
        """End it from another thread."""
        made = self.sock
        if made is not None:
            try:
                made.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it has ended by itself
