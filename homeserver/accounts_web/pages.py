"""Pages as bytes."""

from collections.abc import Callable
from importlib.resources import files

from attrs import evolve, field, frozen
from jinja2 import Environment, PackageLoader, StrictUndefined

from homeserver.accounts_web.forms import Form
from homeserver.accounts_web.visits import Visit
from homeserver.http.languages import Sentences, load, speaker
from homeserver.http.response import Response

HTML = "text/html; charset=utf-8"
SCRIPTS = ("passkeys.js", "confirmed.js")
SAME_ORIGIN = ("Cross-Origin-Opener-Policy", "same-origin")
POLICY = (
    "default-src 'none'; style-src 'self';{scripts} form-action 'self'{sends_to}; "
    "frame-ancestors 'none'; base-uri 'none'"
)


@frozen(eq=False)
class Pages:
    server_name: str
    _is_secure: bool
    """Whether the pages are reached by https."""
    _templates: Environment = field(init=False)
    _sentences: dict[str, Sentences] = field(init=False)
    style: bytes = field(init=False)
    _scripts: dict[str, bytes] = field(init=False)
    """For the few pages that cannot do without."""

    def __attrs_post_init__(self) -> None:
        templates = Environment(
            loader=PackageLoader("homeserver.accounts_web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        templates_folder = files("homeserver.accounts_web") / "templates"
        style = (templates_folder / "style.css").read_bytes()
        scripts = {name: (templates_folder / name).read_bytes() for name in SCRIPTS}
        object.__setattr__(self, "_scripts", scripts)
        object.__setattr__(self, "_templates", templates)
        object.__setattr__(self, "_sentences", load("homeserver.accounts_web", "sentences"))
        object.__setattr__(self, "style", style)

    @property
    def cookie_name(self) -> str:
        """Browsers take the prefix from nobody but this very host, and only by https."""
        return "__Host-isthmus" if self._is_secure else "isthmus"

    @property
    def marks_name(self) -> str:
        return f"{self.cookie_name}-known"

    def form(
        self,
        visit: Visit,
        form: Form,
        problem: str = "",
        status: int = 200,
        template: str = "form.html",
        **values: object,
    ) -> Response:
        """`values` are what a template shows that builds on `form.html`."""
        return self.render(
            visit,
            template,
            status=status,
            sends_to=form.sends_to,
            title=form.title,
            form=form,
            problem=problem,
            values=form.values,
            **values,
        )

    def notice(self, visit: Visit, title: str, text: str, status: int = 200) -> Response:
        return self.render(visit, "notice.html", status=status, title=title, text=text)

    def render(
        self,
        visit: Visit,
        template: str,
        *,
        status: int = 200,
        sends_to: str = "",
        **values: object,
    ) -> Response:
        return self._respond(visit, template, status, policy_of(sends_to=sends_to), values)

    def render_with_script(
        self, visit: Visit, template: str, script: str, *, status: int = 200, **values: object
    ) -> Response:
        """`script` is the address of the only one that may run."""
        return self._respond(visit, template, status, policy_of(script=script), values)

    def opened_by_app(
        self, visit: Visit, template: str, *, script: str = "", status: int = 200, **values: object
    ) -> Response:
        """A page that can tell the app's own page, which opened it, that something is done."""
        page = self._respond(visit, template, status, policy_of(script=script), values)
        return evolve(page, headers=tuple(it for it in page.headers if it != SAME_ORIGIN))

    def script_file(self, name: str) -> Response:
        cached = (("Cache-Control", "max-age=3600"), ("X-Content-Type-Options", "nosniff"))
        return Response(self._scripts[name], 200, "text/javascript; charset=utf-8", cached)

    def _respond(
        self, visit: Visit, template: str, status: int, policy: str, values: dict[str, object]
    ) -> Response:
        say = self.speaker(visit.language)
        text = self._templates.get_template(template).render(
            say=say,
            language=visit.language,
            server_name=self.server_name,
            form_token=visit.form_token,
            user_id=visit.member.user_id if visit.member else "",
            **values,
        )
        headers = (
            ("Content-Security-Policy", policy),
            ("X-Frame-Options", "DENY"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            SAME_ORIGIN,
            ("Cache-Control", "no-store"),
            ("Content-Language", visit.language),
            self.cookie(visit.cookie),
        )
        return Response(text.encode(), status, HTML, headers)

    def speaker(self, language: str) -> Callable[..., str]:
        return speaker(self._sentences[language])

    def redirect(self, url: str, cookie: str = "") -> Response:
        headers: tuple[tuple[str, str], ...] = (("Location", url), ("Cache-Control", "no-store"))
        headers += (("Referrer-Policy", "no-referrer"),)
        if cookie:
            headers += (self.cookie(cookie),)
        return Response(b"", 303, "text/plain", headers)

    def with_cookie(self, response: Response, value: str) -> Response:
        """The same page, for the browser that got a new cookie with it."""
        kept = tuple(it for it in response.headers if it[0] != "Set-Cookie")
        return evolve(response, headers=(*kept, self.cookie(value)))

    def with_marks(self, response: Response, marks: tuple[str, ...]) -> Response:
        """Remember for a year who was signed in here."""
        secure = "; Secure" if self._is_secure else ""
        kept = f"Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000{secure}"
        cookie = ("Set-Cookie", f"{self.marks_name}={'.'.join(marks)}; {kept}")
        return evolve(response, headers=(*response.headers, cookie))

    def cookie(self, value: str) -> tuple[str, str]:
        secure = "; Secure" if self._is_secure else ""
        kept = "Path=/; HttpOnly; SameSite=Lax; Max-Age=1209600"
        return ("Set-Cookie", f"{self.cookie_name}={value}; {kept}{secure}")


def policy_of(sends_to: str = "", script: str = "") -> str:
    scripts = script and f" script-src {script};"
    return POLICY.format(sends_to=sends_to and " " + sends_to, scripts=scripts)
