"""What a file says it is, and how it is handed out. Spec: "Serving inline content"."""

import re
from urllib.parse import quote

UNKNOWN = "application/octet-stream"
MAX_TYPE = 255
MAX_NAME = 255

INLINE = frozenset(
    {
        "text/css",
        "text/plain",
        "text/csv",
        "application/json",
        "application/ld+json",
        "image/jpeg",
        "image/gif",
        "image/png",
        "image/apng",
        "image/webp",
        "image/avif",
        "video/mp4",
        "video/webm",
        "video/ogg",
        "video/quicktime",
        "audio/mp4",
        "audio/webm",
        "audio/aac",
        "audio/mpeg",
        "audio/ogg",
        "audio/wave",
        "audio/wav",
        "audio/x-wav",
        "audio/x-pn-wav",
        "audio/flac",
        "audio/x-flac",
    }
)
"""Types that a browser cannot be made to run."""

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE = re.compile(rf"{_TOKEN}/{_TOKEN}(?:\s*;[\x20-\x7e]*)?", re.ASCII)
_PLAIN_NAME = re.compile(r"[!#$&+.^_`|~0-9A-Za-z-]+", re.ASCII)
_QUOTABLE_NAME = re.compile(r"[\x20-\x7e]+", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def read_type(text: str) -> str:
    """A Content-Type as it may be sent again, whatever was sent to us."""
    text = text.strip()
    return text if len(text) <= MAX_TYPE and _TYPE.fullmatch(text) else UNKNOWN


def read_name(text: str | None) -> str | None:
    """A file's name without what is no letter or sign; None if nothing is left."""
    return _CONTROL.sub("", text or "")[:MAX_NAME] or None


def may_be_inline(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() in INLINE


def disposition(content_type: str, name: str | None) -> str:
    """The header Content-Disposition (RFC 6266)."""
    kind = "inline" if may_be_inline(content_type) else "attachment"
    if not name:
        return kind
    if _PLAIN_NAME.fullmatch(name):
        return f"{kind}; filename={name}"
    if _QUOTABLE_NAME.fullmatch(name):
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'{kind}; filename="{escaped}"'
    return f"{kind}; filename*=UTF-8''{quote(name, safe='')}"
