"""Others on this machine, all real: a mail server, a provider of OpenID Connect, a directory."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from attrs import define, field
from oidc_provider_mock import User, run_server_in_thread

from tests.certificates import Authority
from tests.clients.started_server import free_port

WAIT_S = 20.0
SUFFIX = "dc=example,dc=org"
ADMIN, ADMIN_PASSWORD = f"cn=admin,{SUFFIX}", "the administrator's word"
CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
database mdb
suffix {suffix}
rootdn {admin}
rootpw "{password}"
directory {folder}
"""
PERSON = """
dn: uid={uid},{suffix}
objectClass: inetOrgPerson
uid: {uid}
cn: {name}
sn: {name}
mail: {uid}@example.org
userPassword: {password}
"""


@define(eq=False)
class Mailbox:
    """Letters to everybody."""

    port: int = field(factory=free_port)
    letters: list[EmailMessage] = field(factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        letter = message_from_bytes(envelope.original_content or b"", policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 OK"

    def letter(self, to: str) -> EmailMessage:
        """The next one to somebody; waits for it."""
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            for letter in self.letters:
                if letter["To"] == to:
                    self.letters.remove(letter)
                    return letter
            time.sleep(0.05)
        raise AssertionError(f"no letter to {to}")


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    yield mailbox
    controller.stop()


@contextmanager
def openid_provider() -> Iterator[str]:
    """Its issuer. Whoever comes is who they say."""
    person = User(
        sub="carol-1",
        claims={
            "preferred_username": "carol",
            "name": "Carol C.",
            "email": "carol@example.net",
            "email_verified": True,
        },
    )
    with run_server_in_thread(user_claims=[person], require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@contextmanager
def directory(folder: Path, authority: Authority) -> Iterator[dict[str, Any]]:
    """OpenLDAP with two people; the settings that lead there."""
    certificate, key = authority.write(folder, "localhost")
    (folder / "entries").mkdir()
    config, port = folder / "slapd.conf", free_port()
    config.write_text(
        CONFIG.format(
            certificate=certificate,
            key=key,
            suffix=SUFFIX,
            admin=ADMIN,
            password=ADMIN_PASSWORD,
            folder=folder / "entries",
        )
    )
    people = [
        ("dave", "Dave D.", "dave's secret"),
        ("erin", "Erin E.", "erin's secret"),
        ("frank", "F.", "frank's secret"),
    ]
    entries = f"dn: {SUFFIX}\nobjectClass: organization\nobjectClass: dcObject\ndc: example\no: x\n"
    for uid, name, password in people:
        entries += PERSON.format(uid=uid, name=name, password=password, suffix=SUFFIX)
    subprocess.run(
        [slapd(), "-T", "add", "-f", config], input=entries.encode(), check=True, timeout=60
    )
    process = subprocess.Popen(
        [slapd(), "-f", config, "-h", f"ldap://127.0.0.1:{port}", "-d", "0"],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        yield {
            "uri": f"ldap://localhost:{port}",
            "custom_ca_path": str(authority.path),
            "bind_dn": ADMIN,
            "bind_password": ADMIN_PASSWORD,
            "base": SUFFIX,
        }
    finally:
        process.terminate()
        process.wait(20)


def slapd() -> str:
    return shutil.which("slapd") or "/usr/sbin/slapd"


def wait_for(port: int) -> None:
    until = time.monotonic() + WAIT_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert time.monotonic() < until, "the directory does not start"
            time.sleep(0.05)
        else:
            return
