"""VK: communities, which people write to and invite into their chats."""

from collections.abc import Mapping

from bridges.networks.vk.network import Vk
from bridges.networks.vk.settings import VkSettings, read

SETTINGS = VkSettings


def create(settings: Mapping[str, object]) -> Vk:
    return Vk(read(settings))
