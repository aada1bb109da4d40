"""What a network must bring: one `Network` for the process, one `Session` for each login."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol

from attrs import field, frozen

from bridges.kit.chats import Chat, Person, User
from bridges.kit.happenings import Happening
from bridges.kit.parts import ChatKey, Outgoing, Sent
from bridges.kit.webhooks import Route


@frozen
class NetworkInfo:
    id: str
    name: str
    command_prefix: str
    url: str = ""


@frozen
class Accepts:
    """Of one kind of media: the types that are taken, all if none is named, and how many bytes."""

    mimes: tuple[str, ...] = ()
    max_bytes: int = 0


@frozen
class Capabilities:
    """As data. `spans` are the looks of a text that the network knows.

    `media` by kind; a kind that is not there is taken up to `media_max_bytes`, in any type.
    """

    media_max_bytes: int = 0
    replies: bool = False
    spans: frozenset[str] = frozenset()
    deduplicates: bool = False
    """The network drops a second message with the same `Outgoing.transaction`."""
    threads: bool = False
    stories: bool = False
    """Those of people that the login follows are told."""
    parts: frozenset[str] = frozenset()
    """What it takes besides texts and files: "location", "poll", "contact", "sticker", "voice"."""
    text_max: int | None = None
    """Code points; longer texts are sent in pieces."""
    caption_max: int = 0
    """0: texts stand beside files as messages of their own."""
    media: Mapping[str, Accepts] = field(factory=dict)
    speaks_for_others: bool = False
    """Its account is nobody's own, as a bot: also its owner's words are shown with their name."""
    edit_window_s: int | None = None
    reactions: frozenset[str] | None = None
    """Those that there are; None: any."""
    reactions_max: int | None = None
    """How many one person may leave at a message."""
    messages_per_s: float | None = None
    """Of one login: it is not handed more. `burst`: how many at once after a silence."""
    burst: int = 1
    messages_per_s_in_chat: float | None = None
    """Besides, of one login in one chat. `burst_in_chat`: as above."""
    burst_in_chat: int = 1
    silence_max_s: float | None = None
    """A connection that is silent for longer is dead, and made anew. What happens counts, what the
    network takes, and `Bridge.alive`."""


@frozen
class Flow:
    """A way to log in."""

    id: str
    name: str


@frozen
class Field:
    """A question. The answer to a secret one is removed from the chat.

    `kind` helps those who draw a form: "text", "password", "phone", "email", "code", "url",
    "cookies". `pattern` is a regular expression that the answer must match.
    """

    id: str
    question: str
    secret: bool = False
    default: str | None = None
    kind: str = "text"
    pattern: str = ""


@frozen
class QR:
    """What the picture says."""

    data: str = field(repr=False)


@frozen
class Code:
    """To be typed in on another device."""

    text: str = field(repr=False)


@frozen
class Address:
    """To be opened in a browser."""

    url: str = field(repr=False)


Shown = QR | Code | Address


@frozen
class Login:
    """`id` is the same whenever the same account logs in; `secrets` let it come back by itself."""

    id: str
    name: str
    secrets: Mapping[str, str] = field(factory=dict, repr=False)


class LoginScreen(Protocol):
    """Chat and the provisioning API ask alike."""

    async def ask(self, field: Field) -> str: ...

    async def choose(self, question: str, options: Mapping[str, str]) -> str:
        """`options` are ids and their names; answers with an id."""

    async def show(self, what: Shown, text: str) -> None:
        """What is shown anew takes the place of what was shown before."""

    async def note(self, text: str) -> None: ...


class Bridge(Protocol):
    """The framework, as a session sees it."""

    async def receive(self, happening: Happening) -> None:
        """Returns when it is safe on disk. A message that is known already is dropped."""

    async def chats(self) -> list[ChatKey]:
        """Those of this login that have rooms, for networks that do not remember where we are."""

    def alive(self) -> None:
        """The network gave a sign of life, such as the answer to a ping."""

    async def keep(self, key: str, value: str) -> None:
        """Something of this login to find again after a restart: a place in a stream, a token."""

    async def kept(self, key: str) -> str | None: ...

    async def owner(self) -> Person:
        """The login's person, as they present themselves on Matrix now."""

    async def keep_for_all(self, key: str, value: str) -> None:
        """What all logins are to find, for chats that they share."""

    async def kept_for_all(self, key: str) -> str | None: ...


class Host(Protocol):
    """The process, as a network sees it."""

    @property
    def domain(self) -> str:
        """The name at the end of the ids of the homeserver's users."""

    async def welcome(self, user_id: str) -> bool:
        """Somebody on the network asks for a person who has a login without asking for one
        (`Network.login_of`): it begins. False: there is nobody of that name, or they may not.
        """

    def webhook(self, path: str) -> str:
        """The address of a route, as the network's servers reach it."""


class Session(ABC):
    """The connection of one login. The abilities beside: `abilities.py`."""

    capabilities: ClassVar[Capabilities] = Capabilities()
    me: str = ""
    """The id of the login's person among the users, where it is another than the login's."""

    def capabilities_in(self, chat: ChatKey) -> Capabilities:
        """Where they differ from chat to chat."""
        return self.capabilities

    @abstractmethod
    async def run(self) -> None:
        """Connect, and hand on what happens, until the connection ends or this is cancelled.

        Raises `Transient` to be run again later, `BadCredentials` when the login is over, `Fatal`
        when it cannot run at all.
        """

    @abstractmethod
    async def send(self, out: Outgoing) -> Sent:
        """Returns when the network has it."""

    @abstractmethod
    async def chat(self, key: ChatKey) -> Chat: ...

    @abstractmethod
    async def user(self, id: str) -> User: ...


class Network(ABC):
    info: ClassVar[NetworkInfo]
    flows: ClassVar[tuple[Flow, ...]]
    session_class: ClassVar[type[Session]]
    more_sessions: ClassVar[Mapping[str, type[Session]]] = {}
    """Those of other logins, by what their logins are, if they can do other things."""

    async def start(self, host: Host) -> None:
        """Before any session runs."""
        return

    async def stop(self) -> None:
        """After all sessions have ended."""
        return

    def routes(self) -> Sequence[Route]:
        """Webhooks, where the network has them."""
        return ()

    @abstractmethod
    async def login(self, flow: Flow, screen: LoginScreen) -> Login:
        """Ask for what is needed. Raises `Rejected` when the network says no."""

    def login_of(self, user_id: str) -> Login | None:
        """Where everybody on Matrix has a login without being asked anything: theirs."""
        return None

    @abstractmethod
    def session(self, login: Login, bridge: Bridge) -> Session: ...
