"""Networks that bridges reach, and who and what is there: all services' answers as one.

Spec: Application Service API, "Third-party networks"; Client-Server API, "Third-party Lookups".
"""

from collections.abc import Coroutine, Iterable, Mapping
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred, gatherResults

from homeserver.appservices.calls import (
    LOCATIONS,
    LOCATIONS_OF_PROTOCOL,
    PROTOCOL,
    THIRD_PARTY_USERS,
    USERS_OF_PROTOCOL,
    Calls,
)
from homeserver.clock import Clock
from homeserver.errors import NotFound
from homeserver.http.outgoing_errors import OutgoingError
from homeserver.json_values import JsonObject, JsonValue
from homeserver.logs import logger
from homeserver.users.appservices import AppService, AppServices

KNOWN_FOR_MS = 600_000
"""So long what a service tells of a network holds."""
MAX_FOUND = 1_000
MAX_INSTANCES = 100
PARTS: Mapping[str, type] = {
    "user_fields": list,
    "location_fields": list,
    "icon": str,
    "field_types": dict,
    "instances": list,
}

log = logger(__name__)


@define(eq=False)
class ThirdParty:
    _services: AppServices
    _calls: Calls
    _clock: Clock
    _known: dict[tuple[str, str], tuple[int, JsonObject]] = field(factory=dict, init=False)

    # -- networks

    async def protocols(self) -> JsonObject:
        names = sorted({name for service in self._services.all for name in service.protocols})
        found = await together(self._protocol(name) for name in names)
        return {name: it for name, it in zip(names, found, strict=True) if it is not None}

    async def protocol(self, name: str) -> JsonObject:
        found = await self._protocol(name)
        if found is None:
            raise NotFound("This server has no bridge to such a network.")
        return found

    async def _protocol(self, name: str) -> JsonObject | None:
        """The first service describes the network; the others bring further instances of it."""
        described = await together(self._described(it, name) for it in self._of(name))
        found = [it for it in described if it is not None]
        if not found:
            return None
        instances = [instance for it in found for instance in it["instances"]]
        return {**found[0], "instances": instances[:MAX_INSTANCES]}

    async def _described(self, service: AppService, name: str) -> JsonObject | None:
        until_ms, known = self._known.get((service.id, name), (0, None))
        if known is not None and until_ms > self._clock.now_ms():
            return known
        value = await self._look_up(service, PROTOCOL, (name,), {})
        if not isinstance(value, dict) or "instances" not in value:
            return None
        value = {**{part: kind() for part, kind in PARTS.items()}, **value}
        if not all(isinstance(value[part], kind) for part, kind in PARTS.items()):
            log.info("%s describes %s in a way that nobody understands", service.id, name)
            return None
        value["instances"] = [
            {**instance, "instance_id": f"{service.id}|{instance.get('network_id', '')}"}
            for instance in value["instances"]
            if isinstance(instance, dict)
        ]
        self._known[service.id, name] = (self._clock.now_ms() + KNOWN_FOR_MS, value)
        return value

    # -- places and people there

    async def locations(self, protocol: str, fields: Mapping[str, str]) -> list[JsonObject]:
        """What the fields find."""
        return await self._find(self._of(protocol), LOCATIONS_OF_PROTOCOL, (protocol,), fields)

    async def users(self, protocol: str, fields: Mapping[str, str]) -> list[JsonObject]:
        return await self._find(self._of(protocol), USERS_OF_PROTOCOL, (protocol,), fields)

    async def locations_of(self, alias: str) -> list[JsonObject]:
        """Where an alias leads to."""
        return await self._find(self._bridges(), LOCATIONS, (), {"alias": alias})

    async def users_of(self, user_id: str) -> list[JsonObject]:
        """Who a user is there."""
        return await self._find(self._bridges(), THIRD_PARTY_USERS, (), {"userid": user_id})

    async def _find(
        self,
        services: Iterable[AppService],
        pattern: str,
        values: tuple[str, ...],
        query: Mapping[str, str],
    ) -> list[JsonObject]:
        answers = await together(self._look_up(it, pattern, values, query) for it in services)
        lists = (answer for answer in answers if isinstance(answer, list))
        found = [it for answer in lists for it in answer if isinstance(it, dict)]
        if not found:
            raise NotFound("No bridge knows it.")
        return found[:MAX_FOUND]

    def _bridges(self) -> list[AppService]:
        return [it for it in self._services.all if it.url and it.protocols]

    def _of(self, protocol: str) -> list[AppService]:
        return [it for it in self._services.all if it.url and protocol in it.protocols]

    async def _look_up(
        self,
        service: AppService,
        pattern: str,
        values: tuple[str, ...],
        query: Mapping[str, str],
    ) -> JsonValue:
        """None from a service that fails: the others' answers count."""
        try:
            return await self._calls.look_up(service, pattern, values, query)
        except OutgoingError as error:
            log.info("the application service %s was asked in vain: %s", service.id, error)
            return None


async def together(work: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
    """The results of all, in order."""
    return await gatherResults([Deferred.fromCoroutine(it) for it in work])
