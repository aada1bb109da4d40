"""What people do in a random room: one deed is one event, allowed or not."""

from collections.abc import Mapping
from random import Random

from attrs import frozen
from nacl.signing import SigningKey

from homeserver.events.canonical import canonical_json
from homeserver.events.event import Event, StateKey
from homeserver.events.room_versions import RoomVersion
from homeserver.events.unpadded_base64 import encode_base64
from homeserver.json_values import JsonObject, JsonValue

PEOPLE = (
    "@alice:example.org",
    "@bob:b.example",
    "@carol:example.org",
    "@dave:c.example",
    "@erin:b.example",
    "@mallory:m.example",
)
LEVELS = (0, 0, 25, 50, 50, 75, 99, 100, 100, 101)
NUMBERS = ("ban", "kick", "invite", "redact", "state_default", "events_default", "users_default")
TYPES_WITH_LEVELS = ("m.room.topic", "m.room.power_levels", "m.room.member", "org.example.place")
IDENTITY_KEY = SigningKey(b"i" * 32)

State = Mapping[StateKey, Event]


@frozen
class Deed:
    sender: str
    type: str
    content: JsonObject
    state_key: str | None = ""
    redacts: str | None = None


@frozen
class Actor:
    """Somebody in a room of this state, who does something at random."""

    name: str
    version: RoomVersion
    state: State
    random: Random

    def does(self) -> Deed:
        weights = {
            self.changes_a_membership: 30,
            self.sets_something: 16,
            self.changes_levels: 14,
            self.changes_join_rules: 8,
            self.comes_or_goes: 14,
            self.invites_through_others: 8,
            self.redacts_something: 3,
            self.says_something: 2,
        }
        (act,) = self.random.choices(list(weights), list(weights.values()))
        return act()

    # -- people

    def changes_a_membership(self) -> Deed:
        membership = self.random.choice(("invite", "invite", "leave", "leave", "ban"))
        return self._member(self._somebody(), {"membership": membership})

    def comes_or_goes(self) -> Deed:
        known = ["join", "join", "join", "leave"] + ["knock"] * self.version.knock
        content: JsonObject = {"membership": self.random.choice(known)}
        if self.random.random() < 0.3:
            content["displayname"] = f"{self.name} {self.random.randrange(9)}"
        if content["membership"] == "join" and self.version.restricted and self._tosses():
            content["join_authorised_via_users_server"] = self._somebody()
        return self._member(self.name, content)

    def invites_through_others(self) -> Deed:
        """An invite to an e-mail address, or what an identity server made of one."""
        token = f"token{self.random.randrange(3)}"
        if self._tosses():
            content: JsonObject = {"display_name": "m...", "public_key": public_key()}
            return Deed(self.name, "m.room.third_party_invite", content, token)
        target = self._somebody()
        named = target if self.random.random() < 0.9 else self._somebody()
        part = {"signed": signed_by_identity_server(named, token)}
        content = {"membership": "invite", "third_party_invite": part}
        return self._member(target, content)

    def _member(self, target: str, content: JsonObject) -> Deed:
        return Deed(self.name, "m.room.member", content, target)

    # -- the room

    def sets_something(self) -> Deed:
        number = self.random.randrange(1000)
        type, state_key = self.random.choice(
            (
                ("m.room.topic", ""),
                ("m.room.topic", ""),
                ("m.room.name", ""),
                ("m.room.history_visibility", ""),
                ("m.room.aliases", self.name.partition(":")[2]),
                ("org.example.place", self.name),
                ("org.example.place", f"shelf {self.random.randrange(3)}"),
            )
        )
        return Deed(self.name, type, {"value": number}, state_key)

    def changes_join_rules(self) -> Deed:
        rules = ["public", "public", "invite", "knock", "private", "restricted", "knock_restricted"]
        return Deed(self.name, "m.room.join_rules", {"join_rule": self.random.choice(rules)})

    def changes_levels(self) -> Deed:
        previous = self.state.get(("m.room.power_levels", ""))
        content: JsonObject = dict(previous.content) if previous else {}
        for _ in range(self.random.randint(1, 3)):
            content |= self._changed_part(content)
        return Deed(self.name, "m.room.power_levels", content)

    def _changed_part(self, content: JsonObject) -> JsonObject:
        kind = self.random.choice(("one user", "one user", "one type", "a number"))
        if kind == "one user":
            return self._nested(content, "users", self._somebody())
        if kind == "a number":
            return {self.random.choice(NUMBERS): self._level()}
        if self.random.random() < 0.2:
            return self._nested(content, "notifications", "room")
        return self._nested(content, "events", self.random.choice(TYPES_WITH_LEVELS))

    def _nested(self, content: JsonObject, key: str, inner: str) -> JsonObject:
        levels = dict(content.get(key) or {})
        if inner in levels and self.random.random() < 0.2:
            del levels[inner]
        else:
            levels[inner] = self._level()
        return {key: levels}

    def _level(self) -> JsonValue:
        """Old versions also take texts for levels; a few are tried that no version takes."""
        level = self.random.choice(LEVELS)
        if self.random.random() < 0.04:
            return self.random.choice((str(level), f" {level} ", f"+{level}"))
        return level

    # -- what is no state

    def redacts_something(self) -> Deed:
        events = list(self.state.values())
        aim = self.random.choice(events).event_id
        if self.version.redacts_in_content:
            return Deed(self.name, "m.room.redaction", {"redacts": aim}, None, aim)
        return Deed(self.name, "m.room.redaction", {}, None, aim)

    def says_something(self) -> Deed:
        return Deed(self.name, "m.room.message", {"msgtype": "m.text", "body": "hello"}, None)

    def _somebody(self) -> str:
        return self.random.choice(PEOPLE)

    def _tosses(self) -> bool:
        return self.random.random() < 0.5


def public_key() -> str:
    return encode_base64(bytes(IDENTITY_KEY.verify_key))


def signed_by_identity_server(mxid: str, token: str) -> JsonObject:
    covered = {"mxid": mxid, "token": token}
    signature = encode_base64(IDENTITY_KEY.sign(canonical_json(covered)).signature)
    return {**covered, "signatures": {"id.example": {"ed25519:0": signature}}}
