from homeserver.events.push_rules.actions import NOTHING, Actions
from homeserver.events.push_rules.defaults import default_rules
from homeserver.events.push_rules.evaluation import DEFAULT_RULES, evaluate
from homeserver.events.push_rules.facts import RoomView
from homeserver.events.push_rules.rules import Kind
from homeserver.events.push_rules.ruleset import RuleSet
from homeserver.json_values import JsonObject
from tests.homeserver.events.push_rules.conftest import MakeEvent

ALICE = "@alice:a"
QUIET = Actions(notify=True, highlight=False, sound=None, tweaks={})
HIGHLIGHT = Actions(notify=True, highlight=True, sound=None, tweaks={"highlight": True})
DEFAULT_SOUND = Actions(notify=True, highlight=False, sound="default", tweaks={"sound": "default"})
MENTION = Actions(
    notify=True, highlight=True, sound="default", tweaks={"sound": "default", "highlight": True}
)
RING = Actions(notify=True, highlight=False, sound="ring", tweaks={"sound": "ring"})


def mentioning(**mentions: object) -> JsonObject:
    return {"msgtype": "m.text", "body": "hello", "m.mentions": mentions}


def test_the_rules_are_those_of_the_spec_in_its_order() -> None:
    rules = default_rules(ALICE)

    assert [rule.rule_id for rule in rules[Kind.OVERRIDE]] == [
        ".m.rule.master",
        ".org.matrix.msc4028.encrypted_event",
        ".m.rule.suppress_notices",
        ".m.rule.invite_for_me",
        ".m.rule.member_event",
        ".m.rule.is_user_mention",
        ".m.rule.is_room_mention",
        ".m.rule.tombstone",
        ".m.rule.reaction",
        ".m.rule.room.server_acl",
        ".org.matrix.msc3930.rule.poll_response",
        ".m.rule.suppress_edits",
    ]
    assert [rule.rule_id for rule in rules[Kind.UNDERRIDE]] == [
        ".m.rule.call",
        ".m.rule.encrypted_room_one_to_one",
        ".m.rule.room_one_to_one",
        ".m.rule.message",
        ".m.rule.encrypted",
        ".org.matrix.msc3930.rule.poll_start_one_to_one",
        ".org.matrix.msc3930.rule.poll_start",
        ".org.matrix.msc3930.rule.poll_end_one_to_one",
        ".org.matrix.msc3930.rule.poll_end",
    ]
    every_rule = [rule for kind in rules.values() for rule in kind]
    assert all(rule.default for rule in every_rule)
    assert [rule.rule_id for rule in every_rule if not rule.enabled] == [
        ".m.rule.master",
        ".org.matrix.msc4028.encrypted_event",
        ".io.element.msc4306.rule.unsubscribed_thread",
        ".io.element.msc4306.rule.subscribed_thread",
    ]


def test_master_silences_everything_once_enabled(event: MakeEvent, crowd: RoomView) -> None:
    rules = RuleSet(ALICE).set_enabled("override", ".m.rule.master", {"enabled": True}).compile()
    mention = event(content=mentioning(user_ids=[ALICE]))

    assert evaluate(mention, crowd, ALICE, rules) == NOTHING
    assert evaluate(mention, crowd, ALICE, DEFAULT_RULES) == MENTION


def test_encrypted_events_are_pushed_even_from_a_silent_room_once_enabled(
    event: MakeEvent, crowd: RoomView
) -> None:
    """MSC4028: the client looks for mentions where the server cannot."""
    encrypted = event(type="m.room.encrypted", content={"ciphertext": "x"})
    silent = RuleSet(ALICE).put("room", encrypted.room_id, {"actions": []})
    rule_id = ".org.matrix.msc4028.encrypted_event"
    pushed = silent.set_enabled("override", rule_id, {"enabled": True})

    assert evaluate(encrypted, crowd, ALICE, silent.compile()) == NOTHING
    assert evaluate(encrypted, crowd, ALICE, pushed.compile()) == QUIET


def test_notices_are_silent_even_with_a_mention(event: MakeEvent, crowd: RoomView) -> None:
    notice = event(content={**mentioning(user_ids=[ALICE]), "msgtype": "m.notice"})

    assert evaluate(notice, crowd, ALICE, DEFAULT_RULES) == NOTHING


def test_an_invite_notifies_only_the_invited(event: MakeEvent, crowd: RoomView) -> None:
    invite = event("m.room.member", {"membership": "invite"}, state_key=ALICE)

    assert evaluate(invite, crowd, ALICE, DEFAULT_RULES) == DEFAULT_SOUND
    assert evaluate(invite, crowd, "@carol:c", DEFAULT_RULES) == NOTHING


def test_other_membership_changes_are_silent(event: MakeEvent, crowd: RoomView) -> None:
    kick = event("m.room.member", {"membership": "leave"}, state_key=ALICE)

    assert evaluate(kick, crowd, ALICE, DEFAULT_RULES) == NOTHING


def test_a_mention_highlights_for_the_mentioned(event: MakeEvent, crowd: RoomView) -> None:
    mention = event(content=mentioning(user_ids=["@zoe:z", ALICE, 7]))

    assert evaluate(mention, crowd, ALICE, DEFAULT_RULES) == MENTION
    assert evaluate(mention, crowd, "@carol:c", DEFAULT_RULES) == QUIET


def test_a_name_in_the_text_alone_is_no_mention(event: MakeEvent, crowd: RoomView) -> None:
    message = event(content={"msgtype": "m.text", "body": "hello alice @alice:a"})

    assert evaluate(message, crowd, ALICE, DEFAULT_RULES, "alice") == QUIET


def test_a_room_mention_needs_power(event: MakeEvent, crowd: RoomView) -> None:
    mention = event(content=mentioning(room=True))
    moderated = RoomView(100, sender_power=50, notification_levels={})
    strict = RoomView(100, sender_power=50, notification_levels={"room": 51})

    assert evaluate(mention, moderated, ALICE, DEFAULT_RULES) == HIGHLIGHT
    assert evaluate(mention, crowd, ALICE, DEFAULT_RULES) == QUIET
    assert evaluate(mention, strict, ALICE, DEFAULT_RULES) == QUIET


def test_a_room_mention_is_exactly_true(event: MakeEvent) -> None:
    powerful = RoomView(100, sender_power=100, notification_levels={})

    for almost in (1, "true", [True]):
        mention = event(content=mentioning(room=almost))
        assert evaluate(mention, powerful, ALICE, DEFAULT_RULES) == QUIET


def test_a_tombstone_highlights_if_it_is_state(event: MakeEvent, crowd: RoomView) -> None:
    tombstone = event("m.room.tombstone", {}, state_key="")

    assert evaluate(tombstone, crowd, ALICE, DEFAULT_RULES) == HIGHLIGHT
    assert evaluate(event("m.room.tombstone", {}), crowd, ALICE, DEFAULT_RULES) == NOTHING
    other_key = event("m.room.tombstone", {}, state_key="x")
    assert evaluate(other_key, crowd, ALICE, DEFAULT_RULES) == NOTHING


def test_a_reaction_is_silent_unless_it_mentions(event: MakeEvent, crowd: RoomView) -> None:
    reaction = event("m.reaction", {})
    room_mention = event("m.reaction", {"m.mentions": {"room": True}})
    powerful = RoomView(100, sender_power=100, notification_levels={})

    assert evaluate(reaction, crowd, ALICE, DEFAULT_RULES) == NOTHING
    assert evaluate(room_mention, powerful, ALICE, DEFAULT_RULES) == HIGHLIGHT


def test_server_acls_are_silent(event: MakeEvent, crowd: RoomView) -> None:
    rules = RuleSet(ALICE).put("underride", "everything", {"actions": ["notify"]}).compile()

    acl = event("m.room.server_acl", {}, state_key="")
    assert evaluate(acl, crowd, ALICE, rules) == NOTHING
    no_state = event("m.room.server_acl", {})
    assert evaluate(no_state, crowd, ALICE, rules) == QUIET


def test_edits_are_silent_unless_they_mention(event: MakeEvent, crowd: RoomView) -> None:
    edit = {**mentioning(), "m.relates_to": {"rel_type": "m.replace", "event_id": "$x"}}
    edit_that_mentions = {**edit, "m.mentions": {"user_ids": [ALICE]}}

    assert evaluate(event(content=edit), crowd, ALICE, DEFAULT_RULES) == NOTHING
    assert evaluate(event(content=edit_that_mentions), crowd, ALICE, DEFAULT_RULES) == MENTION
    encrypted_edit = event("m.room.encrypted", edit)
    assert evaluate(encrypted_edit, crowd, ALICE, DEFAULT_RULES) == NOTHING


def test_calls_ring(event: MakeEvent, crowd: RoomView) -> None:
    assert evaluate(event("m.call.invite", {}), crowd, ALICE, DEFAULT_RULES) == RING
    assert evaluate(event("m.call.hangup", {}), crowd, ALICE, DEFAULT_RULES) == NOTHING


def test_messages_sound_only_between_two(event: MakeEvent, crowd: RoomView, pair: RoomView) -> None:
    for type in (
        "m.room.message",
        "m.room.encrypted",
        "org.matrix.msc3381.poll.start",
        "org.matrix.msc3381.poll.end",
    ):
        assert evaluate(event(type, {}), pair, ALICE, DEFAULT_RULES) == DEFAULT_SOUND, type
        assert evaluate(event(type, {}), crowd, ALICE, DEFAULT_RULES) == QUIET, type


def test_votes_and_other_events_are_silent(event: MakeEvent, pair: RoomView) -> None:
    for type in ("org.matrix.msc3381.poll.response", "m.room.topic", "com.example.other"):
        assert evaluate(event(type, {}), pair, ALICE, DEFAULT_RULES) == NOTHING, type


def test_a_vote_stays_silent_under_a_rule_for_everything(event: MakeEvent, pair: RoomView) -> None:
    rules = RuleSet(ALICE).put("underride", "everything", {"actions": ["notify"]}).compile()

    vote = event("org.matrix.msc3381.poll.response", {})
    assert evaluate(vote, pair, ALICE, rules) == NOTHING
