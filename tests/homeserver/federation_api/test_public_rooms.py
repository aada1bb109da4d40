"""The room directory, as other servers see it."""

from tests.linked_servers import LinkedServer

PATH = "/_matrix/federation/v1/publicRooms"


def test_all_networks_or_one_may_be_asked_for(pair: list[LinkedServer]) -> None:
    a, b = pair
    room = a.person("alice").creates_room(preset="public_chat", visibility="public", name="Tea")

    def found(**query: str) -> list[str]:
        return [entry["room_id"] for entry in b.asks("a", "GET", PATH, query=query)["chunk"]]

    assert found() == found(include_all_networks="true") == found(limit="5") == [room]
    assert found(third_party_instance_id="irc") == []
