"""Reads one task a line, as JSON, and answers with one line each, until there are no more."""

import json
import sys
from collections.abc import Callable
from typing import Any

from homeserver.media.sandbox import images, limits, pages

TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "inspect": images.inspect,
    "thumbnail": images.thumbnail,
    "page": pages.read,
}


def main() -> None:
    settings = json.loads(sys.argv[1])
    limits.confine(settings["memory_bytes"])
    images.prepare(settings["max_pixels"])
    for line in sys.stdin.buffer:
        limits.allow_cpu(settings["cpu_seconds"])
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


def _answer(task: dict[str, Any]) -> dict[str, Any]:
    name = task.pop("task")
    try:
        return TASKS[name](**task)
    except MemoryError:
        return {"outcome": "too_large"}
    except Exception as error:
        # Decoders of broken files raise whatever they like.
        return {"outcome": "unreadable", "why": f"{type(error).__name__}: {error}"[:200]}


if __name__ == "__main__":
    main()
