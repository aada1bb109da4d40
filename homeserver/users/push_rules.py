"""What notifies a user. Spec: Client-Server API, "Push Rules: API"."""

from collections.abc import Callable

from attrs import frozen

from homeserver.events.push_rules.rules import PushRule
from homeserver.events.push_rules.ruleset import RuleSet
from homeserver.json_values import JsonObject
from homeserver.storage import push_rules
from homeserver.storage.database import Database
from homeserver.storage.transaction import Transaction


@frozen
class PushRules:
    _db: Database

    async def get(self, user_id: str) -> RuleSet:
        return await self._db.glance(_rule_set, user_id)

    async def rule(self, user_id: str, kind: str, rule_id: str) -> PushRule:
        """Raises NotFound."""
        return (await self.get(user_id)).rule(kind, rule_id)

    async def put(
        self,
        user_id: str,
        kind: str,
        rule_id: str,
        body: JsonObject,
        *,
        before: str | None,
        after: str | None,
    ) -> None:
        def put(rules: RuleSet) -> RuleSet:
            return rules.put(kind, rule_id, body, before=before, after=after)

        await self._db.write(_change, user_id, put)

    async def delete(self, user_id: str, kind: str, rule_id: str) -> None:
        await self._db.write(_change, user_id, lambda rules: rules.delete(kind, rule_id))

    async def set_enabled(self, user_id: str, kind: str, rule_id: str, body: JsonObject) -> None:
        await self._db.write(_change, user_id, lambda rules: rules.set_enabled(kind, rule_id, body))

    async def set_actions(self, user_id: str, kind: str, rule_id: str, body: JsonObject) -> None:
        await self._db.write(_change, user_id, lambda rules: rules.set_actions(kind, rule_id, body))


def _rule_set(txn: Transaction, user_id: str) -> RuleSet:
    return push_rules.of(txn, user_id).rule_set


def _change(txn: Transaction, user_id: str, change: Callable[[RuleSet], RuleSet]) -> None:
    before = _rule_set(txn, user_id)
    after = change(before)
    if after != before:
        push_rules.save(txn, user_id, after)
