"""Who is looking at a page: the session cookie, the language, the time zone, the way in and out.

The cookie holds a random token that only identity can read; scripts cannot see it, other sites
cannot send it along, and over HTTPS it travels nowhere else.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo

from fastapi import Request, Response

from lineshaft.core.errors import Forbidden, Invalid, Refusal
from lineshaft.core.period import Instant, Period, zone_named
from lineshaft.security.authorisation.model import Action, Actor, Resource
from lineshaft.web import format as form
from lineshaft.web.markup import Html, tag
from lineshaft.web.naming import name_things
from lineshaft.web.ports import Application
from lineshaft.web.texts import Language, choose_language, say
from lineshaft.web.texts.sentences import in_chinese

SESSION_COOKIE = "lineshaft_session"
LANGUAGE_COOKIE = "lineshaft_language"
ZONE_COOKIE = "lineshaft_zone"
"""Set by the page's script to the zone of the browser."""
PREFERENCE_SECONDS = 365 * 86_400
TARGET_CHARACTERS_MAX = 500

P = ParamSpec("P")
T = TypeVar("T")


class CrossSiteRequest(Forbidden):
    """A form was sent from another site."""


@dataclass(frozen=True)
class Preferences:
    """How somebody reads, signed in or not."""

    language: Language
    zone: ZoneInfo

    def say(self, key: str, **values: object) -> str:
        """Return a text in the reader's language."""
        return say(self.language, key, **values)

    def sentence(self, english: str, element: str = "span", **attributes: str) -> Html:
        """Write a sentence from below the pages; one that nobody has translated stays English."""
        said = in_chinese(english) if self.language is Language.CHINESE else english
        language = "en" if said is None else None
        return tag(element, said or english, lang=language, **attributes)

    def instant(self, at: Instant) -> str:
        """Write an instant to the second in the reader's zone."""
        return form.second(at, self.zone, self.language)

    def period(self, span: Period, zone: ZoneInfo | None = None) -> str:
        """Write a period in a zone; the reader's for None."""
        return form.period(span, zone or self.zone, self.language)


@dataclass(frozen=True)
class Visit(Preferences):
    """Somebody who is signed in, looking at one page.

    Attributes:
        actor: who it was when the page was opened; use cases ask again, see `ask`.
        path: of the page, with its query.
    """

    application: Application
    actor: Actor
    path: str
    token: str = field(repr=False)

    async def ask(
        self, use_case: Callable[Concatenate[Actor, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a use case for whoever the session belongs to now.

        A session that ended, a person who left or a role that changed counts at once, also on a
        page that stays open. A refusal says what the things are called that it is about.

        Raises:
            Refusal: what the use case refuses, and when the session is over.
        """

        def run() -> T:
            actor = self.application.identity.actor_of_session(self.token)
            try:
                return use_case(actor, *args, **kwargs)
            except Refusal as error:
                name_things(self.application, actor, self.language, error)
                raise

        return await asyncio.to_thread(run)

    async def may(self, action: Action, resource: Resource) -> bool:
        """Tell whether to show what would otherwise be refused."""
        return await self.ask(self.application.authorizer.is_allowed, action, resource)


def preferences(request: Request) -> Preferences:
    """Read language and zone of a request."""
    wanted = request.cookies.get(LANGUAGE_COOKIE)
    language = choose_language(wanted, request.headers.get("accept-language", ""))
    try:
        zone = zone_named(unquote(request.cookies.get(ZONE_COOKIE, "UTC")))
    except Invalid:
        zone = zone_named("UTC")
    return Preferences(language, zone)


async def visit(application: Application, request: Request) -> Visit:
    """Return who is looking.

    Raises:
        NotSignedIn: when nobody is signed in.
    """
    token = request.cookies.get(SESSION_COOKIE, "")
    actor = await asyncio.to_thread(application.identity.actor_of_session, token)
    chosen = preferences(request)
    query = f"?{request.url.query}" if request.url.query else ""
    return Visit(
        language=chosen.language,
        zone=chosen.zone,
        application=application,
        actor=actor,
        path=request.url.path + query,
        token=token,
    )


def own_path(target: str | None) -> str:
    """Return a path of this hub to go on to; anything else becomes the first page."""
    is_own = (
        target is not None
        and target.startswith("/")
        and not target.startswith("//")
        and "\\" not in target
        and target.isprintable()
        and len(target) <= TARGET_CHARACTERS_MAX
    )
    return target if is_own and target is not None else "/"


def sign_in_path(visit_path: str) -> str:
    """Return the path of the sign-in page that leads back."""
    return f"/sign-in?next={quote(visit_path, safe='')}"


def check_same_site(request: Request) -> None:
    """Refuse a form that another site sent.

    Raises:
        CrossSiteRequest: when the browser says that it comes from elsewhere.
    """
    origin = request.headers.get("origin")
    is_ours = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not is_ours or request.headers.get("sec-fetch-site") == "cross-site":
        msg = f"a form was sent to {request.url.path} from another site"
        raise CrossSiteRequest(msg)


def keep_session(response: Response, request: Request, token: str) -> None:
    """Put the session into the cookie; it ends with the browser or with the session."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )


def keep_language(response: Response, request: Request, language: Language) -> None:
    """Remember the language that somebody has chosen."""
    response.set_cookie(
        LANGUAGE_COOKIE,
        language.value,
        max_age=PREFERENCE_SECONDS,
        samesite="lax",
        secure=request.url.scheme == "https",
        path="/",
    )
