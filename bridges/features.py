"""What a network can do, as its page of the documentation shows it."""

import importlib

from bridges.kit.abilities import METHODS, claimed
from bridges.kit.network import Network, Session

ALWAYS = ("messages", "rooms and their members", "relay of those without a login")


def named(name: str) -> type[Network]:
    """The class that a network of ours is: `Irc` in `bridges.networks.irc.network`."""
    module = importlib.import_module(f"bridges.networks.{name}.network")
    network = getattr(module, name.capitalize())
    assert issubclass(network, Network)
    return network  # type: ignore[no-any-return]


def table(network: type[Network]) -> str:
    """Made from what its sessions define and say of themselves, a column for each kind of them."""
    columns = {network.info.name: network.session_class} | dict(network.more_sessions)
    made = [rows(session) for session in columns.values()]
    lines = [f"| {' | '.join((name, *(it[name] for it in made)))} |" for name in made[0]]
    head = f"| what | {' | '.join(columns)} |"
    return "\n".join([head, "|---" * (len(columns) + 1) + "|", *lines]) + "\n"


def rows(session: type[Session]) -> dict[str, str]:
    limits, can = session.capabilities, claimed(session)
    found = dict.fromkeys(ALWAYS, "yes") | {it: "yes" if it in can else "no" for it in METHODS}
    files = f"{limits.media_max_bytes:,} bytes" if limits.media_max_bytes else "no"
    return found | {
        "replies": "yes" if limits.replies else "no",
        "threads": "yes" if limits.threads else "no",
        "stories shown": "yes" if limits.stories else "no",
        "besides texts and files": ", ".join(sorted(limits.parts)) or "nothing",
        "looks of a text": ", ".join(sorted(limits.spans)) or "none",
        "files, up to": files,
        "tells repetitions of ours": "yes" if limits.deduplicates else "no",
    }
