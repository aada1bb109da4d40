"""Apps that know no OAuth 2.0 lead here, and get a token that logs them in.

Spec: Client-Server API, "Client login via SSO".
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from attrs import frozen

from homeserver.accounts_web.addresses import FOR_APPS, SIGN_IN
from homeserver.accounts_web.authorizing import place_of
from homeserver.accounts_web.door import Door, page
from homeserver.accounts_web.forms import Button, Form
from homeserver.accounts_web.problems import Problem
from homeserver.accounts_web.visits import Visit
from homeserver.http.response import Response
from homeserver.users.login import WholeLoginTokens
from homeserver.users.oauth.redirects import source_of
from homeserver.users.sso.redirects import is_trusted, is_way_back


@frozen(eq=False)
class ForAppsPages:
    door: Door
    _tokens: WholeLoginTokens
    _trusted: tuple[str, ...]

    @page("GET", FOR_APPS)
    async def ask(self, visit: Visit) -> Response:
        url = visit.request.text("redirectUrl")
        check(url)
        if is_trusted(url, self._trusted):
            # Browsers let no form lead there, not even by way of our own pages.
            there = with_token(url, await self._token(visit))
            return self.door.pages.render(visit, "onward.html", title="for_apps.title", url=there)
        switch = {"next": f"{FOR_APPS}?{urlencode({'redirectUrl': url})}", "switch": "1"}
        form = Form(
            title="consent.title",
            action=FOR_APPS,
            buttons=(Button(label="consent.allow"),),
            texts=("for_apps.asks", "consent.access"),
            values={"place": place_of(url), "user_id": visit.user_id},
            hidden={"redirectUrl": url},
            links=((f"{SIGN_IN}?{urlencode(switch)}", "link.switch"),),
            sends_to=source_of(url),
        )
        return self.door.pages.form(visit, form)

    @page("POST", FOR_APPS)
    async def agree(self, visit: Visit) -> Response:
        url = visit.value("redirectUrl")
        check(url)
        return self.door.pages.redirect(with_token(url, await self._token(visit)))

    async def _token(self, visit: Visit) -> str:
        return await self._tokens.make(visit.user_id, self.door.browsers.still(visit.cookie))


def check(url: str) -> None:
    if not is_way_back(url):
        raise Problem("problem.app")


def with_token(url: str, token: str) -> str:
    """Tokens that stood there before go."""
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, True) if pair[0] != "loginToken"]
    return urlunsplit(parts._replace(query=urlencode([*kept, ("loginToken", token)])))
