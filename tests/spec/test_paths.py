import pytest

from tests.spec.paths import PathTemplates

TEMPLATES = [
    "/_matrix/client/v3/rooms/{roomId}/state",
    "/_matrix/client/v3/rooms/{roomId}/state/{eventType}/{stateKey}",
    "/_matrix/client/v3/devices/{deviceId}",
    "/_matrix/client/v3/devices",
    "/_matrix/client/v3/pushrules/",
    "/_matrix/client/v3/user/{userId}/filter",
    "/_matrix/client/v3/sync",
    "/_matrix/client/v1/rooms/{roomId}/hierarchy",
    "/_matrix/media/v3/config",
    "/.well-known/matrix/client",
    "/_matrix/media/v3/thumbnail/{serverName}/{mediaId}",
]


@pytest.fixture
def templates() -> PathTemplates:
    templates = PathTemplates()
    for template in TEMPLATES:
        templates.add(template)
    return templates


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_finds_itself(templates: PathTemplates, template: str) -> None:
    assert templates.find(template.replace("{", "x").replace("}", "y")) == template


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/_matrix/client/v3/rooms/!a%2Fb:c/state?at=x/y", TEMPLATES[0]),
        ("/_matrix/client/v3/rooms/%21a%3Ab/state/m.room.name/", TEMPLATES[1]),
        ("/_matrix/client/v3/rooms/!a:b/state/m.room.name", TEMPLATES[1]),
        ("/_matrix/client/v3/devices/", TEMPLATES[2]),
        ("/_matrix/client/v3/pushrules", TEMPLATES[4]),
        ("/_matrix/client/v3/sync/", TEMPLATES[6]),
        ("/_matrix/client/r0/sync", TEMPLATES[6]),
        ("/_matrix/client/unstable/devices/x", TEMPLATES[2]),
        ("/_matrix/media/r0/config", TEMPLATES[8]),
    ],
)
def test_paths_are_found_as_clients_write_them(
    templates: PathTemplates, path: str, template: str
) -> None:
    assert templates.find(path) == template


@pytest.mark.parametrize(
    "path",
    [
        "/_matrix/client/v3/rooms//state",
        "/_matrix/client/v3/sync/more",
        "/_matrix/client/unstable/org.example/sync",
        "/_matrix/client/v9/sync",
        "/_synapse/admin/v1/register",
        "/",
        "",
    ],
)
def test_other_paths_are_not_found(templates: PathTemplates, path: str) -> None:
    assert templates.find(path) is None
