"""What the operator says about WeChat."""

from collections.abc import Mapping

from attrs import asdict, frozen

from bridges.kit.settings import understood


@frozen
class WechatSettings:
    """Where Tencent's servers are: of the iLink bots and their files, of Official Accounts, and of
    WeCom. `poll_s`: so long news of iLink are waited for.
    """

    ilink: str = "https://ilinkai.weixin.qq.com"
    ilink_files: str = "https://novac2c.cdn.weixin.qq.com/c2c"
    accounts: str = "https://api.weixin.qq.com"
    wecom: str = "https://qyapi.weixin.qq.com"
    poll_s: int = 35

    @property
    def servers(self) -> tuple[str, ...]:
        return (self.ilink, self.ilink_files, self.accounts, self.wecom)


def read(settings: Mapping[str, object]) -> WechatSettings:
    """Raises ValueError in words."""
    found = understood("WeChat", WechatSettings, settings)
    for name, value in asdict(found).items():
        if isinstance(value, str) and not value.startswith(("https://", "http://")):
            raise ValueError(f"WeChat's setting {name} must be an address with https://.")
    return found
