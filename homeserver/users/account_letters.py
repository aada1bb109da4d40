"""Letters about accounts: plain text and HTML, in the language of who is to read them."""

from collections.abc import Callable
from typing import Any

from attrs import field, frozen
from jinja2 import Environment, PackageLoader, StrictUndefined

from homeserver.http.languages import LANGUAGES, Sentences, load, speaker
from homeserver.peers.mail import Letter

ALARMING = frozenset({"added", "removed", "password", "sign_in"})
"""What has happened already; all others ask."""


@frozen(eq=False)
class AccountLetters:
    _server_name: str
    _templates: Environment = field(init=False)
    _sentences: dict[str, Sentences] = field(init=False)

    def __attrs_post_init__(self) -> None:
        templates = Environment(
            loader=PackageLoader("homeserver.users", "letters"),
            autoescape=lambda name: bool(name and name.endswith(".html")),
            undefined=StrictUndefined,
            trim_blocks=True,
        )
        object.__setattr__(self, "_templates", templates)
        object.__setattr__(self, "_sentences", load("homeserver.users", "letters"))

    def said(self, kind: str, language: str, **values: object) -> str:
        """What stands in a letter, for a message that says the same."""
        return self._speaker(language)(f"{kind}.opening", **values)

    def button(self, kind: str, language: str) -> str:
        return self._speaker(language)(f"{kind}.button")

    def _speaker(self, language: str) -> Callable[..., str]:
        return speaker(self._sentences[language if language in LANGUAGES else LANGUAGES[0]])

    def written(
        self, kind: str, language: str, to: str, link: str = "", **values: object
    ) -> Letter:
        """`kind` begins the keys of its sentences, whose gaps the values fill."""
        language = language if language in LANGUAGES else LANGUAGES[0]
        say = speaker(self._sentences[language])
        values = {**values, "server_name": self._server_name}
        shown: dict[str, Any] = {
            "language": language,
            "server_name": self._server_name,
            "subject": say(f"{kind}.subject", **values),
            "opening": say(f"{kind}.opening", **values),
            "button": say(f"{kind}.button", **values) if link else "",
            "link": link,
            "closing": say("alarm" if kind in ALARMING else "ignore"),
        }
        text, html = (
            self._templates.get_template(f"letter.{kind_of}").render(shown)
            for kind_of in ("txt", "html")
        )
        subject = f"[{self._server_name}] {shown['subject']}"
        return Letter(to=to, subject=subject, text=text, html=html)
