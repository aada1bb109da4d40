"""WeChat, by the three doors that Tencent opens: iLink, Official Accounts, customer service."""

from collections.abc import Mapping

from bridges.networks.wechat.network import Wechat
from bridges.networks.wechat.settings import WechatSettings, read

SETTINGS = WechatSettings


def create(settings: Mapping[str, object]) -> Wechat:
    return Wechat(read(settings))
