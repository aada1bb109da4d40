import pytest

from homeserver.calls.identities import newest, of_device, oldest, room_name
from tests.homeserver.calls.livekit import SERVICE, URL, Talk, claims_of, member
from tests.people import Refused

SLOT = "m.call#ROOM"
NEW = "/v1/rtc/livekit/get_token"
OLD = "/unstable/io.element.msc4195/rtc/livekit/get_token"


def test_clients_find_livekit_under_all_names(talk: Talk) -> None:
    alice = talk.server.person("alice")
    service = "https://test/_matrix/livekit/jwt"
    old = [{"type": "livekit", "livekit_service_url": service, "url": URL}]

    assert alice.get("/v1/rtc/transports")["transports"] == [{"type": "m.livekit", "url": URL}]
    found = alice.get("/unstable/org.matrix.msc4143/rtc/transports")
    assert found == {"rtc_transports": old}


def test_a_member_comes_into_the_call_of_the_room(talk: Talk) -> None:
    alice = talk.server.person("alice")
    room = alice.creates_room()

    grants = talk.livekit.lets_in(talk.token(alice, room))

    seat = of_device(room, SLOT, alice.user_id, alice.device_id, "member of alice")
    assert talk.livekit.rooms == {seat.room: {seat.identity}}
    assert grants["canPublish"] and grants["canSubscribe"]
    assert not grants["canUpdateOwnMetadata"] and not grants["hidden"]


def test_older_clients_come_into_the_same_call(talk: Talk) -> None:
    alice = talk.server.person("alice")
    room = alice.creates_room()
    body = {"room": room, "device_id": alice.device_id, "openid_token": talk.openid(alice)}

    answer = talk.post(talk.server.anonymous, SERVICE + "/sfu/get", body)

    talk.livekit.lets_in(answer["jwt"])
    seat = oldest(room, alice.user_id, alice.device_id)
    assert answer["url"] == URL
    assert talk.livekit.rooms == {room_name(room, SLOT): {seat.identity}}


@pytest.mark.parametrize("path", [NEW, OLD])
def test_clients_of_tomorrow_show_only_their_access_token(talk: Talk, path: str) -> None:
    alice = talk.server.person("alice")
    room = alice.creates_room()
    body = {"url": URL, "room_id": room, "slot_id": SLOT, "member_id": "m1"}

    token = talk.post(alice, path, body)["jwt"]

    talk.livekit.lets_in(token)
    assert claims_of(token)["sub"] == newest(room, SLOT, alice.user_id, "m1").identity


def test_clients_of_this_summer_name_their_device(talk: Talk) -> None:
    alice = talk.server.person("alice")
    room = alice.creates_room()
    shown = {"id": "m1", "claimed_device_id": alice.device_id}

    answer = talk.post(alice, OLD, {"room_id": room, "slot_id": SLOT, "member": shown})

    seat = of_device(room, SLOT, alice.user_id, alice.device_id, "m1")
    assert claims_of(answer["jwt"])["sub"] == seat.identity


def test_a_stranger_comes_into_no_call(talk: Talk) -> None:
    alice, mallory = talk.server.people("alice", "mallory")
    room = alice.creates_room()

    for someone, wanted in ((mallory, room), (alice, "!nowhere:test")):
        with pytest.raises(Refused) as refused:
            talk.token(someone, wanted)
        assert refused.value.errcode == "M_FORBIDDEN"
    assert talk.livekit.rooms == {}


def test_nobody_speaks_for_somebody_else(talk: Talk) -> None:
    alice, mallory = talk.server.people("alice", "mallory")
    room = alice.creates_room(preset="public_chat")
    mallory.joins(room)
    body = {"room_id": room, "slot_id": SLOT, "member": member(alice)}

    for token in (talk.openid(mallory), {"access_token": "no", "matrix_server_name": "test"}):
        with pytest.raises(Refused) as refused:
            talk.post(
                talk.server.anonymous, SERVICE + "/get_token", {**body, "openid_token": token}
            )
        assert refused.value.errcode == "M_FORBIDDEN"


@pytest.mark.parametrize("missing", ["room_id", "slot_id", "member", "openid_token"])
def test_what_is_missing_is_named(talk: Talk, missing: str) -> None:
    alice = talk.server.person("alice")
    whole = {"room_id": "!a:test", "slot_id": SLOT, "member": member(alice)}
    body = {**whole, "openid_token": talk.openid(alice)}
    del body[missing]

    with pytest.raises(Refused) as refused:
        talk.post(talk.server.anonymous, SERVICE + "/get_token", body)

    assert refused.value.errcode == "M_BAD_JSON" or refused.value.errcode == "M_MISSING_PARAM"
    assert missing in refused.value.body["error"]


def test_another_livekit_is_not_ours(talk: Talk) -> None:
    alice = talk.server.person("alice")
    room = alice.creates_room()
    body = {"url": "wss://elsewhere.test", "room_id": room, "slot_id": SLOT, "member_id": "m"}

    with pytest.raises(Refused) as refused:
        talk.post(alice, NEW, body)

    assert refused.value.errcode == "M_INVALID_PARAM"


def test_livekit_that_is_away_is_said_in_words(talk: Talk) -> None:
    alice = talk.server.person("alice")
    room = alice.creates_room()
    talk.livekit.is_away = True

    with pytest.raises(Refused) as refused:
        talk.token(alice, room)

    assert (refused.value.status, refused.value.errcode) == (502, "M_UNKNOWN")
