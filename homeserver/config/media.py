"""Settings of files that people send, and of what is shown of the pages that they link to."""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from attrs import frozen

from homeserver.config.fields import secret, section, setting
from homeserver.config.forms import BaseUrl, Count, Duration, IpRange, ServerPattern, Size
from homeserver.config.network import PRIVATE_RANGES

Ranges = tuple[IPv4Network | IPv6Network, ...]


@frozen(kw_only=True)
class UrlPreviews:
    """What clients may show of a link: title, text and picture of its page."""

    enabled: bool = setting(
        False,
        "Whether this server fetches pages. Whoever posts a link can then see that it has looked.",
    )
    allow: tuple[ServerPattern, ...] | None = setting(
        None, "Fetch only from these hosts.", example=["example.org", "*.example.org"]
    )
    deny: tuple[ServerPattern, ...] = setting(
        (), "Never fetch from these hosts.", example=["*.example.net"]
    )
    ip_range_denylist: tuple[IpRange, ...] = setting(
        PRIVATE_RANGES, "Address ranges where no page may be."
    )
    max_bytes: Size = setting(10 * 1024**2, "The largest page or picture that is fetched.")
    fresh_for: Duration = setting(86_400_000, "How long a preview is used before it is made anew.")
    max_previews: Count = setting(10_000, "How many are kept. The oldest go first.")


@frozen(kw_only=True)
class ObjectStore:
    """A bucket of S3, or of what speaks like it, that keeps the files instead of the folder."""

    bucket: str | None = setting(
        None,
        "Its name. Without this, files are kept in the folder only.",
        example="matrix-media",
    )
    endpoint: BaseUrl = setting(
        "https://s3.us-east-1.amazonaws.com", "Where it is; the bucket's name follows in the path."
    )
    region: str = setting("us-east-1", "The region, as the place of the bucket is called.")
    key_id: str | None = setting(None, "The id of the access key.", example="AKIAEXAMPLE")
    secret: str | None = secret("The access key's secret.")
    prefix: str = setting("", "What stands before the name of each file.", example="media/")
    cache: Size = setting(
        10 * 1024**3,
        "How much of it may be in the folder as well. Those that came first go first, and "
        "come back when somebody asks for them.",
    )


@frozen(kw_only=True)
class MediaRetention:
    """Files that nobody asks for any more."""

    local_unused_for: Duration | None = setting(
        None,
        "Files of our users are deleted when nobody has asked for them for so long.",
        example="5y",
    )
    remote_unused_for: Duration | None = setting(
        None,
        "Files of other servers are deleted when nobody has asked for them for so long. They are "
        "fetched again when somebody does.",
        example="90d",
    )


@frozen(kw_only=True)
class Media:
    """Files that people send."""

    store_path: Path = setting(Path("media"), "The folder that holds them.")
    small_bytes: Size = setting(
        64 * 1024,
        "Files up to this size (64K at most) are kept in the database, which costs less; none if "
        "it is 0, or where there is a bucket.",
    )
    max_upload_bytes: Size = setting(50 * 1024**2, "The largest file that may be uploaded.")
    max_bytes_per_user: Size | None = setting(
        None, "How much one person may have uploaded in all.", example="10G"
    )
    max_bytes_of_all_users: Size | None = setting(
        None, "How much all of them together may have uploaded.", example="500G"
    )
    max_remote_bytes: Size = setting(
        100 * 1024**2, "The largest file that is fetched from another server."
    )
    max_remote_bytes_in_all: Size = setting(
        10 * 1024**3,
        "How much room files of other servers may take. Those that nobody asks for go first, and "
        "are fetched again when somebody does.",
    )
    keep_free: Size = setting(
        1024**3, "Uploads are refused when they would leave less than this free on the disk."
    )
    max_pending: Count = setting(
        20, "To how many addresses one person may have announced uploads that have not come."
    )
    pending_for: Duration = setting(86_400_000, "How long an announced upload may take to come.")
    freeze_unauthenticated: bool = setting(
        True,
        "Whether what is uploaded from now on is only for who is logged in. Files from before "
        "stay open to everybody who knows their address.",
    )
    max_image_pixels: Count = setting(
        50_000_000, "No thumbnails are made of pictures with more pixels."
    )
    max_thumbnail_bytes: Size = setting(
        2 * 1024**3,
        "How much room all thumbnails may take. Those that nobody asks for go first.",
    )
    retention: MediaRetention = section(MediaRetention)
    s3: ObjectStore = section(ObjectStore)
    url_previews: UrlPreviews = section(UrlPreviews)
