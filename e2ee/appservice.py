"""Many devices of an application service: bots and ghosts, fed by its transactions.

Spec: Application Service API, "Pushing events"; MSC4203 (to-device), MSC3202 (counts, lists).
The devices are masqueraded: each machine's requests go out with its user_id and device_id.
"""

from collections.abc import Iterable
from typing import Any

from attrs import define, field, frozen

from e2ee.encoding import JsonObject, optional
from e2ee.happenings import Happening
from e2ee.machine import Machine, Me

TO_DEVICE = ("to_device", "de.sorunome.msc2409.to_device")
LISTS = ("device_lists", "org.matrix.msc3202.device_lists")
COUNTS = (
    "device_one_time_keys_count",
    "org.matrix.msc3202.device_one_time_keys_count",
    "org.matrix.msc3202.device_one_time_key_counts",
)
FALLBACKS = (
    "device_unused_fallback_key_types",
    "org.matrix.msc3202.device_unused_fallback_key_types",
)


@frozen
class Heard:
    """What happened to one of the service's devices."""

    me: Me
    happening: Happening


@define
class AppserviceMachines:
    """State events of rooms are told to every machine that is a member, and so are device lists."""

    _machines: dict[Me, Machine] = field(factory=dict)

    def add(self, machine: Machine) -> None:
        self._machines[machine.me] = machine

    def remove(self, me: Me) -> None:
        self._machines.pop(me, None)

    def machine(self, me: Me) -> Machine | None:
        return self._machines.get(me)

    def machines(self) -> list[Machine]:
        return list(self._machines.values())

    def receive_transaction(self, transaction: JsonObject, now_ms: int) -> list[Heard]:
        """All that concerns encryption, but for the events to be read: those go to
        `receive_event` of the machine that is to read them, once each.
        """
        lists = named(transaction, LISTS, {})
        changed, left = optional(lists, "changed", list, []), optional(lists, "left", list, [])
        counts, fallbacks = named(transaction, COUNTS, {}), named(transaction, FALLBACKS, {})
        messages = by_device(named(transaction, TO_DEVICE, []))
        events = by_room(optional(transaction, "events", list, []))
        heard: list[Heard] = []
        for me, machine in self._machines.items():
            if changed or left:
                machine.receive_device_lists(changed, left)
            for room_id, state in events.items():
                machine.receive_state(room_id, state)
            own_counts = optional(optional(counts, me.user_id, dict, {}), me.device_id, dict, {})
            unused = optional(fallbacks, me.user_id, dict, {}).get(me.device_id)
            if own_counts or unused is not None:
                machine.receive_counts(own_counts, unused, now_ms)
            if me in messages:
                happenings = machine.receive_to_device(messages[me], now_ms)
                heard += [Heard(me, one) for one in happenings]
        return heard


def named(source: JsonObject, names: Iterable[str], default: Any) -> Any:
    """Under the first of its names that is there, if it is of the same kind as the default."""
    for name in names:
        if isinstance(source.get(name), type(default)):
            return source[name]
    return default


def by_device(messages: list[Any]) -> dict[Me, list[JsonObject]]:
    sorted_out: dict[Me, list[JsonObject]] = {}
    for message in messages:
        if isinstance(message, dict):
            me = Me(str(message.get("to_user_id")), str(message.get("to_device_id")))
            sorted_out.setdefault(me, []).append(message)
    return sorted_out


def by_room(events: list[Any]) -> dict[str, list[JsonObject]]:
    """State events, in order."""
    rooms: dict[str, list[JsonObject]] = {}
    for event in events:
        if isinstance(event, dict) and "state_key" in event:
            rooms.setdefault(str(event.get("room_id")), []).append(event)
    return rooms
