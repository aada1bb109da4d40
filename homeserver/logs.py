"""Logs: one line each, as key=value for people or as JSON for programs, with the request's id."""

import contextvars
import json
import logging
import sys
import time
from typing import Any, TextIO

from twisted.logger import STDLibLogObserver, globalLogBeginner

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
"""Which request is being answered. The HTTP layer sets it; each line of the log carries it."""

_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
"""What every record has; anything else was given as `extra` and is logged as a key of its own."""

MAX_VALUE = 500
"""Longer texts are cut, so that a stranger cannot fill the disk with one request."""


def logger(name: str) -> logging.Logger:
    return logging.getLogger(name)


def configure(level: str, log_format: str, stream: TextIO = sys.stderr) -> None:
    """Send all logs to `stream`, those of Twisted too; `log_format` is "text" or "json"."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    handler.addFilter(_add_request_id)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    set_level(level)
    logging.getLogger("twisted").setLevel(logging.WARNING)
    # What a handler cannot write (a full disk) must not end a request.
    logging.raiseExceptions = False
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def begin_twisted() -> None:
    """Hand Twisted's own logs to ours. Once in a process."""
    globalLogBeginner.beginLoggingTo([STDLibLogObserver("twisted")], redirectStandardIO=False)


def set_level(level: str) -> None:
    logging.getLogger().setLevel(level.upper())


class TextLines(logging.Formatter):
    """`2026-08-01T12:00:00.123Z info homeserver.rooms request=Xy "joined" room_id=!abc`"""

    def format(self, record: logging.LogRecord) -> str:
        facts = _facts(record)
        head = f"{facts.pop('time')} {facts.pop('level'):7} {facts.pop('logger')}"
        request, message = facts.pop("request", None), facts.pop("message")
        parts = [head, f"request={request}" if request else "", _quoted(message)]
        parts += [f"{key}={_quoted(value)}" for key, value in facts.items()]
        return " ".join(filter(None, parts))


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_facts(record), default=str)


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    """What the record says, in the order of a line."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    facts = {
        "time": f"{moment}.{int(record.msecs):03}Z",
        "level": record.levelname.lower(),
        "logger": record.name,
        "request": getattr(record, "request", ""),
        "message": _cut(record.getMessage()),
    }
    facts |= {key: _cut(value) for key, value in vars(record).items() if key not in _USUAL}
    if record.exc_info:
        facts["traceback"] = logging.Formatter().formatException(record.exc_info)
    return {key: value for key, value in facts.items() if value != ""}


def _add_request_id(record: logging.LogRecord) -> bool:
    record.request = request_id.get()
    return True


def _cut(value: Any) -> Any:
    if isinstance(value, str) and len(value) > MAX_VALUE:
        return value[:MAX_VALUE] + "..."
    return value


def _quoted(value: Any) -> str:
    """One word stays as it is; the rest is quoted as JSON, so that a line stays one line."""
    text = str(value)
    return text if text.isprintable() and " " not in text and '"' not in text else json.dumps(text)
