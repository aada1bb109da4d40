from homeserver.calls.identities import hidden, newest, of_device, oldest, room_name


def test_participants_are_derived_as_clients_derive_them() -> None:
    """The example of MSC4195, which matrix-js-sdk tests itself with."""
    expected = "J+T45tGruxc+HrUOqJJlyQSV33m728Cme4+vt8/SWrU"

    seat = of_device("!room:test", "m.call#ROOM", "@alice:example.com", "DEVICE123", "memberABC")

    assert seat.identity == expected


def test_old_and_new_clients_meet_in_one_room() -> None:
    rooms = {
        newest("!room", "m.call#ROOM", "@alice:test", "m1").room,
        of_device("!room", "m.call#ROOM", "@bob:test", "PHONE", "m2").room,
        oldest("!room", "@carol:test", "LAPTOP").room,
    }

    assert rooms == {room_name("!room", "m.call#ROOM")}


def test_nothing_of_rooms_and_people_can_be_read() -> None:
    seat = newest("!room:test", "m.call#ROOM", "@alice:test", "member")

    assert seat.identity == hidden("@alice:test", "member")
    assert not any(word in seat.room + seat.identity for word in ("room", "alice", "member"))


def test_parts_do_not_run_into_each_other() -> None:
    assert hidden("a", "bc") != hidden("ab", "c")
