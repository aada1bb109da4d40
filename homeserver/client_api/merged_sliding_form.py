"""Sliding sync as MSC4186 was merged: `POST /v4/sync`."""

from functools import lru_cache

from homeserver.client_api.sliding_values import (
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
from homeserver.events.required_state import RequiredState, StatePart, StateRule
from homeserver.http.request import field
from homeserver.http.requester import Requester
from homeserver.json_values import JsonObject, JsonValue, decode, encode
from homeserver.sync.sliding.wishes import Form, ListWish, RoomConfig, SlidingWish

FORM = Form(merged=True)
MAX_REMEMBERED = 4000
"""Bytes of a configuration that is remembered."""


def merged_wish(body: JsonObject, requester: Requester) -> SlidingWish:
    lists = {
        name: ListWish(
            None if config.get("range") is None else (read_range(config["range"]),),
            _config(config),
            read_filter(config, is_invited="is_invited"),
        )
        for name, config in read_lists(body).items()
    }
    rooms = {room_id: _config(config) for room_id, config in read_subscriptions(body).items()}
    return SlidingWish(
        requester,
        FORM,
        read_conn_id(body),
        field(body, "pos", str, ""),
        lists,
        rooms,
        read_extensions(body),
    )


def _config(config: JsonObject) -> RoomConfig:
    """Clients repeat themselves, and what is the same object is compared quickly."""
    wanted = encode([config.get("timeline_limit"), config.get("required_state")])
    return _parsed(wanted) if len(wanted) < MAX_REMEMBERED else _read(config)


@lru_cache(maxsize=1000)
def _parsed(wanted: bytes) -> RoomConfig:
    limit, state = decode(wanted)
    return _read({"timeline_limit": limit, "required_state": state})


def _read(config: JsonObject) -> RoomConfig:
    state = field(config, "required_state", dict, {})
    is_lazy = field(state, "lazy_members", bool, False)
    part = StatePart(_rules(state, "include"), _rules(state, "exclude"), is_lazy)
    return RoomConfig(read_limit(config), RequiredState(frozenset((part,))))


def _rules(state: JsonObject, name: str) -> frozenset[StateRule]:
    rules = field(state, name, list, [])
    if len(rules) > MAX_RULES:
        raise InvalidParam(f"'{name}' may have {MAX_RULES} entries.")
    return frozenset(map(_rule, rules))


def _rule(rule: JsonValue) -> StateRule:
    if not isinstance(rule, dict):
        raise BadJson("An entry of 'include' or 'exclude' is an object.")
    return StateRule(field(rule, "type", str, None), field(rule, "state_key", str, None))
