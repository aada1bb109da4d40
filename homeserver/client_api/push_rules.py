"""Spec: Client-Server API, "Push Rules: API"."""

from attrs import frozen

from homeserver.events.push_rules.rules import Kind
from homeserver.http.request import Request
from homeserver.http.routing import route
from homeserver.json_values import JsonObject
from homeserver.users.push_rules import PushRules

RULE = "/v3/pushrules/global/{kind}/{rule_id}"


@frozen(eq=False)
class PushRuleEndpoints:
    _push_rules: PushRules

    @route("GET", "/v3/pushrules", "/v3/pushrules/")
    async def get_all(self, request: Request) -> JsonObject:
        return (await self._push_rules.get(request.user_id)).as_client_json()

    @route("GET", "/v3/pushrules/global", "/v3/pushrules/global/")
    async def get_global(self, request: Request) -> JsonObject:
        rules: JsonObject = (await self.get_all(request))["global"]
        return rules

    @route("GET", RULE)
    async def get_rule(self, request: Request, kind: str, rule_id: str) -> JsonObject:
        return (await self._push_rules.rule(request.user_id, kind, rule_id)).as_json(Kind(kind))

    @route("PUT", RULE)
    async def put_rule(self, request: Request, kind: str, rule_id: str) -> JsonObject:
        await self._push_rules.put(
            request.user_id,
            kind,
            rule_id,
            request.json_object(),
            before=request.optional_text("before"),
            after=request.optional_text("after"),
        )
        return {}

    @route("DELETE", RULE)
    async def delete_rule(self, request: Request, kind: str, rule_id: str) -> JsonObject:
        await self._push_rules.delete(request.user_id, kind, rule_id)
        return {}

    @route("GET", RULE + "/enabled")
    async def get_enabled(self, request: Request, kind: str, rule_id: str) -> JsonObject:
        rule = await self._push_rules.rule(request.user_id, kind, rule_id)
        return {"enabled": rule.enabled}

    @route("PUT", RULE + "/enabled")
    async def set_enabled(self, request: Request, kind: str, rule_id: str) -> JsonObject:
        body = request.json_object()
        await self._push_rules.set_enabled(request.user_id, kind, rule_id, body)
        return {}

    @route("GET", RULE + "/actions")
    async def get_actions(self, request: Request, kind: str, rule_id: str) -> JsonObject:
        rule = await self._push_rules.rule(request.user_id, kind, rule_id)
        return {"actions": rule.actions}

    @route("PUT", RULE + "/actions")
    async def set_actions(self, request: Request, kind: str, rule_id: str) -> JsonObject:
        body = request.json_object()
        await self._push_rules.set_actions(request.user_id, kind, rule_id, body)
        return {}
