"""Room version 12, rule 5, and what the versions before it have of it."""

from typing import Any

import pytest

from tests.homeserver.events.rooms import (
    ALICE,
    ALL,
    ALLOWED,
    BOB,
    CREATOR,
    MALLORY,
    Room,
    before,
    since,
)

MEMBERSHIPS = ("join", "invite", "leave", "ban", "knock")
POWERS = {"users": {ALICE: 50, BOB: 50}, "kick": 40, "ban": 45, "invite": 30}


def change(room: Room, sender: str, target: str, membership: Any, **content: Any) -> str:
    return room.verdict(
        "m.room.member", {"membership": membership, **content}, target, sender=sender
    )


def enters(room: Room, user: str, membership: Any = "join", **content: Any) -> str:
    return change(room, user, user, membership, **content)


class TestShape:
    @pytest.mark.parametrize("id", ALL)
    def test_a_membership_is_somebodys_and_says_which(self, id: str) -> None:
        room = Room.of(id, alice="join")
        join = {"membership": "join"}
        assert "must say" in room.verdict("m.room.member", join, sender=ALICE)
        assert "must say" in room.verdict("m.room.member", {}, ALICE, sender=ALICE)

    @pytest.mark.parametrize("id", ALL)
    @pytest.mark.parametrize("membership", ["visit", "", None, 5])
    def test_other_memberships_do_not_exist(self, membership: Any, id: str) -> None:
        room = Room.of(id, join_rule="public", alice="join")
        assert "no such membership" in enters(room, ALICE, membership)


class TestFirstJoin:
    @pytest.mark.parametrize("id", ALL)
    def test_the_creator_enters_a_room_that_has_only_been_created(self, id: str) -> None:
        room = Room.of(id)
        del room.state["m.room.member", CREATOR]
        first = {"prev_events": room.follows(room.create)}
        join = {"membership": "join"}
        assert room.verdict("m.room.member", join, CREATOR, **first) == ALLOWED
        assert "invited" in room.verdict("m.room.member", join, ALICE, sender=ALICE, **first)

    @pytest.mark.parametrize("id", ALL)
    def test_later_the_creator_needs_an_invitation_as_all_do(self, id: str) -> None:
        room = Room.of(id)
        room.put("m.room.member", {"membership": "leave"}, CREATOR)
        other = room.event("m.room.name", {}, "")
        join = {"membership": "join"}
        for parents in ([other], [room.create, other]):
            event = room.event("m.room.member", join, CREATOR, prev_events=room.follows(*parents))
            assert "not invited" in room.verdict_on(event)

    def test_an_additional_creator_does_not_enter_first(self) -> None:
        room = Room.of("12", create={"additional_creators": [ALICE]})
        first = {"prev_events": room.follows(room.create)}
        answer = room.verdict("m.room.member", {"membership": "join"}, ALICE, sender=ALICE, **first)
        assert "not invited" in answer

    @pytest.mark.parametrize("id", ALL)
    def test_until_version_10_the_content_names_the_creator(self, id: str) -> None:
        room = Room.of(id, create={"creator": ALICE})
        first = {"prev_events": room.follows(room.create)}
        answer = room.verdict("m.room.member", {"membership": "join"}, ALICE, sender=ALICE, **first)
        assert (answer == ALLOWED) == (int(id) <= 10)


class TestJoin:
    @pytest.mark.parametrize("id", ALL)
    @pytest.mark.parametrize("membership", MEMBERSHIPS)
    def test_everybody_but_the_banned_may_enter_a_public_room(
        self, membership: Any, id: str
    ) -> None:
        answer = enters(Room.of(id, join_rule="public", alice=membership), ALICE)
        assert (answer == ALLOWED) == (membership != "ban")

    @pytest.mark.parametrize("id", ALL)
    def test_nobody_enters_for_somebody_else(self, id: str) -> None:
        room = Room.of(id, join_rule="public")
        assert "somebody else" in change(room, CREATOR, ALICE, "join")

    @pytest.mark.parametrize("id", ALL)
    @pytest.mark.parametrize("rule", [None, "invite"])
    @pytest.mark.parametrize("membership", MEMBERSHIPS)
    def test_a_room_is_for_the_invited_unless_it_says_more(
        self, membership: Any, rule: Any, id: str
    ) -> None:
        answer = enters(Room.of(id, join_rule=rule, alice=membership), ALICE)
        assert (answer == ALLOWED) == (membership in ("invite", "join"))

    # The first version where those who are invited can enter under the rule.
    @pytest.mark.parametrize("id", ALL)
    @pytest.mark.parametrize(
        ("rule", "first"), [("knock", 7), ("restricted", 8), ("knock_restricted", 10)]
    )
    def test_the_invited_enter_under_every_rule_the_version_knows(
        self, rule: Any, first: int, id: str
    ) -> None:
        for membership in ("invite", "join"):
            answer = enters(Room.of(id, join_rule=rule, alice=membership), ALICE)
            assert (answer == ALLOWED) == (int(id) >= first)

    @pytest.mark.parametrize("id", ALL)
    @pytest.mark.parametrize("rule", ["private", "org.example", 5, None, ["public"]])
    def test_nobody_enters_under_a_rule_that_means_nothing(self, rule: Any, id: str) -> None:
        room = Room.of(id, alice="invite")
        room.put("m.room.join_rules", {"join_rule": rule})
        assert "Nobody" in enters(room, ALICE)

    @pytest.mark.parametrize("rule", ["knock", "restricted", "knock_restricted"])
    @pytest.mark.parametrize("membership", ["leave", "knock", "ban"])
    def test_nobody_enters_uninvited(self, membership: Any, rule: Any) -> None:
        assert enters(Room.of(join_rule=rule, alice=membership), ALICE) != ALLOWED


class TestRestrictedJoin:
    @staticmethod
    def room(id: str = "12", rule: str = "restricted", **memberships: Any) -> Room:
        return Room.of(id, join_rule=rule, levels=POWERS, **memberships)

    @pytest.mark.parametrize("rule", ["restricted", "knock_restricted"])
    @pytest.mark.parametrize("id", since(8))
    def test_a_member_who_may_invite_lets_others_in(self, id: str, rule: Any) -> None:
        room = self.room(id, rule, alice="join")
        answer = enters(room, MALLORY, join_authorised_via_users_server=ALICE)
        assert (answer == ALLOWED) == (rule == "restricted" or int(id) >= 10)

    @pytest.mark.parametrize("id", before(8))
    def test_until_version_7_nobody_lets_anybody_in(self, id: str) -> None:
        room = self.room(id, alice="join")
        assert enters(room, MALLORY, join_authorised_via_users_server=ALICE) != ALLOWED

    def test_who_lets_others_in_is_there_and_may_invite(self) -> None:
        room = self.room(alice="leave", mallory="join")
        assert "not in the room" in enters(room, BOB, join_authorised_via_users_server=ALICE)
        assert "may not invite" in enters(room, BOB, join_authorised_via_users_server=MALLORY)
        assert "not invited" in enters(room, BOB, join_authorised_via_users_server=5)
        assert "not invited" in enters(room, BOB)

    def test_the_banned_are_let_in_by_nobody(self) -> None:
        room = self.room(alice="join", mallory="ban")
        assert "banned" in enters(room, MALLORY, join_authorised_via_users_server=ALICE)


class TestInvite:
    @pytest.mark.parametrize("id", ALL)
    @pytest.mark.parametrize("target", MEMBERSHIPS)
    def test_who_is_neither_inside_nor_banned_may_be_invited(self, target: str, id: str) -> None:
        room = Room.of(id, levels=POWERS, alice="join", mallory=target)
        answer = change(room, ALICE, MALLORY, "invite")
        assert (answer == ALLOWED) == (target not in ("join", "ban"))

    @pytest.mark.parametrize("id", ALL)
    @pytest.mark.parametrize("sender", MEMBERSHIPS)
    def test_only_members_invite(self, sender: str, id: str) -> None:
        room = Room.of(id, levels=POWERS, alice=sender)
        assert (change(room, ALICE, MALLORY, "invite") == ALLOWED) == (sender == "join")

    @pytest.mark.parametrize("id", ALL)
    def test_inviting_needs_the_power(self, id: str) -> None:
        room = Room.of(id, levels=POWERS, mallory="join")
        assert "power to invite" in change(room, MALLORY, BOB, "invite")
        assert change(Room.of(id, levels={}, mallory="join"), MALLORY, BOB, "invite") == ALLOWED


class TestLeave:
    @pytest.mark.parametrize("id", ALL)
    @pytest.mark.parametrize("membership", MEMBERSHIPS)
    def test_one_leaves_what_one_is_in_invited_to_or_knocks_at(
        self, membership: Any, id: str
    ) -> None:
        allowed = ("join", "invite", "knock") if int(id) >= 7 else ("join", "invite")
        answer = enters(Room.of(id, alice=membership), ALICE, "leave")
        assert (answer == ALLOWED) == (membership in allowed)

    @pytest.mark.parametrize("id", ALL)
    @pytest.mark.parametrize("target", MEMBERSHIPS)
    def test_who_has_the_power_removes_the_weaker(self, target: str, id: str) -> None:
        room = Room.of(id, levels=POWERS, alice="join", mallory=target)
        assert change(room, ALICE, MALLORY, "leave") == ALLOWED

    @pytest.mark.parametrize("id", ALL)
    @pytest.mark.parametrize("sender", ["invite", "leave", "ban", "knock"])
    def test_who_is_not_inside_removes_nobody(self, sender: str, id: str) -> None:
        room = Room.of(id, levels=POWERS, alice=sender, mallory="join")
        assert "must be in the room" in change(room, ALICE, MALLORY, "leave")

    @pytest.mark.parametrize("id", ALL)
    def test_equals_do_not_remove_each_other(self, id: str) -> None:
        room = Room.of(id, levels=POWERS, alice="join", bob="join")
        assert "as much power" in change(room, ALICE, BOB, "leave")

    @pytest.mark.parametrize("id", ALL)
    def test_removing_needs_the_kick_level_and_unbanning_also_the_ban_level(self, id: str) -> None:
        def removes(power: int, target: str, **levels: int) -> str:
            users = {"users": {ALICE: power}}
            room = Room.of(id, levels=POWERS | users | levels, alice="join", mallory=target)
            return change(room, ALICE, MALLORY, "leave")

        assert removes(40, "join") == ALLOWED
        assert "remove" in removes(39, "join")
        assert removes(45, "ban") == ALLOWED
        assert "unban" in removes(44, "ban")
        assert "remove" in removes(45, "ban", kick=46)


class TestBan:
    @pytest.mark.parametrize("id", ALL)
    @pytest.mark.parametrize("target", MEMBERSHIPS)
    def test_who_has_the_power_bans_the_weaker(self, target: str, id: str) -> None:
        room = Room.of(id, levels=POWERS, alice="join", mallory=target)
        assert change(room, ALICE, MALLORY, "ban") == ALLOWED

    @pytest.mark.parametrize("id", ALL)
    def test_others_do_not(self, id: str) -> None:
        room = Room.of(id, levels=POWERS, alice="join", bob="join", mallory="join")
        assert "as much power" in change(room, ALICE, BOB, "ban")
        assert "power to ban" in change(room, MALLORY, ALICE, "ban")
        outside = Room.of(id, levels=POWERS, mallory="join")
        assert "must be in the room" in change(outside, ALICE, MALLORY, "ban")

    def test_nobody_bans_a_creator_of_version_12(self) -> None:
        room = Room.of("12", create={"additional_creators": [BOB]}, levels={"users": {ALICE: 9999}})
        room.put("m.room.member", {"membership": "join"}, ALICE)
        for creator in (CREATOR, BOB):
            assert "as much power" in change(room, ALICE, creator, "ban")
        assert "as much power" in change(room, CREATOR, BOB, "ban")
        assert change(room, CREATOR, ALICE, "ban") == ALLOWED


class TestKnock:
    @pytest.mark.parametrize("id", ALL)
    @pytest.mark.parametrize("membership", MEMBERSHIPS)
    def test_who_is_outside_may_knock_since_version_7(self, membership: Any, id: str) -> None:
        answer = enters(Room.of(id, join_rule="knock", alice=membership), ALICE, "knock")
        allowed = int(id) >= 7 and membership in ("leave", "knock")
        assert (answer == ALLOWED) == allowed

    @pytest.mark.parametrize("id", since(7))
    @pytest.mark.parametrize("rule", ["public", "invite", "restricted", "private", None])
    def test_other_rooms_take_no_knocks(self, rule: Any, id: str) -> None:
        assert "does not take knocks" in enters(Room.of(id, join_rule=rule), ALICE, "knock")

    @pytest.mark.parametrize("id", since(7))
    def test_restricted_rooms_take_knocks_since_version_10(self, id: str) -> None:
        answer = enters(Room.of(id, join_rule="knock_restricted"), ALICE, "knock")
        assert (answer == ALLOWED) == (int(id) >= 10)

    @pytest.mark.parametrize("id", since(7))
    def test_nobody_knocks_for_somebody_else(self, id: str) -> None:
        room = Room.of(id, join_rule="knock", alice="join")
        assert "somebody else" in change(room, ALICE, BOB, "knock")
