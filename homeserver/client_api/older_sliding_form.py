"""Sliding sync as clients write it today, under `org.matrix.simplified_msc3575`."""

from functools import lru_cache

from homeserver.client_api.sliding_values import (
    MAX_RANGES,
    MAX_RULES,
    read_conn_id,
    read_extensions,
    read_filter,
    read_limit,
    read_lists,
    read_range,
    read_subscriptions,
)
from homeserver.errors import BadJson, InvalidParam
from homeserver.events.required_state import MEMBER, RequiredState, StatePart, StateRule
from homeserver.http.request import field
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject, JsonValue, decode, encode
from homeserver.sync.sliding.wishes import Form, ListWish, Range, RoomConfig, SlidingWish

FORM = Form(merged=False)
ALL, LAZY, ME = "*", "$LAZY", "$ME"
MAX_REMEMBERED = 4000
"""Bytes of a configuration that is remembered."""


def older_wish(body: JsonObject, requester: Requester, pos: str) -> SlidingWish:
    user_id = requester.user_id
    lists = {
        name: ListWish(
            _ranges(config), _config(config, user_id), read_filter(config, is_invited="is_invite")
        )
        for name, config in read_lists(body).items()
    }
    rooms = {
        room_id: _config(config, user_id) for room_id, config in read_subscriptions(body).items()
    }
    return SlidingWish(
        requester,
        FORM,
        read_conn_id(body),
        pos,
        lists,
        rooms,
        read_extensions(body),
        field(body, "txn_id", str, "")[:255],
    )


def _ranges(config: JsonObject) -> tuple[Range, ...] | None:
    ranges = field(config, "ranges", list, None)
    if ranges is None or config.get("slow_get_all_rooms") is True:
        return None
    if len(ranges) > MAX_RANGES:
        raise InvalidParam(f"A list may have {MAX_RANGES} ranges.")
    return tuple(map(read_range, ranges))


def _config(config: JsonObject, user_id: str) -> RoomConfig:
    """Clients repeat themselves, and what is the same object is compared quickly."""
    wanted = encode([config.get("timeline_limit"), config.get("required_state")])
    return _parsed(wanted, user_id) if len(wanted) < MAX_REMEMBERED else _read(config, user_id)


@lru_cache(maxsize=1000)
def _parsed(wanted: bytes, user_id: str) -> RoomConfig:
    limit, state = decode(wanted)
    return _read({"timeline_limit": limit, "required_state": state}, user_id)


def _read(config: JsonObject, user_id: str) -> RoomConfig:
    rules = field(config, "required_state", list, [])
    if len(rules) > MAX_RULES:
        raise InvalidParam(f"'required_state' may have {MAX_RULES} entries.")
    include = [_rule(rule, user_id) for rule in rules]
    found = frozenset(rule for rule in include if rule is not None)
    part = StatePart(found, lazy=None in include)
    return RoomConfig(read_limit(config), RequiredState(frozenset((part,))))


def _rule(rule: JsonValue, user_id: str) -> StateRule | None:
    """None for members who come with what they say."""
    whole = isinstance(rule, list) and len(rule) == 2
    if not whole or not all(isinstance(text, str) for text in rule):
        raise BadJson("An entry of 'required_state' is an array of a type and a state key.")
    type, state_key = rule
    if type == MEMBER and state_key == LAZY:
        return None
    own_key = user_id if state_key == ME else state_key
    return StateRule(None if type == ALL else type, None if own_key == ALL else own_key)
