"""What a page asks for. All texts are keys of sentences."""

from collections.abc import Mapping

from attrs import field, frozen


@frozen(kw_only=True)
class Field:
    """`kind` is a type of HTML's input."""

    name: str
    label: str
    kind: str = "text"
    autocomplete: str = "off"
    value: str = ""
    hint: str = ""
    link: str = ""
    is_needed: bool = True


@frozen(kw_only=True)
class Button:
    label: str
    name: str = "decision"
    value: str = "yes"
    is_quiet: bool = False
    gap: str = ""
    """What fills `{name}` in the label."""


@frozen(kw_only=True)
class Form:
    """`values` fill the gaps of the sentences."""

    title: str
    action: str
    buttons: tuple[Button, ...]
    fields: tuple[Field, ...] = ()
    texts: tuple[str, ...] = ()
    values: Mapping[str, object] = field(factory=dict)
    hidden: Mapping[str, str] = field(factory=dict)
    links: tuple[tuple[str, str], ...] = ()
    """Address and label."""
    ways: tuple[tuple[str, str], ...] = ()
    """Address and name of providers that lead to the same."""
    sends_to: str = ""
    """What the page may lead to besides ourselves, as a Content-Security-Policy names it."""


NAME = Field(name="username", label="field.username", autocomplete="username")
EMAIL = Field(name="email", label="field.email", kind="email", autocomplete="email")
PASSWORD_NOW = Field(
    name="password", label="field.password", kind="password", autocomplete="current-password"
)
CODE = Field(name="code", label="field.code", autocomplete="one-time-code", hint="hint.code")
PASSWORD_NEW = Field(
    name="new_password", label="field.new_password", kind="password", autocomplete="new-password"
)
PASSWORD_AGAIN = Field(
    name="repeated", label="field.repeated", kind="password", autocomplete="new-password"
)
