"""What remains to be done after `isthmus init`: start, DNS, well-known, proxy."""

import json
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from homeserver.config.settings import Settings


def next_steps(path: Path, settings: Settings) -> str:
    """In plain words, for this server's name and address."""
    start = f"Start it:\n    isthmus run --config {path}"
    token_file = settings.registration.first_admin_token_path
    admin = (
        f"The token in {token_file} makes the first account an administrator;\n"
        "`isthmus run` prints it until it is used."
    )
    public = urlsplit(settings.baseurl)
    if public.scheme == "http":
        return f"{start}\n\nPoint a Matrix client at {settings.baseurl}\n{admin}"
    return "\n\n".join((start, _dns(settings), _proxy(settings), _well_known(settings), admin))


def _dns(settings: Settings) -> str:
    host = urlsplit(settings.baseurl).hostname or ""
    try:
        ip_address(host)
        return f"Make sure that {host} is reachable from outside."
    except ValueError:
        return f"DNS: let {host} lead to this machine:\n    {host}.  A  (this machine's address)"


def _proxy(settings: Settings) -> str:
    host, port = urlsplit(settings.baseurl).hostname, settings.listeners[0].port
    return (
        f"Reverse proxy with a certificate, for example Caddy (others: config/proxies/):\n"
        f"    {host} {{\n        reverse_proxy 127.0.0.1:{port}\n    }}"
    )


def _well_known(settings: Settings) -> str:
    public = urlsplit(settings.baseurl)
    client = json.dumps({"m.homeserver": {"base_url": settings.baseurl}})
    server = json.dumps({"m.server": f"{public.hostname}:{public.port or 443}"})
    name = settings.server_name
    return (
        f"So that clients and other servers find it by its name, let the web server of {name} "
        f"answer:\n"
        f"    https://{name}/.well-known/matrix/client  ->  {client}\n"
        f"    https://{name}/.well-known/matrix/server  ->  {server}\n"
        "with the header Access-Control-Allow-Origin: * for the first. When the proxy passes "
        f"{name}\nitself to this server, it answers the first by itself; for the second set "
        "well_known.server."
    )
