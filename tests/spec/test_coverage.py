import subprocess
import sys
from pathlib import Path

import pytest

from scripts.specs.coverage import HEADINGS, Row, page_of, read_notes
from scripts.specs.routes import Code, nameless
from scripts.specs.schemas import JsonObject

ROOT = Path(__file__).parents[2]


def test_the_page_says_what_the_code_serves() -> None:
    """In a process of its own: other tests load endpoints that the application may not."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.specs.coverage", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_the_page_counts_and_lists_the_endpoints() -> None:
    page = page_of(
        [
            Row("cs", "GET", "/_matrix/client/v3/sync", "yes", ""),
            Row("cs", "PUT", "/_matrix/client/v3/x", "partial", "half"),
            Row("as", "PUT", "/_matrix/app/v1/x", "no", "deprecated"),
        ]
    )

    assert "| Client-Server API | 1 | 1 | 0 |" in page
    assert "| PUT | /_matrix/client/v3/x | partial | half |" in page
    assert all(f"## {heading}\n" in page for heading, _ in HEADINGS.values())


def test_notes_are_of_endpoints_that_exist() -> None:
    operations: dict[str, JsonObject] = {"cs GET /sync": {}}

    assert read_notes("cs GET /sync:\n  partial: true", operations) == {
        "cs GET /sync": {"partial": True}
    }
    assert read_notes("# nothing yet", operations) == {}
    with pytest.raises(ValueError, match="has no cs GET /snyc"):
        read_notes("cs GET /snyc:\n  note: x", operations)
    with pytest.raises(ValueError, match="unknown"):
        read_notes("cs GET /sync:\n  state: yes", operations)


def test_a_route_is_known_whatever_its_parameters_are_called() -> None:
    code = Code({("GET", nameless("/v3/rooms/{room_id}/state/{type}"))}, set())

    assert code.serves("GET", "/v3/rooms/{roomId}/state/{eventType}")
    assert code.serves("GET", "/v3/rooms/{roomId}/state/{eventType}/")
    assert not code.serves("PUT", "/v3/rooms/{roomId}/state/{eventType}")
    assert not code.serves("GET", "/v3/rooms/{roomId}/state")


def test_a_called_path_stands_in_the_code_whole_or_up_to_its_parameter() -> None:
    code = Code(
        set(), {"/_matrix/app/v1/ping", "/_matrix/app/v1/users/", "/_matrix/app/v1/rooms/{}"}
    )

    assert code.calls("/_matrix/app/v1/ping")
    assert code.calls("/_matrix/app/v1/users/{userId}")
    assert code.calls("/_matrix/app/v1/rooms/{roomAlias}")
    assert not code.calls("/_matrix/app/v1/users")
    assert not code.calls("/_matrix/app/v1/transactions/{txnId}")
