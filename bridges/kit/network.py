"""What a network must bring: one `Network` for the process, one `Session` for each login."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Protocol

from attrs import field, frozen

from bridges.kit.happenings import Happening
from bridges.kit.parts import Chat, ChatKey, Outgoing, Sent, User


@frozen
class NetworkInfo:
    id: str
    name: str
    command_prefix: str
    url: str = ""


@frozen
class Capabilities:
    """As data. `spans` are the looks of a text that the network knows."""

    media_max_bytes: int = 0
    replies: bool = False
    spans: frozenset[str] = frozenset()
    deduplicates: bool = False
    """The network drops a second message with the same `Outgoing.transaction`."""


@frozen
class Flow:
    """A way to log in."""

    id: str
    name: str


@frozen
class Field:
    """A question. The answer to a secret one is removed from the chat."""

    id: str
    question: str
    secret: bool = False
    default: str | None = None


@frozen
class Login:
    """`id` is the same whenever the same account logs in; `secrets` let it come back by itself."""

    id: str
    name: str
    secrets: Mapping[str, str] = field(factory=dict, repr=False)


class LoginScreen(Protocol):
    """Chat and the provisioning API ask alike."""

    async def ask(self, field: Field) -> str: ...

    async def note(self, text: str) -> None: ...


class Bridge(Protocol):
    async def receive(self, happening: Happening) -> None:
        """Returns when it is safe on disk. A message that is known already is dropped."""

    async def chats(self) -> list[ChatKey]:
        """Those of this login that have rooms, for networks that do not remember where we are."""


class Session(ABC):
    """The connection of one login. The abilities beside: `abilities.py`."""

    capabilities: ClassVar[Capabilities] = Capabilities()

    @abstractmethod
    async def run(self) -> None:
        """Connect, and hand on what happens, until the connection ends or this is cancelled.

        Raises `Transient` to be run again later, `BadCredentials` when the login is over.
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

    @abstractmethod
    async def login(self, flow: Flow, screen: LoginScreen) -> Login:
        """Ask for what is needed. Raises `Rejected` when the network says no."""

    @abstractmethod
    def session(self, login: Login, bridge: Bridge) -> Session: ...
