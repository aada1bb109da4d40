"""What a bot gives with a call: in the address, as a form, as JSON or in parts with files."""

import json
from typing import Any

from aiohttp import web
from attrs import frozen

JsonObject = dict[str, Any]


class Refusal(Exception):
    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


@frozen
class Upload:
    name: str
    mime: str
    data: bytes


@frozen
class Given:
    values: JsonObject
    files: dict[str, Upload]

    def text(self, name: str) -> str:
        return str(self.values.get(name) or "")

    def number(self, name: str) -> int | None:
        value = self.values.get(name)
        try:
            return None if value in (None, "") else int(str(value))
        except ValueError:
            raise Refusal(400, f"Bad Request: {name} must be a number") from None

    def flag(self, name: str) -> bool:
        return str(self.values.get(name)).lower() in ("true", "1")

    def thing(self, name: str) -> Any:
        """A list or an object, which forms carry as JSON."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise Refusal(400, f"Bad Request: can't parse {name} JSON object") from None

    def upload(self, name: str) -> Upload | None:
        """The file of a member: in its own part, or in another that it names."""
        value = self.text(name)
        if value.startswith("attach://"):
            return self.files.get(value.removeprefix("attach://"))
        return self.files.get(name)


async def given(request: web.Request) -> Given:
    values: JsonObject = dict(request.query)
    files: dict[str, Upload] = {}
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError:
            raise Refusal(400, "Bad Request: can't parse JSON object") from None
        values |= body if isinstance(body, dict) else {}
    else:
        for name, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                files[name] = Upload(value.filename, value.content_type, value.file.read())
            else:
                values[name] = value if isinstance(value, str) else bytes(value).decode()
    return Given(values, files)
