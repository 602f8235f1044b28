"""Signing in and out, the language, and what everybody may load: plain pages without sessions."""

import asyncio
from http import HTTPStatus

from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from lineshaft.core.errors import NotFound, RateLimited, Refusal, Unauthorized
from lineshaft.web import layout
from lineshaft.web.components import notice
from lineshaft.web.errors import explained, status_of
from lineshaft.web.markup import Html, tag
from lineshaft.web.ports import Application
from lineshaft.web.session import (
    SESSION_COOKIE,
    Preferences,
    check_same_site,
    keep_language,
    keep_session,
    own_path,
    preferences,
    visit,
)
from lineshaft.web.texts import Language

ASSET_SECONDS = 365 * 86_400
FIELD_CHARACTERS_MAX = 1_000
RETRY_SECONDS = 60
FIRST_PAGE = "/"
HOME_OF_CUSTOMERS = "/portal"
"""Where customers begin: everybody else begins with the fleet."""


def add_routes(app: FastAPI, application: Application) -> None:
    """Add the routes; the use cases are those of `application`."""

    @app.get("/sign-in", include_in_schema=False)
    async def show_form(request: Request, next: str = "/") -> Response:  # noqa: A002
        try:
            await visit(application, request)
        except Unauthorized:
            return _form_page(preferences(request), own_path(next))
        return RedirectResponse(own_path(next), HTTPStatus.SEE_OTHER)

    @app.post("/sign-in", include_in_schema=False)
    async def sign_in(
        request: Request,
        user_name: str = Form("", max_length=FIELD_CHARACTERS_MAX),
        password: str = Form("", max_length=FIELD_CHARACTERS_MAX),
        next: str = Form("/"),  # noqa: A002 - the name of the field
    ) -> Response:
        reader, target = preferences(request), own_path(next)
        try:
            check_same_site(request)
            signed_in = await asyncio.to_thread(application.identity.login, user_name, password)
        except (Unauthorized, RateLimited) as refusal:
            return _form_page(reader, target, refusal, user_name)
        except Refusal as refusal:
            return _refused(reader, refusal)
        if target == FIRST_PAGE and signed_in.actor.organisation is not None:
            target = HOME_OF_CUSTOMERS
        response = RedirectResponse(target, HTTPStatus.SEE_OTHER)
        keep_session(response, request, signed_in.token)
        return response

    @app.post("/sign-out", include_in_schema=False)
    async def sign_out(request: Request) -> Response:
        try:
            check_same_site(request)
        except Refusal as refusal:
            return _refused(preferences(request), refusal)
        token = request.cookies.get(SESSION_COOKIE, "")
        await asyncio.to_thread(application.identity.logout, token)
        response = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
        response.delete_cookie(SESSION_COOKIE, path="/")
        return response

    @app.get("/language/{code}", include_in_schema=False)
    async def speak(request: Request, code: str, next: str = "/") -> Response:  # noqa: A002
        response = RedirectResponse(own_path(next), HTTPStatus.SEE_OTHER)
        if code in list(Language):
            keep_language(response, request, Language(code))
        return response

    @app.get("/assets/{version}/{name}", include_in_schema=False)
    async def load(request: Request, version: str, name: str) -> Response:
        if name not in layout.ASSETS or layout.asset_path(name) != f"/assets/{version}/{name}":
            msg = f"there is no file {name[:80]!r}"
            return _refused(preferences(request), NotFound(msg))
        keep = f"public, max-age={ASSET_SECONDS}, immutable"
        return Response(
            layout.asset(name), media_type=layout.ASSETS[name], headers={"cache-control": keep}
        )


def _refused(reader: Preferences, refusal: Refusal) -> HTMLResponse:
    kind = reader.say("error.title")
    return HTMLResponse(
        layout.bare_page(reader, kind, explained(reader, refusal)), status_of(refusal)
    )


def _form_page(
    reader: Preferences, target: str, refusal: Refusal | None = None, user_name: str = ""
) -> HTMLResponse:
    content = [
        layout.brand(reader),
        tag(
            "section",
            tag("h1", reader.say("sign_in.title")),
            _why_not(reader, refusal),
            _form(reader, target, user_name),
            class_="panel",
        ),
        tag(
            "div",
            layout.language_links(reader, f"/sign-in?next={target}"),
            class_="bare-foot",
        ),
        tag("p", reader.say("sign_in.first"), class_="soft"),
    ]
    page = layout.bare_page(reader, reader.say("sign_in.title"), tag("div", content, class_="bare"))
    status = HTTPStatus.OK if refusal is None else status_of(refusal)
    headers = {"cache-control": "no-store"}
    if isinstance(refusal, RateLimited):
        headers["retry-after"] = str(RETRY_SECONDS)
    return HTMLResponse(page, status, headers=headers)


def _why_not(reader: Preferences, refusal: Refusal | None) -> Html | None:
    if refusal is None:
        return None
    key = "sign_in.too_many" if isinstance(refusal, RateLimited) else "sign_in.wrong"
    return tag("div", notice("", reader.say(key), kind="bad"), role="alert")


def _form(reader: Preferences, target: str, user_name: str) -> Html:
    return tag(
        "form",
        tag("input", type="hidden", name="next", value=target),
        tag(
            "label",
            reader.say("sign_in.user_name"),
            tag(
                "input",
                name="user_name",
                value=user_name,
                autocomplete="username",
                autocapitalize="none",
                spellcheck="false",
                required=True,
                autofocus=not user_name,
            ),
        ),
        tag(
            "label",
            reader.say("sign_in.password"),
            tag(
                "input",
                name="password",
                type="password",
                autocomplete="current-password",
                required=True,
                autofocus=bool(user_name),
            ),
        ),
        tag("button", reader.say("sign_in.action"), type="submit", class_="button primary"),
        method="post",
        action="/sign-in",
        class_="form",
    )
