from homeserver.events.push_rules.actions import NOTHING
from homeserver.events.push_rules.evaluation import (
    DEFAULT_RULES,
    Highlights,
    SharedEvaluation,
    counts_by_default,
    evaluate,
    highlights_by_default,
)
from homeserver.events.push_rules.facts import RoomView
from homeserver.events.push_rules.ruleset import RuleSet
from homeserver.json_values import JsonObject
from tests.homeserver.events.push_rules.conftest import MakeEvent

ALICE = "@alice:a"


def sounding(sound: str, **more: object) -> JsonObject:
    return {"actions": ["notify", {"set_tweak": "sound", "value": sound}], **more}


def everything() -> RuleSet:
    """One matching rule of each kind."""
    return (
        RuleSet(ALICE)
        .put("underride", "u", sounding("underride"))
        .put("sender", "@bob:b", sounding("sender"))
        .put("room", "!room", sounding("room"))
        .put("content", "c", sounding("content", pattern="hel*"))
        .put("override", "o", sounding("override"))
    )


def test_kinds_are_asked_in_order(event: MakeEvent, crowd: RoomView) -> None:
    rules = everything()

    for kind, rule_id in [
        ("override", "o"),
        ("content", "c"),
        ("room", "!room"),
        ("sender", "@bob:b"),
        ("underride", "u"),
    ]:
        assert evaluate(event(), crowd, ALICE, rules.compile()).sound == kind
        rules = rules.set_enabled(kind, rule_id, {"enabled": False})
    assert evaluate(event(), crowd, ALICE, rules.compile()).sound is None


def test_room_and_sender_rules_stay_with_their_room_and_sender(
    event: MakeEvent, crowd: RoomView
) -> None:
    rules = (
        RuleSet(ALICE)
        .put("room", "!room", sounding("room"))
        .put("sender", "@bob:b", sounding("sender"))
        .compile()
    )

    elsewhere = event(room_id="!other")
    assert evaluate(elsewhere, crowd, ALICE, rules).sound == "sender"
    from_carol = event(room_id="!other", sender="@carol:c")
    assert evaluate(from_carol, crowd, ALICE, rules).sound is None


def test_the_first_matching_rule_of_a_kind_decides(event: MakeEvent, crowd: RoomView) -> None:
    rules = (
        RuleSet(ALICE)
        .put("content", "tea", sounding("tea", pattern="tea"))
        .put("content", "time", sounding("time", pattern="time"))
        .compile()
    )
    message = event(content={"body": "It's time for tea"})

    assert evaluate(message, crowd, ALICE, rules).sound == "time"


def test_ones_own_events_never_notify(event: MakeEvent, crowd: RoomView) -> None:
    own = event(sender=ALICE)

    assert evaluate(own, crowd, ALICE, everything().compile()) == NOTHING


def test_the_display_name_is_each_users_own(event: MakeEvent, crowd: RoomView) -> None:
    condition = {"kind": "contains_display_name"}
    body = sounding("name", conditions=[condition])
    rules = RuleSet(ALICE).put("override", "name", body).compile()
    evaluation = SharedEvaluation.of(event(content={"body": "hi AL!"}), crowd)

    assert evaluation.for_user(ALICE, rules, "Al").sound == "name"
    assert evaluation.for_user("@albert:a", rules, "Albert").sound is None
    assert evaluation.for_user("@nobody:a", rules, "").sound is None
    assert evaluation.for_user("@nobody:a", rules).sound is None


def test_personal_conditions_of_one_rule_must_all_hold(event: MakeEvent, crowd: RoomView) -> None:
    conditions = [
        {"kind": "event_property_contains", "key": "content.all", "value": ALICE},
        {"kind": "event_property_is", "key": "content.one", "value": ALICE},
    ]
    rules = RuleSet(ALICE).put("override", "x", sounding("both", conditions=conditions)).compile()

    both = event(content={"all": [ALICE], "one": ALICE})
    assert evaluate(both, crowd, ALICE, rules).sound == "both"
    one = event(content={"all": [ALICE], "one": "@zoe:z"})
    assert evaluate(one, crowd, ALICE, rules).sound is None


def test_many_users_share_one_evaluation(event: MakeEvent, crowd: RoomView) -> None:
    mention = event(content={"body": "hi", "m.mentions": {"user_ids": ["@user7:a"]}})
    evaluation = SharedEvaluation.of(mention, crowd)

    highlighted = [
        user
        for user in (f"@user{number}:a" for number in range(1000))
        if evaluation.for_user(user, DEFAULT_RULES).highlight
    ]

    assert highlighted == ["@user7:a"]
    assert len(evaluation._outcomes) == 1


def test_what_counts_for_those_with_default_rules(event: MakeEvent, crowd: RoomView) -> None:
    def counts(type: str, content: JsonObject | None = None) -> bool:
        return counts_by_default(SharedEvaluation.of(event(type, content), crowd))

    assert counts("m.room.message")
    assert counts("m.room.encrypted", {})
    assert counts("m.room.message", {"m.mentions": {"user_ids": [ALICE]}})
    assert not counts("m.room.message", {"msgtype": "m.notice"})
    assert not counts("m.reaction", {"m.mentions": {"user_ids": [ALICE]}})
    assert not counts("m.room.member", {"membership": "invite"})


def test_whom_an_event_highlights_by_default(event: MakeEvent, crowd: RoomView) -> None:
    def highlights(room: RoomView, mentions: JsonObject) -> Highlights:
        content = {"body": "hi", "m.mentions": mentions}
        return highlights_by_default(SharedEvaluation.of(event(content=content), room))

    powerful = RoomView(100, sender_power=50, notification_levels={})
    everybody = {"user_ids": [ALICE], "room": True}
    assert highlights(crowd, {}) == Highlights(frozenset(), everyone=False)
    assert highlights(crowd, everybody) == Highlights(frozenset({ALICE}), everyone=False)
    assert highlights(powerful, everybody) == Highlights(frozenset({ALICE}), everyone=True)


def test_an_invite_highlights_nobody(event: MakeEvent, crowd: RoomView) -> None:
    invite = event("m.room.member", {"membership": "invite"}, state_key=ALICE)
    evaluation = SharedEvaluation.of(invite, crowd)

    assert highlights_by_default(evaluation).user_ids == frozenset()
    assert evaluation.for_user(ALICE, DEFAULT_RULES).notify
