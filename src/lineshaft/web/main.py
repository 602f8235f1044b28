"""The web application: pages, downloads and the JSON API in one process, on one port."""

import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

import structlog
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from nicegui import ui
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override

from lineshaft import __version__
from lineshaft.core.errors import NotFound, Unauthorized
from lineshaft.infrastructure.processes import be_steady
from lineshaft.platform.historian.usage import api as usage_api
from lineshaft.valuechain.books import api as books_api
from lineshaft.valuechain.supplynetwork.versions import api as networks_api
from lineshaft.valuechain.versions.model import UPLOAD_BYTES_MAX
from lineshaft.web import api, downloads, entrance, errors, layout
from lineshaft.web.navigation import entries_for
from lineshaft.web.pages import PAGES, Build
from lineshaft.web.ports import Application
from lineshaft.web.session import Visit, sign_in_path, visit

LOG = structlog.get_logger(__name__)

PAGE_BUILD_SECONDS_MAX = 30.0
RECONNECT_SECONDS_MAX = 30.0
"""How long an open page may be without connection before its state is let go."""
REQUEST_BYTES_MAX = 64 * 1024
LARGE_REQUESTS = {
    usage_api.PATH: usage_api.BODY_BYTES_MAX,
    networks_api.NETWORKS: UPLOAD_BYTES_MAX,
    books_api.BOOKS: UPLOAD_BYTES_MAX,
}
"""Paths that take more than a form."""
PAGE_UPLOAD = re.compile(r"/_nicegui/client/[\w-]+/upload/\d+", re.ASCII)
"""Where an open page takes a file; the page says what it is for, and who may give it."""
PAGE_UPLOAD_BYTES_MAX = UPLOAD_BYTES_MAX + 64 * 1024
"""A file with what a form puts around it."""
STOP_SECONDS_MAX = 3
US_PER_MS = 1_000
NO_RESPONSE = "No response returned."
"""What Starlette raises where nothing was answered."""

_CONTENT_POLICY = (
    # The widgets' own scripts are compiled in the browser; nothing may come from elsewhere.
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'self'; form-action 'self'; "
    "object-src 'none'"
)
_HEADERS = (
    (b"content-security-policy", _CONTENT_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)

Background = Callable[[], AbstractAsyncContextManager[None]]


def _bytes_max(path: str) -> int:
    if PAGE_UPLOAD.fullmatch(path):
        return PAGE_UPLOAD_BYTES_MAX
    return LARGE_REQUESTS.get(path, REQUEST_BYTES_MAX)


class Shell:
    """Adds the headers that keep other sites out, and refuses what is too large to be a form."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sizes = [value for name, value in scope["headers"] if name == b"content-length"]
        if any(not size.isdigit() or int(size) > _bytes_max(scope["path"]) for size in sizes):
            await Response(status_code=413)(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await _serve_while_there(self._app, scope, receive, send_with_headers)


async def _serve_while_there(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request; a browser that left before its answer began is no error.

    A file is not sent to a browser that went on to another page meanwhile. Starlette's
    `BaseHTTPMiddleware`, which NiceGUI uses, then misses the answer and raises RuntimeError.
    """
    has_left = has_begun = False

    async def receive_seen() -> Message:
        nonlocal has_left
        message = await receive()
        has_left = has_left or message["type"] == "http.disconnect"
        return message

    async def send_seen(message: Message) -> None:
        nonlocal has_begun
        has_begun = True
        await send(message)

    try:
        await app(scope, receive_seen, send_seen)
    except RuntimeError as error:
        if not has_left or has_begun or str(error) != NO_RESPONSE:
            raise
        LOG.debug("the browser left before its answer", path=scope["path"])


def create_app(application: Application, background: Background | None = None) -> FastAPI:
    """Build the web application; once in a process, as the pages of NiceGUI are global.

    Args:
        application: the use cases.
        background: what runs beside the pages for as long as they are served.
    """

    @asynccontextmanager
    async def life(_app: FastAPI) -> AsyncIterator[None]:
        async with background() if background is not None else nullcontext():
            yield

    app = FastAPI(
        title="Lineshaft", version=__version__, docs_url=None, redoc_url=None, lifespan=life
    )
    entrance.add_routes(app, application)
    downloads.add_routes(app, application)
    api.add_routes(app, application)
    ui.add_head_html(layout.head_html(), shared=True)
    for path, build in PAGES.items():
        _add_page(application, path, build)
    _add_page(application, "/{path:path}", _nowhere)
    ui.run_with(
        app,
        title=layout.BRAND,
        favicon=layout.asset("mark.svg").decode(),
        tailwind=False,
        reconnect_timeout=RECONNECT_SECONDS_MAX,
        binding_refresh_interval=None,
        show_welcome_message=False,
    )
    app.add_middleware(Shell)
    return app


def serve(
    application: Application,
    host: str,
    port: int,
    *,
    wished_port: int = 0,
    background: Background | None = None,
    on_ready: Callable[[int], None] | None = None,
) -> None:
    """Serve until the process is told to stop.

    Args:
        application: the use cases.
        host: address to listen on.
        port: TCP port; 0 takes any free one.
        wished_port: of the free ones, this one, unless somebody has it.
        background: what runs beside the pages.
        on_ready: is told the port once pages are served.
    """
    listener = listening(host, port, wished_port)
    bound_port = int(listener.getsockname()[1])
    config = uvicorn.Config(
        create_app(application, background),
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS_MAX,
        ws_per_message_deflate=False,
    )
    be_steady()
    _Server(config, lambda: on_ready(bound_port) if on_ready else None).run(sockets=[listener])


def listening(host: str, port: int, wished_port: int = 0) -> socket.socket:
    """Return a bound socket; see `serve`.

    Raises:
        OSError: when somebody has the port that was asked for.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if not port and wished_port:
        try:
            listener.bind((host, wished_port))
        except OSError:
            LOG.info("the last port is taken: another one is used", port=wished_port)
        else:
            return listener
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()


def _add_page(application: Application, path: str, build: Build) -> None:
    async def show(request: Request) -> Response | None:
        try:
            visitor = await visit(application, request)
        except Unauthorized:
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(sign_in_path(request.url.path + query), status_code=303)
        await _framed(visitor, request, build)
        return None

    ui.page(path, response_timeout=PAGE_BUILD_SECONDS_MAX)(show)


async def _framed(visitor: Visit, request: Request, build: Build) -> None:
    client = ui.context.client
    with layout.framed(visitor, await entries_for(visitor)) as main:
        try:
            await build(visitor, request)
        except Exception as error:  # noqa: BLE001 - one page is an isolated unit; it is logged
            known = errors.as_lineshaft(error)
            errors.log(known, visitor.path)
            main.clear()
            client.status_code = errors.status_of(known)
            layout.title(visitor, visitor.say(f"error.{errors.kind_of(known)}.title"))
            with main:
                layout.show(errors.explained(visitor, known))
    # By the hub's clock pages tell how long ago something was.
    _ = ui.run_javascript(f"lineshaft.now({visitor.application.clock.now() // US_PER_MS})")


async def _nowhere(_visit: Visit, request: Request) -> None:
    msg = f"there is no page {request.url.path}"
    raise NotFound(msg)
