"""Users who want no invites. Spec: Client-Server API, "Invite permission" (MSC4380)."""

from homeserver.errors import MatrixError
from homeserver.storage import account_data
from homeserver.storage.transaction import Transaction

TYPES = ("m.invite_permission_config", "org.matrix.msc4380.invite_permission_config")


class InviteBlocked(MatrixError):
    status = 403
    errcode = "M_INVITE_BLOCKED"


def blocks_invites(txn: Transaction, user_id: str) -> bool:
    configs = (account_data.find(txn, user_id, None, type) for type in TYPES)
    return any(config and config.get("default_action") == "block" for config in configs)


def check_invite_permission(txn: Transaction, user_id: str) -> None:
    if blocks_invites(txn, user_id):
        raise InviteBlocked(f"{user_id} does not want to be invited to rooms.")
