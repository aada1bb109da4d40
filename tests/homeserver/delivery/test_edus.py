"""EDUs for other servers: what they hold, and what of them waits for a server that is away."""

from collections.abc import Callable

from homeserver.config.network import Federation
from tests.homeserver.delivery.test_servers import open_room
from tests.homeserver.delivery.world import Home, Others


def test_a_receipt_is_told_but_not_a_private_one(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org")
    first, second = alice.sends(room, "a"), alice.sends(room, "b")

    alice.post(f"/v3/rooms/{room}/receipt/m.read/{first}", {"thread_id": "main"})
    alice.post(f"/v3/rooms/{room}/receipt/m.read.private/{second}")

    (receipt,) = others.edus("b.org", "m.receipt")
    of_alice = receipt[room]["m.read"]["@alice:test"]
    assert of_alice["event_ids"] == [first]
    assert of_alice["data"]["thread_id"] == "main"
    assert of_alice["data"]["ts"] > 0


def test_a_server_that_was_away_gets_only_the_newest_receipt(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org")
    others.down.add("b.org")
    for text in "xyz":
        event = alice.sends(room, text)
        alice.post(f"/v3/rooms/{room}/receipt/m.read/{event}")

    others.down.clear()
    home.advance(300)

    (receipt,) = others.edus("b.org", "m.receipt")
    assert receipt[room]["m.read"]["@alice:test"]["event_ids"] == [event]


def test_typing_begins_is_repeated_and_ends(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org")
    path = f"/v3/rooms/{room}/typing/@alice:test"

    alice.put(path, {"typing": True, "timeout": 100_000})
    home.advance(40)
    alice.put(path, {"typing": False})

    told = [edu["typing"] for edu in others.edus("b.org", "m.typing")]
    assert told == [True, True, False]
    assert others.edus("b.org", "m.typing")[0] == {
        "room_id": room,
        "user_id": "@alice:test",
        "typing": True,
    }


def test_typing_and_presence_are_not_kept_for_a_server_that_is_away(
    home: Home, others: Others
) -> None:
    alice, room = open_room(home, "@bob:b.org")
    others.down.add("b.org")
    alice.put(f"/v3/rooms/{room}/typing/@alice:test", {"typing": True})
    alice.put("/v3/presence/@alice:test/status", {"presence": "online"})
    home.advance(20)
    alice.sends(room, "later")

    others.down.clear()
    home.advance(600)

    assert others.texts("b.org") == ["later"]
    assert others.edus("b.org", "m.typing") == []
    assert all("later" not in str(push) for push in others.edus("b.org", "m.presence"))


def test_presence_goes_together_to_those_who_share_a_room(home: Home, others: Others) -> None:
    alice, room = open_room(home, "@bob:b.org")
    carol = home.server.person("carol")
    carol.joins(room)
    other = carol.creates_room(preset="public_chat")
    home.joins(other, "@carl:c.org")
    others.sent.clear()

    for person in (alice, carol):
        path = f"/v3/presence/{person.user_id}/status"
        person.put(path, {"presence": "online", "status_msg": "here"})
    home.advance(15)

    (told,) = others.edus("b.org", "m.presence")
    assert [push["user_id"] for push in told["push"]] == ["@alice:test", "@carol:test"]
    assert told["push"][0]["status_msg"] == "here"
    assert told["push"][0]["presence"] == "online"
    (told,) = others.edus("c.org", "m.presence")
    assert [push["user_id"] for push in told["push"]] == ["@carol:test"]


def test_messages_to_devices_arrive_once_in_order_even_after_a_crash(
    start_home: Callable[..., Home], others: Others
) -> None:
    home = start_home()
    alice = home.server.person("alice")
    others.down.add("b.org")
    for number in range(3):
        messages = {"@bob:b.org": {"PHONE": {"n": number}}, "@carl:c.org": {"*": {"n": number}}}
        alice.put(f"/v3/sendToDevice/m.test/t{number}", {"messages": messages})
    assert len(others.edus("c.org", "m.direct_to_device")) == 3

    others.down.clear()
    start_home().advance(300)

    found = others.edus("b.org", "m.direct_to_device")
    assert [edu["messages"]["@bob:b.org"]["PHONE"]["n"] for edu in found] == [0, 1, 2]
    assert len({edu["message_id"] for edu in found}) == 3
    assert all(len(edu["message_id"]) <= 32 for edu in found)
    assert found[0]["sender"] == "@alice:test" and found[0]["type"] == "m.test"
    assert len(others.edus("c.org", "m.direct_to_device")) == 3


def test_many_messages_to_devices_go_in_several_transactions(home: Home, others: Others) -> None:
    alice = home.server.person("alice")
    others.slow.add("b.org")
    for number in range(70):
        messages = {"@bob:b.org": {"PHONE": {"n": number}}}
        alice.put(f"/v3/sendToDevice/m.test/t{number}", {"messages": messages})
    others.slow.clear()
    others.release("b.org")

    found = others.edus("b.org", "m.direct_to_device")
    assert [edu["messages"]["@bob:b.org"]["PHONE"]["n"] for edu in found] == list(range(70))
    assert all(len(sent.body["edus"]) <= 100 for sent in others.sent)


def test_a_changed_device_is_told_with_what_came_before_it(home: Home, others: Others) -> None:
    alice, _ = open_room(home, "@bob:b.org")
    path = f"/v3/devices/{alice.device_id}"

    alice.put(path, {"display_name": "Phone"})
    alice.put(path, {"display_name": "Old phone"})

    first, second = others.edus("b.org", "m.device_list_update")
    assert first["user_id"] == "@alice:test" and first["device_id"] == alice.device_id
    assert first["device_display_name"] == "Phone" and first["prev_id"] == []
    assert second["device_display_name"] == "Old phone"
    assert second["prev_id"] == [first["stream_id"]]


def test_a_device_that_is_gone_is_told_of(home: Home, others: Others) -> None:
    alice, _ = open_room(home, "@bob:b.org")
    tablet = alice.logs_in()
    tablet.post("/v3/logout")

    found = [
        edu
        for edu in others.edus("b.org", "m.device_list_update")
        if edu["device_id"] == tablet.device_id
    ]
    assert "deleted" not in found[0]
    assert found[-1]["deleted"] is True


def test_no_change_of_devices_is_lost_in_a_crash(
    start_home: Callable[..., Home], others: Others
) -> None:
    home = start_home()
    alice, _ = open_room(home, "@bob:b.org")
    others.down.add("b.org")
    alice.put(f"/v3/devices/{alice.device_id}", {"display_name": "Phone"})

    others.down.clear()
    start_home().advance(300)

    (update,) = others.edus("b.org", "m.device_list_update")
    assert update["device_display_name"] == "Phone"


def test_who_joins_a_room_of_others_shows_his_devices(home: Home, others: Others) -> None:
    _, room = open_room(home, "@bob:b.org")
    carol = home.server.person("carol")

    carol.joins(room)

    (update,) = others.edus("b.org", "m.device_list_update")
    assert (update["user_id"], update["device_id"]) == ("@carol:test", carol.device_id)


def test_nothing_is_queued_for_servers_that_are_denied(
    start_home: Callable[..., Home], others: Others
) -> None:
    home = start_home(federation=Federation(deny=("b.org",)))
    alice, room = open_room(home, "@bob:b.org", "@carl:c.org")

    alice.sends(room, "hello")
    alice.put("/v3/sendToDevice/m.test/t", {"messages": {"@bob:b.org": {"*": {}}}})

    assert {sent.server for sent in others.tried} == {"c.org"}


def test_without_federation_nothing_is_queued(
    start_home: Callable[..., Home], others: Others
) -> None:
    home = start_home(federation=Federation(enabled=False))
    alice, room = open_room(home, "@bob:b.org")

    alice.sends(room, "hello")
    alice.put("/v3/sendToDevice/m.test/t", {"messages": {"@bob:b.org": {"*": {}}}})
    home.advance(60)

    assert others.tried == []
    assert home.server.app.delivery.servers is None
