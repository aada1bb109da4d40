"""What waits to be said to the server, across crashes, until it is answered."""

from attrs import define

from e2ee.encoding import JsonObject
from e2ee.happenings import Happening, RequestRefused
from e2ee.records import Records
from e2ee.requests import CLIENT, Request
from e2ee.vault import Random

DEVICES_AT_ONCE = 200
"""A larger audience gets several requests, so that none is too large for the server."""

PAUSED = "paused"

Messages = dict[tuple[str, str], JsonObject]
"""Contents by user and device."""


@define
class Outgoing:
    """A queue in the store. A repeated request has the same transaction id, so it acts once."""

    _records: Records
    _random: Random

    def add(self, method: str, path: str, body: JsonObject | None = None, about: str = "") -> str:
        """`about` lets others ask whether something on this subject still waits."""
        id = self.new_id()
        self.put(Request(id, method, path, body), about)
        return id

    def new_id(self) -> str:
        """A place in the queue."""
        return f"out-{self._records.next('outgoing')}-{self._random(8).hex()}"

    def put(self, request: Request, about: str = "") -> None:
        value = {
            "id": request.id,
            "method": request.method,
            "path": request.path,
            "body": request.body,
            "about": about,
        }
        self._records.put("outgoing", place(request.id), value)

    def find(self, id: str) -> Request | None:
        value = self._records.get("outgoing", place(id))
        return None if value is None else as_request(value)

    def send_to_devices(self, type: str, messages: Messages, about: str = "") -> None:
        addressed = list(messages.items())
        for start in range(0, len(addressed), DEVICES_AT_ONCE):
            body: dict[str, dict[str, JsonObject]] = {}
            for (user_id, device_id), content in addressed[start : start + DEVICES_AT_ONCE]:
                body.setdefault(user_id, {})[device_id] = content
            path = f"{CLIENT}/sendToDevice/{type}/{self._random(16).hex()}"
            self.add("PUT", path, {"messages": body}, about)

    def waits(self, about: str) -> bool:
        return any(value["about"] == about for value in self._records.find("outgoing").values())

    def requests(self, now_ms: int) -> list[Request]:
        """In the order in which they were added."""
        waiting = self._records.find("outgoing").values()
        return [as_request(value) for value in waiting if value["about"] != PAUSED]

    def pause(self, id: str) -> str:
        """Offer it no more until its record has another subject; where that is."""
        value = self._records.get("outgoing", place(id))
        assert value is not None, "what is paused waits"
        self._records.put("outgoing", place(id), value | {"about": PAUSED})
        return place(id)

    def answered(self, request: Request, answer: JsonObject, now_ms: int) -> list[Happening]:
        self._drop(request)
        return []

    def refused(self, request: Request, status: int, now_ms: int) -> list[Happening]:
        self._drop(request)
        return [RequestRefused(request.path, status)]

    def _drop(self, request: Request) -> None:
        self._records.remove("outgoing", place(request.id))


def place(id: str) -> str:
    """So that the store's order is the queue's."""
    return f"{int(id.split('-')[1]):012}"


def as_request(value: JsonObject) -> Request:
    return Request(value["id"], value["method"], value["path"], value["body"])
