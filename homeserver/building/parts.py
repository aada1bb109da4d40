"""What the parts of the homeserver have in common."""

from collections.abc import Iterable, Mapping

Endpoints = Mapping[str, Iterable[object]]
"""Objects of endpoint classes, by the resource of a listener that serves them."""


class Part:
    """Something that begins before the first request is answered, and ends after the last."""

    __slots__ = ()

    async def start(self) -> None:
        """Nothing, unless the part says otherwise."""

    async def stop(self) -> None:
        """Nothing, unless the part says otherwise."""


def joined(*served: Endpoints) -> dict[str, list[object]]:
    together: dict[str, list[object]] = {}
    for endpoints in served:
        for resource, objects in endpoints.items():
            together.setdefault(resource, []).extend(objects)
    return together
