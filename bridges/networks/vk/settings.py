"""What the operator says about VK."""

from collections.abc import Mapping

from attrs import frozen

from bridges.kit.settings import understood


@frozen
class VkSettings:
    """`api` is where VK's methods are. News are waited for `poll_s` seconds.

    `media_max_bytes`: larger files are named instead of sent.
    """

    api: str = "https://api.vk.com/method"
    poll_s: int = 25
    media_max_bytes: int = 50_000_000


def read(settings: Mapping[str, object]) -> VkSettings:
    """Raises ValueError in words."""
    found = understood("VK", VkSettings, settings)
    if not found.api.startswith(("https://", "http://")):
        raise ValueError("VK's setting api must be an address with https://.")
    if not 1 <= found.poll_s <= 90:
        raise ValueError("VK's setting poll_s must be from 1 to 90.")
    return found
