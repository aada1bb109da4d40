"""What `isthmus doctor` asks over the network."""

import json
import socket
import ssl
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from homeserver.cli.findings import Finding, good, problem, warning
from homeserver.cli.local_checks import is_private
from homeserver.cli.run import addresses_of
from homeserver.config.listeners import Listener
from homeserver.config.settings import Settings

_TIMEOUT_SECONDS = 5
_MAX_ANSWER_BYTES = 64 * 1024
_VERSIONS = "/_matrix/client/versions"
_REACHABLE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def listeners(settings: Settings) -> Iterator[Finding]:
    """Each port is free, or our own server answers there."""
    for listener in settings.listeners:
        for address, url in zip(listener.bind_addresses, addresses_of(listener), strict=True):
            yield _listener(listener, address, url)


def _listener(listener: Listener, address: str, url: str) -> Finding:
    reachable = _REACHABLE.get(address, address)
    try:
        socket.create_connection((reachable, listener.port), timeout=_TIMEOUT_SECONDS).close()
    except OSError:
        return _free(listener, address, url)
    own = url.replace(f"//{address}:", f"//{reachable}:").replace(f"[{address}]", f"[{reachable}]")
    try:
        fetch(own + _VERSIONS, verify=False)
    except ValueError as error:
        return problem(
            "listeners",
            f"Something that is no homeserver answers at {url} ({error}).",
            f"Stop it, or choose another port: listeners. `ss -ltnp | grep {listener.port}`",
        )
    return good("listeners", f"A homeserver answers at {url}.")


def _free(listener: Listener, address: str, url: str) -> Finding:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((address, listener.port))
    except OSError as error:
        return problem(
            "listeners",
            f"The server cannot listen at {url}: {error.strerror}.",
            "Ports below 1024 need CAP_NET_BIND_SERVICE; an address must be this machine's.",
        )
    return good("listeners", f"{url} is free.")


def client_api(settings: Settings) -> Iterator[Finding]:
    """The public address leads here."""
    url = settings.baseurl + _VERSIONS
    try:
        fetch(url)
    except ValueError as error:
        remedy = "Start the server, and see DNS, the reverse proxy and its certificate."
        if is_private(settings):
            yield warning("public_baseurl", f"{url}: {error}.", "Start the server: isthmus run")
        else:
            yield problem("public_baseurl", f"{url}: {error}.", remedy)
        return
    yield good("public_baseurl", f"Clients reach {settings.baseurl}.")


def well_known(settings: Settings) -> Iterator[Finding]:
    """Clients and servers find the server by its name."""
    if is_private(settings):
        return
    base = f"https://{settings.server_name}/.well-known/matrix"
    yield _client_file(settings, f"{base}/client")
    if settings.federation.enabled:
        yield _server_file(settings, f"{base}/server")


def _client_file(settings: Settings, url: str) -> Finding:
    wanted = {"m.homeserver": {"base_url": settings.baseurl}}
    remedy = f"Let it answer {json.dumps(wanted)} with Access-Control-Allow-Origin: *"
    try:
        answer = fetch(url)
    except ValueError as error:
        return warning("well-known", f"{url}: {error}.", remedy)
    homeserver = answer.get("m.homeserver")
    found = homeserver.get("base_url") if isinstance(homeserver, dict) else None
    if str(found).rstrip("/") != settings.baseurl:
        return problem("well-known", f"{url} leads to {found}.", remedy)
    return good("well-known", f"{url} leads to {found}.")


def _server_file(settings: Settings, url: str) -> Finding:
    public = urlsplit(settings.baseurl)
    wanted = settings.well_known.server or f"{public.hostname}:{public.port or 443}"
    remedy = f"Let it answer {json.dumps({'m.server': wanted})}, or serve federation on port 8448."
    try:
        found = fetch(url).get("m.server")
    except ValueError as error:
        return warning("well-known", f"{url}: {error}.", remedy)
    if found != wanted:
        return warning("well-known", f"{url} leads to {found}.", remedy)
    return good("well-known", f"{url} leads to {found}.")


def fetch(url: str, *, verify: bool = True, authorities: Iterable[Path] = ()) -> dict[str, Any]:
    """A JSON object; ValueError says why there is none."""
    context = ssl.create_default_context()
    for path in authorities:
        context.load_verify_locations(path)
    if not verify:
        # The certificate is for the public name, and this asks by address.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    try:
        with urlopen(Request(url), timeout=_TIMEOUT_SECONDS, context=context) as response:
            answer = json.loads(response.read(_MAX_ANSWER_BYTES))
    except HTTPError as error:
        raise ValueError(f"HTTP status {error.code}") from None
    except URLError as error:
        raise ValueError(str(error.reason)) from None
    except OSError as error:
        raise ValueError(str(error)) from None
    except ValueError:
        raise ValueError("the answer is not JSON") from None
    if not isinstance(answer, dict):
        raise ValueError("the answer is no JSON object")
    return answer
