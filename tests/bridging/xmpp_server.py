"""A real XMPP server, Prosody, and people with a client of their own."""

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, tostring

from attrs import define, field
from slixmpp import ClientXMPP
from slixmpp.exceptions import IqError
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from bridges.networks.xmpp import names, writing
from bridges.networks.xmpp.names import tag
from tests.certificates import Authority
from tests.clients.started_server import free_port

HOST, ROOMS = "xmpp.test", "rooms.xmpp.test"
COMPONENT, SECRET = "matrix.xmpp.test", "between the two"
PASSWORD = "a long one"
PATIENCE_S = 20

OPEN = "c2s_require_encryption = false\nallow_unencrypted_plain_auth = true"
SEALED = """c2s_require_encryption = true
c2s_direct_tls_ports = {{ {sealed_port} }}
ssl = {{ certificate = "{certificate}", key = "{key}" }}"""

CONFIG = """
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
{root}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
s2s_ports = {{}}
http_ports = {{ {files} }}
http_interfaces = {{ "127.0.0.1" }}
https_ports = {{}}
component_ports = {{ {components} }}
component_interfaces = {{ "127.0.0.1" }}
modules_disabled = {{ "s2s", "admin_shell" }}
modules_enabled = {{ {tls} "roster", "saslauth", "disco", "carbons", "pep", "private", "blocklist",
    "vcard4", "vcard_legacy", "ping", "register", "mam", "smacks", "csi_simple" }}
{encryption}
authentication = "internal_hashed"
storage = "internal"
archive_expires_after = "never"
log = {{ warn = "{folder}/prosody.log" }}
VirtualHost "{host}"
Component "{rooms}" "muc"
    modules_enabled = {{ "muc_mam" }}
    restrict_room_creation = false
    muc_log_by_default = true
    muc_room_default_public = true
Component "upload.{host}" "http_file_share"
    http_host = "127.0.0.1"
    http_external_url = "http://127.0.0.1:{files}/"
    http_file_share_access = {{ "{host}", "{component}" }}
Component "{component}"
    component_secret = "{secret}"
"""


@define
class XmppServer:
    """With an authority it wants TLS: at `port` by STARTTLS, at `sealed_port` from the start."""

    port: int
    files: int
    components: int
    ca: Path | None = None
    sealed_port: int = 0
    config: Path = Path()
    _process: "subprocess.Popen[bytes] | None" = None

    def starts(self) -> None:
        with self.config.with_suffix(".out").open("ab") as out:
            command = ["prosody", "-F", "--config", str(self.config)]
            self._process = subprocess.Popen(command, stdout=out, stderr=out)

    def ends(self, *, killed: bool = False) -> None:
        assert self._process is not None
        if killed:
            self._process.kill()
        self._process.terminate()
        self._process.wait(20)

    def settings(self) -> dict[str, object]:
        files = f"http://127.0.0.1:{self.files}"
        return {"server": f"127.0.0.1:{self.port}", "tls": False, "files_from": files}

    def as_component(self) -> dict[str, object]:
        files = f"http://127.0.0.1:{self.files}"
        place = {"component_server": f"127.0.0.1:{self.components}", "files_from": files}
        return {"component": COMPONENT, "component_secret": SECRET, **place}


@contextmanager
def xmpp_server(folder: Path, *people: str, certified: str = "") -> Iterator[XmppServer]:
    """`certified`: the name in its certificate; without one it has none."""
    server, encryption = XmppServer(free_port(), free_port(), free_port()), OPEN
    (folder / "data").mkdir()
    if certified:
        authority = Authority(folder)
        server.ca, server.sealed_port = authority.path, free_port()
        certificate, key = authority.write(folder, certified)
        encryption = SEALED.format(certificate=certificate, key=key, sealed_port=server.sealed_port)
    root = "run_as_root = true" if Path("/proc/self").stat().st_uid == 0 else ""
    config = folder / "prosody.cfg.lua"
    given = {"folder": folder, "root": root, "host": HOST, "rooms": ROOMS}
    given |= {"component": COMPONENT, "secret": SECRET, "components": server.components}
    given |= {"encryption": encryption, "tls": '"tls",' if certified else ""}
    config.write_text(CONFIG.format(port=server.port, files=server.files, **given))
    for one in people:
        command = ["prosodyctl", "--config", str(config), "register", one, HOST, PASSWORD]
        if root:
            command.insert(1, "--root")
        subprocess.run(command, check=True, capture_output=True)
    server.config = config
    server.starts()
    try:
        yield server
    finally:
        server.ends()


@define(eq=False)
class Friend:
    """Somebody on XMPP, who keeps all messages that come."""

    jid: str
    client: Any
    heard: list[Element] = field(factory=list)
    _change: asyncio.Event = field(factory=asyncio.Event)

    @classmethod
    async def connects(cls, server: XmppServer, name: str) -> "Friend":
        """Again and again, until the server is there."""
        for _ in range(100):
            client = ClientXMPP(
                f"{name}@{HOST}/phone",
                PASSWORD,
                plugin_config={"feature_mechanisms": {"unencrypted_scram": True}},
            )
            client.enable_plaintext = True
            client.enable_starttls = client.enable_direct_tls = False
            client.register_plugin("xep_0045")
            begun = asyncio.Event()
            client.add_event_handler("session_start", lambda _, begun=begun: begun.set())
            client.connect("127.0.0.1", server.port)
            try:
                await asyncio.wait_for(begun.wait(), 0.5)
            except TimeoutError:
                client.cancel_connection_attempt()
                continue
            friend = cls(f"{name}@{HOST}", client)
            matcher = MatchXPath(tag(names.CLIENT, "message"))
            client.register_handler(Callback("every message", matcher, friend._hears))
            client.send_presence()
            return friend
        raise AssertionError("Prosody does not let people in")

    def _hears(self, stanza: Any) -> None:
        self.heard.append(stanza.xml)
        self._change.set()

    async def joins(self, room: str, nick: str) -> None:
        """A room that is new is opened as it is."""
        await self.client.plugin["xep_0045"].join_muc_wait(room, nick, timeout=PATIENCE_S)
        question = self.client.make_iq_set(ito=room)
        query = writing.element(names.MUC_OWNER, "query")
        query.append(writing.element(names.DATA, "x", type="submit"))
        question.xml.append(query)
        with suppress(IqError):
            await question.send()

    def says(self, to: str, text: str, *contents: Element, id: str | None = None) -> str:
        body = Element(tag(names.CLIENT, "body"))
        body.text = text
        return self.sends(to, body, *contents, id=id)

    def sends(self, to: str, *contents: Element, id: str | None = None) -> str:
        type = "groupchat" if ROOMS in to else "chat"
        message = self.client.make_message(mto=to, mtype=type)
        message["id"] = id or writing.id_of(f"{self.jid} {len(self.heard)} {text_of(contents)}")
        for one in contents:
            message.xml.append(one)
        message.send()
        return str(message["id"])

    async def hears(self, wanted: Callable[[Element], bool]) -> Element:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self._change.clear()
                for message in self.heard:
                    if wanted(message):
                        return message
                await self._change.wait()

    async def reads(self, text: str) -> Element:
        return await self.hears(lambda it: body_of(it) == text)

    def leaves(self) -> None:
        self.client.abort()


def body_of(message: Element) -> str:
    return message.findtext(tag(names.CLIENT, "body")) or ""


def text_of(contents: tuple[Element, ...]) -> str:
    return "".join(tostring(it, "unicode") for it in contents)
