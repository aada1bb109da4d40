"""Push rules by user: in rows what differs from the defaults, in memory the rules ready for use."""

from collections.abc import Collection

from attrs import define, field

from homeserver.changes import AccountDataChanged
from homeserver.events.push_rules.compiled import CompiledRules
from homeserver.events.push_rules.ruleset import RuleSet
from homeserver.json_values import decode, encode
from homeserver.storage.cache import Cache
from homeserver.storage.transaction import Row, Transaction

CACHE_BYTES = 8 * 1024 * 1024


@define(eq=False)
class KeptRules:
    """The rules of one user. `position` is that of their last change, 0 if there was none."""

    rule_set: RuleSet
    position: int
    size: int
    _compiled: CompiledRules | None = field(default=None, init=False)

    @property
    def compiled(self) -> CompiledRules:
        if self._compiled is None:
            self._compiled = self.rule_set.compile()
        return self._compiled

    def as_json(self) -> str:
        """As clients see them, as text."""
        return self.rule_set.as_client_text()


def of(txn: Transaction, user_id: str) -> KeptRules:
    known: KeptRules | None = txn.see(_cache(txn), user_id)
    return known if known is not None else of_many(txn, (user_id,))[user_id]


def of_many(txn: Transaction, user_ids: Collection[str]) -> dict[str, KeptRules]:
    """The rules of each user; what is not in memory costs one query for all."""
    cache = _cache(txn)
    kept: dict[str, KeptRules | None] = {user_id: txn.see(cache, user_id) for user_id in user_ids}
    missing = [user_id for user_id, rules in kept.items() if rules is None]
    for user_id, rules in _load(txn, missing).items():
        txn.fill(cache, user_id, rules)
        kept[user_id] = rules
    return {user_id: rules for user_id, rules in kept.items() if rules is not None}


def save(txn: Transaction, user_id: str, rule_set: RuleSet) -> int:
    """Replace a user's rules and make it known; their position."""
    position = txn.next_position()
    stored = encode(rule_set.to_json()).decode()
    txn.insert(
        """
        INSERT INTO push_rules (user_id, position, rules) VALUES (?, ?, ?)
        ON CONFLICT (user_id) DO UPDATE SET position = excluded.position, rules = excluded.rules
        """,
        user_id,
        position,
        stored,
    )
    txn.put(_cache(txn), user_id, KeptRules(rule_set, position, _size_of(stored)))
    txn.announce(AccountDataChanged(position, user_id, None, "m.push_rules"))
    return position


def _load(txn: Transaction, user_ids: list[str]) -> dict[str, KeptRules]:
    rows: list[Row] = []
    for start in range(0, len(user_ids), 500):
        part = user_ids[start : start + 500]
        rows += txn.query(
            f"""
            SELECT user_id, position, rules FROM push_rules WHERE user_id IN ({txn.in_list(part)})
            """,
            *part,
        )
    stored = {user_id: (position, rules) for user_id, position, rules in rows}
    return {user_id: _read(user_id, *stored.get(user_id, (0, "{}"))) for user_id in user_ids}


def _read(user_id: str, position: int, rules: str) -> KeptRules:
    return KeptRules(RuleSet.from_json(user_id, decode(rules)), position, _size_of(rules))


def _size_of(stored: str) -> int:
    """As objects they are many times as large as their text, but the defaults are shared."""
    return 600 if stored == "{}" else 8000 + 15 * len(stored)


def delete_of_user(txn: Transaction, user_id: str) -> None:
    txn.execute("DELETE FROM push_rules WHERE user_id = ?", user_id)
    txn.drop(_cache(txn), user_id)


def _cache(txn: Transaction) -> Cache[str, KeptRules]:
    return txn.memory.cache("push_rules", CACHE_BYTES, lambda _, rules: rules.size)
