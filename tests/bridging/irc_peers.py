"""InspIRCd, with TLS and IRCv3, and atheme, which looks after its nicks: both from Debian."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from attrs import frozen

from tests.certificates import Authority
from tests.clients.started_server import free_port

READY_S = 20
SECRET = "only-for-tests"
NOBODY = "nobody"

MODULES = (
    "cap ircv3 ircv3_servertime ircv3_echomessage ircv3_batch ircv3_labeledresponse ircv3_msgid "
    "ircv3_ctctags ircv3_capnotify ircv3_chghost ircv3_invitenotify ircv3_accounttag "
    "services_account sasl chanhistory setname namesx uhnames botmode md5 sha256 customprefix "
    "monitor spanningtree deaf svshold servprotect hidechans ssl_gnutls sslinfo banexception"
)

INSPIRCD = """\
<server name="irc.test" description="test" network="Test" id="00B">
<admin name="a" nick="a" email="a@example.com">
<bind address="127.0.0.1" port="{port}" type="clients">
<bind address="127.0.0.1" port="{tls_port}" type="clients" ssl="gnutls">
<bind address="127.0.0.1" port="{services_port}" type="servers">
<sslprofile name="gnutls" provider="gnutls" certfile="{certificate}" keyfile="{key}" hash="sha256">
<gnutls certfile="{certificate}" keyfile="{key}" hash="sha256">
<link name="services.test" ipaddr="127.0.0.1" port="{services_port}" allowmask="127.0.0.1"
  sendpass="{secret}" recvpass="{secret}">
<uline server="services.test" silent="yes">
<sasl target="services.test" requiressl="no">
<connect allow="*" timeout="20" commandrate="100000" fakelag="no" threshold="10000"
  resolvehostnames="no" localmax="500" globalmax="500" softsendq="1048576" hardsendq="10485760"
  recvq="1048576" maxchans="200">
<channels users="200"> <performance quietbursts="yes"> <pid file="{folder}/inspircd.pid">
<path datadir="{folder}" logdir="{folder}" runtimedir="{folder}">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{folder}/inspircd.log">
<customprefix name="founder" letter="q" rank="50000" ranktoset="50000" prefix="~">
<customprefix name="halfop" letter="h" rank="20000" ranktoset="30000" prefix="%">
<chanhistory maxlines="5000" prefixmsg="no" enableumode="no">
<options defaultmodes="ont" nicklen="30">
"""

ATHEME = """\
{modules}
serverinfo {{ name = "services.test"; desc = "services"; numeric = "00A"; recontime = 1;
  netname = "Test"; hidehostsuffix = "users.test"; adminname = "a"; adminemail = "a@example.com";
  registeremail = "a@example.com"; mta = "/bin/true"; loglevel = {{ error; info; }};
  maxcertfp = 5; maxlogins = 50; maxusers = 50; mdlimit = 30; emaillimit = 100; emailtime = 300;
  auth = none; casemapping = rfc1459; }};
uplink "irc.test" {{ host = "127.0.0.1"; port = {services_port};
  send_password = "{secret}"; receive_password = "{secret}"; }};
nickserv {{ nick = "NickServ"; user = "NickServ"; host = "services.test"; real = "nicks";
  maxnicks = 5; expire = 0; enforce_expire = 0; enforce_delay = 30; }};
saslserv {{ nick = "SaslServ"; user = "SaslServ"; host = "services.test"; real = "sasl"; }};
general {{ commit_interval = 5; flood_msgs = 0; kline_time = 7; ratelimit_uses = 5000; }};
"""

ATHEME_MODULES = (
    "backend/opensex crypto/pbkdf2v2 protocol/inspircd nickserv/main nickserv/identify "
    "nickserv/register nickserv/info nickserv/cert saslserv/main saslserv/plain saslserv/external"
)


@frozen
class IrcNetwork:
    """`ca` is the authority behind the certificate of the TLS port."""

    port: int
    tls_port: int
    ca: Path


@contextmanager
def inspircd(
    folder: Path, *, services: bool = False, without: tuple[str, ...] = ()
) -> Iterator[IrcNetwork]:
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder)
    certificate, key = authority.write(folder, "127.0.0.1")
    network = IrcNetwork(free_port(), free_port(), authority.path)
    services_port = free_port()
    text = INSPIRCD.format(
        port=network.port,
        tls_port=network.tls_port,
        services_port=services_port,
        folder=folder,
        certificate=certificate,
        key=key,
        secret=SECRET,
    )
    text += "".join(f'<module name="{name}">\n' for name in MODULES.split() if name not in without)
    (folder / "inspircd.conf").write_text(text)
    as_root = ["--runasroot"] if os.geteuid() == 0 else []
    command = ["inspircd", "--nofork", *as_root, "--config", str(folder / "inspircd.conf")]
    with process(command, folder / "inspircd.out"):
        wait_for(network.port, folder / "inspircd.out")
        if not services:
            yield network
            return
        with atheme(folder / "atheme", services_port):
            yield network


@contextmanager
def atheme(folder: Path, services_port: int) -> Iterator[None]:
    """Refuses to run as root. It has no database at first."""
    folder.mkdir(parents=True)
    modules = "".join(f'loadmodule "modules/{name}";\n' for name in ATHEME_MODULES.split())
    settings = folder / "atheme.conf"
    settings.write_text(ATHEME.format(modules=modules, services_port=services_port, secret=SECRET))
    user = None
    if os.geteuid() == 0:
        user = NOBODY
        account = pwd.getpwnam(NOBODY)
        os.chown(folder, account.pw_uid, account.pw_gid)
        for parent in (folder, *folder.parents):
            with suppress(OSError):
                parent.chmod(parent.stat().st_mode | 0o011)
    program = shutil.which("atheme-services") or "/usr/bin/atheme-services"
    paths = ["-c", str(settings), "-D", str(folder), "-l", str(folder / "log")]
    command = [program, "-n", "-p", str(folder / "pid"), *paths]
    subprocess.run([*command, "-b"], check=False, user=user, capture_output=True, timeout=READY_S)
    with process(command, folder / "out", user):
        yield


@contextmanager
def process(command: list[str], log: Path, user: str | None = None) -> Iterator[None]:
    with log.open("wb") as said:
        # In its own folder: InspIRCd may leave a core behind where it ends.
        running = subprocess.Popen(command, stdout=said, stderr=said, user=user, cwd=log.parent)
    try:
        yield
    finally:
        running.terminate()
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def wait_for(port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise AssertionError(f"InspIRCd does not listen:\n{log.read_text(errors='replace')[-3000:]}")
