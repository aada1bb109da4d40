"""Every table that says something about a user. Who adds a table adds it here."""

from homeserver.storage.holdings import NUMBER, Holding, held

HISTORY, NAME, EVIDENCE, NEWS, ROOM, FILES = "history", "name", "evidence", "news", "room", "files"
REASONS = {
    HISTORY: "It is part of the rooms' history: others share it, and later ones get it redacted.",
    NAME: "So that nobody else gets the name.",
    EVIDENCE: "What administrators did, and why, must stay open to question.",
    NEWS: "Others have to hear that the devices are gone.",
    ROOM: "It belongs to the room.",
    FILES: "The files are being deleted, and with each its row.",
}
"""Why something outlives an erasure."""

OF_SESSION = "session IN (SELECT id FROM sessions WHERE user_id = ?)"
OF_PUSHER = "pusher IN (SELECT position FROM pushers WHERE user_id = ?)"
OF_BACKUP = "backup IN (SELECT id FROM key_backups WHERE user_id = ?)"
OF_DEVICE = "REPLACE(device, ? || ' ', '') <> device"
"""For columns with the name of a device: user id and device id, a space between."""
OF_CONNECTION = f"connection IN (SELECT id FROM sliding_connections WHERE {OF_DEVICE})"
IN_PATH = "REPLACE(path, ?, '') <> path"

ACCOUNT = (
    held(
        "accounts",
        "user_id created_ts appservice user_type agreed_terms is_guest is_admin is_unlimited "
        "is_locked is_suspended is_deactivated is_erased is_shadow_banned",
        "password_hash is_leaving keys_replaceable_until",
        kept=NAME,
    ),
    held("erased_users", "user_id erased_ts removed", "position", kept=NAME),
    held("external_ids", "provider external_id", "user_id"),
    held("mail_addresses", "address validated_ts added_ts", "user_id"),
    held(
        "mail_proofs",
        "purpose address attempt next_link expires_ts validated_ts",
        "id user_id secret token",
    ),
    held("letters", "tries next_ts expires_ts", "position user_id sealed"),
    held(
        "registration_tokens",
        "uses_allowed uses expires_ts",
        "token created_by",
        where="created_by = ?",
    ),
    held("account_languages", "language", "user_id"),
    held("account_limits", "user_id messages_per_second burst_count"),
    held("profiles", "user_id fields"),
    held("profile_changes", "field", "user_id position"),
    held("user_directory", "shown", "user_id words"),
    held("presence", "state status_msg last_active", "user_id position"),
    held("server_notice_rooms", "room_id", "user_id"),
)
ENTRANCES = (
    # What hangs on rows of others comes before these.
    held("session_tokens", "refreshes expires_ts", "hash session generation", where=OF_SESSION),
    held("oauth_sessions", "client_id scope", "session", where=OF_SESSION),
    held("sessions", "device_id created_ts", "id user_id generation"),
    held("login_tokens", "expires_ts is_whole", "hash user_id"),
    held(
        "sso_visits",
        "provider next claims expires_ts proves",
        "state browser nonce verifier user_id",
    ),
    held("provider_sessions", "provider sid device_id expires_ts", "position user_id hash"),
    held("browser_sessions", "is_whole expires_ts passkey_ts", "hash user_id"),
    held("passkeys", "name created_ts used_ts counter", "id user_id public_key"),
    held(
        "oauth_codes", "client_id redirect_uri scope expires_ts", "hash user_id challenge session"
    ),
    held(
        "oauth_device_codes",
        "client_id scope expires_ts is_denied",
        "hash user_code polled_ts user_id",
    ),
    held("interactive_sessions", "operation created_ts", "id user_id completed request"),
    held("openid_tokens", "expires", "hash user_id"),
    held("cross_signing_approvals", "expires_ts", "user_id"),
    held("totp_secrets", "is_confirmed", "user_id secret last_step"),
    held("recovery_codes", "user_id", "hash"),
)
DEVICES = (
    held("sliding_versions", "version change", "connection place", where=OF_CONNECTION),
    held("sliding_connections", "conn_id used_ts", "id device", where=OF_DEVICE),
    held("to_device_requests", "type txn_id sent", "device", where=OF_DEVICE),
    held("to_device", "device_id message", "position user_id"),
    held("device_updates", "device_id content", "position user_id previous", kept=NEWS),
    held("device_lists", "user_id", "position", kept=NEWS),
    held("device_keys", "device_id keys", "user_id"),
    held("one_time_key_batches", "device_id algorithm count taken keys", "position user_id width"),
    held("issued_one_time_keys", "device_id", "user_id fingerprint"),
    held("fallback_keys", "device_id algorithm key_id key used", "user_id"),
    held("dehydrated_devices", "device_id device_data", "user_id"),
    held("cross_signing_keys", "usage key", "user_id public_key"),
    held(
        "user_signatures",
        "signer user_id key_id signature",
        "position",
        where="? IN (signer, user_id)",
    ),
    held(
        "backed_up_keys",
        "room_id session_id first_message_index forwarded_count is_verified session_data",
        "backup",
        where=OF_BACKUP,
    ),
    held("key_backups", "version algorithm auth_data count deleted", "id user_id etag"),
    held(
        "devices",
        "device_id display_name created_ts last_seen_ts last_seen_ip last_seen_user_agent",
        "user_id",
    ),
)
APPS = (
    held("account_data", "room_id type content deleted", "user_id position"),
    held("filters", "filter_id content", "user_id position"),
    held("push_rules", "rules", "user_id position"),
    held("push_queue", "event tweaks since_ts", "pusher position", where=OF_PUSHER),
    held("pusher_proofs", "expires_ts", "pusher hash", where=OF_PUSHER),
    held("mail_rhythms", "last_ts wait_ms", "pusher", where=OF_PUSHER),
    held(
        "pushers",
        "app_id pushkey device_id content enabled activated set_ts badge",
        "user_id position",
    ),
)
ROOMS = (
    held(
        "memberships",
        "room# membership sender# forgotten",
        "user_id position moved",
        by=NUMBER,
        kept=HISTORY,
    ),
    held("receipts", "room# type thread event_id ts", "user_id place position", by=NUMBER),
    held("highlights", "room# position", "user_id", by=NUMBER),
    held(
        "thread_subscriptions",
        "room# root subscribed automatic",
        "user_id position unsubscribed_at",
        by=NUMBER,
    ),
    held("room_previews", "room# server state", "user_id", by=NUMBER),
    held(
        "call_seats",
        "room# given_ts base_url present",
        "call identity user_id delay_id delay_ms due_ts",
        by=NUMBER,
    ),
    held(
        "delayed_events",
        "room_id type state_key content delay since_ts due_ts finalised_ts event_id error",
        "delay_id position user_id device appservice sticky origin_server_ts txn_id yields",
    ),
    held("aliases", "alias room_id", "creator", where="creator = ?", kept=ROOM),
    held(
        "relations",
        "room# relates_to rel_type type# aggregation_key",
        "position sender counted",
        where="sender = ?",
        by=NUMBER,
        kept=HISTORY,
    ),
)
WORD_OF_MOUTH = (
    held(
        "reports",
        "kind room_id event_id user_id reason received_ts",
        "id reporter",
        where="reporter = ?",
    ),
    held(
        "admin_actions",
        "ts ip method path details",
        "id admin",
        title="own_admin_actions",
        where="admin = ?",
        kept=EVIDENCE,
    ),
    held(
        "admin_actions",
        "ts admin method path details",
        "id ip",
        title="admin_actions",
        where=IN_PATH,
        kept=EVIDENCE,
    ),
    held(
        "admin_jobs",
        "kind status begun_ts changed_ts",
        "id subject wish progress",
        where="subject = ?",
    ),
    held(
        "blocked_rooms", "room_id blocked_ts", "blocked_by", where="blocked_by = ?", kept=EVIDENCE
    ),
)
MEDIA = held(
    "media",
    "origin media_id created_ts expires_ts file bytes content_type file_name needs_token asked_ts",
    "user_id used_ts",
    kept=FILES,
)
EVENTS = held(
    "events",
    "event_id room# origin_server_ts json",
    "position place type state_key sender depth state current replaces counted redaction standing "
    "device txn_id",
    where="sender = ?",
    by=NUMBER,
    kept=HISTORY,
)
"""Exported room by room: nobody looks for a sender's events in all of them."""

LISTED: tuple[Holding, ...] = (
    *ENTRANCES,
    *DEVICES,
    *APPS,
    *ROOMS,
    *WORD_OF_MOUTH,
    *ACCOUNT,
    MEDIA,
)

NOT_OF_PEOPLE = {
    "rooms and what is known of them": (
        "rooms extremities state_nodes current_state missing_events early_redactions thread_roots "
        "sticky_events published_rooms open_rooms room_types purged_rooms history_places "
        "mass_redactions search_index search_progress"
    ),
    "events on their way, or being looked at": (
        "handed_in incoming_events received_transactions outgoing outgoing_to_device "
        "appservice_queues quiet_events"
    ),
    "numbers, names and marks of the server": (
        "migrations line names followers key_claims server_secrets oauth_clients push_pauses"
    ),
    "other servers, and what they told": (
        "server_key_documents server_keys silent_destinations lagging_servers server_sets "
        "remote_device_lists remote_devices"
    ),
    "files by their content": "media_files media_thumbnails url_previews protected_media",
}
