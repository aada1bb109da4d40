"""Signs requests the way S3 and its likes ask for: AWS Signature Version 4."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from urllib.parse import quote, urlsplit

from attrs import frozen

ALGORITHM = "AWS4-HMAC-SHA256"


@frozen
class Credentials:
    """`secret` is in no log: it has no place in `repr`."""

    key_id: str
    secret: str
    region: str
    service: str = "s3"

    def __repr__(self) -> str:
        return f"Credentials({self.key_id!r}, ..., {self.region!r})"


def signed(
    credentials: Credentials,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body_hash: str,
    now_ms: int,
) -> dict[str, str]:
    """The headers with those that prove who asks. `body_hash` is hexadecimal SHA-256."""
    moment = datetime.fromtimestamp(now_ms // 1000, UTC)
    stamp = moment.strftime("%Y%m%dT%H%M%SZ")
    parts = urlsplit(url)
    all_headers = {
        **{name.lower(): value.strip() for name, value in headers.items()},
        "host": parts.netloc,
        "x-amz-content-sha256": body_hash,
        "x-amz-date": stamp,
    }
    names = ";".join(sorted(all_headers))
    request = "\n".join(
        [
            method,
            parts.path or "/",
            _query(parts.query),
            *(f"{name}:{all_headers[name]}" for name in sorted(all_headers)),
            "",
            names,
            body_hash,
        ]
    )
    scope = f"{stamp[:8]}/{credentials.region}/{credentials.service}/aws4_request"
    text = "\n".join([ALGORITHM, stamp, scope, sha256(request.encode()).hexdigest()])
    signature = hmac.new(_key(credentials, stamp[:8]), text.encode(), sha256).hexdigest()
    proof = (
        f"{ALGORITHM} Credential={credentials.key_id}/{scope}, SignedHeaders={names}, "
        f"Signature={signature}"
    )
    sent = {name: value for name, value in all_headers.items() if name != "host"}
    return {**sent, "authorization": proof}


def _query(query: str) -> str:
    """Sorted, and with a `=` behind each name."""
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    return "&".join(sorted(f"{name}={value}" for name, _, value in pairs))


def _key(credentials: Credentials, day: str) -> bytes:
    key = f"AWS4{credentials.secret}".encode()
    for part in (day, credentials.region, credentials.service, "aws4_request"):
        key = hmac.new(key, part.encode(), sha256).digest()
    return key


def path_quoted(path: str) -> str:
    """As it stands in the URL and in what is signed."""
    return quote(path, safe="/-_.~")
