"""What the machine provides; tests bring their own."""

from typing import Any

from attrs import field, frozen

from homeserver.clock import Clock
from homeserver.http.outgoing_names import Dns, NoDns
from homeserver.media.threads import Aside, at_once
from homeserver.randomness import Random
from homeserver.storage.threads import Threads
from homeserver.users.passwords import Worker, work_inline


@frozen
class World:
    reactor: Any
    clock: Clock
    random: Random
    threads: Threads
    hashing: Worker = work_inline
    dns: Dns = field(factory=NoDns)
    files: Aside = at_once
    sandbox: Aside = at_once
    directory: Aside = at_once
