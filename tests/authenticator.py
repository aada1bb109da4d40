"""A telephone that shows the codes of second factors."""

import re
from base64 import b32decode

from attrs import define

from homeserver.users.totp import STEP_MS, code_of
from tests.browser import PASSWORD, Browser

TWO_STEPS = "/_isthmus/account/two-steps"


@define
class Authenticator:
    """`recovery_codes` are on paper beside it."""

    secret: bytes
    browser: Browser
    recovery_codes: list[str]

    def code(self, later: int = 0) -> str:
        """The one of now; the next one in every call, since each works once."""
        clock = self.browser.server.clock
        clock.advance(STEP_MS / 1000)
        return code_of(self.secret, clock.now_ms() // STEP_MS + later)


def turns_on(browser: Browser) -> Authenticator:
    """Whoever is signed in wants two steps from now on."""
    page = browser.fills(browser.opens(TWO_STEPS), password=PASSWORD, decision="begin")
    found = re.search(r'class="key">([A-Z2-7 ]+)<', page.text)
    assert found, page.text
    authenticator = Authenticator(b32decode(found[1].replace(" ", "")), browser, [])
    page = browser.fills(page, code=authenticator.code(), decision="confirm")
    authenticator.recovery_codes = re.findall(r"<li>([A-Za-z0-9-]{19})</li>", page.text)
    assert len(authenticator.recovery_codes) == 10, page.text
    return authenticator
