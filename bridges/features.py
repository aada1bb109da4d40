"""What a network can do, as its page of the documentation shows it."""

import importlib

from bridges.kit.abilities import METHODS, claimed
from bridges.kit.network import Network

ALWAYS = ("messages", "rooms and their members", "relay of those without a login")


def named(name: str) -> type[Network]:
    """The class that a network of ours is: `Irc` in `bridges.networks.irc.network`."""
    module = importlib.import_module(f"bridges.networks.{name}.network")
    network = getattr(module, name.capitalize())
    assert issubclass(network, Network)
    return network  # type: ignore[no-any-return]


def table(network: type[Network]) -> str:
    """Made from what its sessions define and say of themselves."""
    session = network.session_class
    limits, can = session.capabilities, claimed(session)
    rows = [(name, "yes") for name in ALWAYS]
    rows += [(name, "yes" if name in can else "no") for name in METHODS]
    rows += [
        ("replies", "yes" if limits.replies else "no"),
        ("threads", "yes" if limits.threads else "no"),
        ("besides texts and files", ", ".join(sorted(limits.parts)) or "nothing"),
        ("looks of a text", ", ".join(sorted(limits.spans)) or "none"),
        ("files, up to", f"{limits.media_max_bytes:,} bytes" if limits.media_max_bytes else "no"),
        ("tells repetitions of ours", "yes" if limits.deduplicates else "no"),
    ]
    lines = [f"| {name} | {value} |" for name, value in rows]
    return "\n".join(["| what | " + network.info.name + " |", "|---|---|", *lines]) + "\n"
