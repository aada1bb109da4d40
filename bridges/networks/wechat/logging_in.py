"""The ways to log in."""

import secrets
from urllib.parse import urlsplit

from bridges.kit.failures import Rejected, Transient
from bridges.kit.json_values import JsonObject, objects
from bridges.kit.network import QR, Field, Login, LoginScreen
from bridges.kit.web import Lost, Web
from bridges.networks.wechat import account, customers
from bridges.networks.wechat.api import Api
from bridges.networks.wechat.door import token_in
from bridges.networks.wechat.envelope import Seal
from bridges.networks.wechat.ilink import Ilink, checked
from bridges.networks.wechat.settings import WechatSettings

MAX_CODES = 5
MAX_ASKED = 200
STATUS_S = 45


async def by_code(found: Web, settings: WechatSettings, screen: LoginScreen) -> Login:
    """A code that is scanned with WeChat; a new one when it is too old."""
    ilink = Ilink(found, settings.ilink)
    for _ in range(MAX_CODES):
        answer = checked(await ilink.post("get_bot_qrcode?bot_type=3", {"local_token_list": []}))
        code, url = str(answer.get("qrcode") or ""), str(answer.get("qrcode_img_content") or "")
        if not code or not url:
            raise Rejected("WeChat shows no code at the moment.")
        await screen.show(QR(url), "Scan this with WeChat on your phone.")
        if confirmed := await until_confirmed(ilink, code, screen):
            return confirmed_login(confirmed, settings)
    raise Rejected("Nobody scanned the code.")


async def until_confirmed(ilink: Ilink, code: str, screen: LoginScreen) -> JsonObject | None:
    """None: the code is too old."""
    asked, was_scanned = {"qrcode": code}, False
    for _ in range(MAX_ASKED):
        try:
            answer = await ilink.get("get_qrcode_status", asked, STATUS_S)
        except Lost:
            continue
        match answer.get("status"):
            case "confirmed":
                return answer
            case "expired":
                return None
            case "scaned" if not was_scanned:
                was_scanned = True
                await screen.note("Scanned. Confirm it on your phone.")
            case "scaned_but_redirect":
                ilink.root = redirected(ilink.root, str(answer.get("redirect_host") or ""))
            case "need_verifycode":
                question = Field("code", "Which digits does your phone show?", kind="code")
                asked["verify_code"] = (await screen.ask(question)).strip()
            case "verify_code_blocked":
                raise Rejected("WeChat takes no more digits: try again later.")
            case "binded_redirect":
                raise Rejected("This WeChat is bound to a bot already.")
    raise Transient("WeChat does not say whether the code was scanned.")


def redirected(root: str, host: str) -> str:
    """Only to Tencent's own servers, or to where the operator's settings point anyway."""
    given = urlsplit(root)
    parent = (given.hostname or "").partition(".")[2]
    inner = (urlsplit(f"//{host}").hostname or "").lower()
    if inner == given.hostname or (parent.count(".") >= 1 and inner.endswith(f".{parent}")):
        return f"{given.scheme}://{host}"
    raise Rejected("WeChat sends us to a server that is not its own.")


def confirmed_login(answer: JsonObject, settings: WechatSettings) -> Login:
    token, bot = answer.get("bot_token"), answer.get("ilink_bot_id")
    if not isinstance(token, str) or not isinstance(bot, str):
        raise Rejected("WeChat confirmed, but gave no token.")
    given = answer.get("baseurl")
    root = redirected(settings.ilink, urlsplit(given).netloc) if isinstance(given, str) else ""
    kept = {"token": token, "root": root or settings.ilink}
    return Login(f"ilink:{bot}", "WeChat", kept)


async def by_account(found: Web, settings: WechatSettings, screen: LoginScreen, hook: str) -> Login:
    app_id = (await screen.ask(Field("app_id", "The AppID?"))).strip()
    secret = await asked_secret(screen, "secret", "The AppSecret?")
    key = await asked_secret(screen, "aes_key", "The EncodingAESKey (or - for the plain mode)?")
    token_in(await account.token_of(found, settings.accounts, app_id, secret))
    kept = {"secret": secret, "callback_token": secrets.token_hex(12)}
    if key != "-":
        sealed_by(app_id, key)
        kept["aes_key"] = key
    await screen.note(
        "At mp.weixin.qq.com, under Basic configuration, enter the URL "
        f"{hook}/{app_id} and the Token {kept['callback_token']}."
    )
    return Login(f"account:{app_id}", f"Official Account {app_id}", kept)


async def by_customers(
    found: Web, settings: WechatSettings, screen: LoginScreen, hook: str
) -> Login:
    corp_id = (await screen.ask(Field("corp_id", "The corporation's id (CorpID)?"))).strip()
    secret = await asked_secret(screen, "secret", "The Secret of WeChat customer service?")
    key = await asked_secret(screen, "aes_key", "The EncodingAESKey of its callback?")
    sealed_by(corp_id, key)

    async def ask() -> JsonObject:
        return await customers.token_of(found, settings.wecom, corp_id, secret)

    answer = await Api(found, settings.wecom, ask).call("cgi-bin/kf/account/list", {})
    known = {
        str(it.get("open_kfid")): str(it.get("name") or it.get("open_kfid"))
        for it in objects(answer.get("account_list"))
    }
    if not known:
        raise Rejected("The corporation has no account of customer service yet.")
    kf = await screen.choose("Which account?", known) if len(known) > 1 else next(iter(known))
    kept = {"corp_id": corp_id, "secret": secret, "aes_key": key}
    kept["callback_token"] = secrets.token_hex(12)
    await screen.note(
        f"In WeCom, under WeChat customer service, API, enter the URL {hook}/{kf} "
        f"and the Token {kept['callback_token']}."
    )
    return Login(f"customers:{kf}", known[kf], kept)


async def by_application(
    found: Web, settings: WechatSettings, screen: LoginScreen, hook: str
) -> Login:
    corp_id = (await screen.ask(Field("corp_id", "The corporation's id (CorpID)?"))).strip()
    agent_id = await screen.ask(Field("agent_id", "The application's AgentId?", pattern="[0-9]+"))
    secret = await asked_secret(screen, "secret", "The application's Secret?")
    key = await asked_secret(screen, "aes_key", "The EncodingAESKey of its API for messages?")
    sealed_by(corp_id, key)

    async def ask() -> JsonObject:
        return await customers.token_of(found, settings.wecom, corp_id, secret)

    about = await Api(found, settings.wecom, ask).ask("cgi-bin/agent/get", {"agentid": agent_id})
    kept = {"corp_id": corp_id, "agent_id": agent_id, "secret": secret, "aes_key": key}
    kept["callback_token"] = secrets.token_hex(12)
    id = f"{corp_id}-{agent_id}"
    await screen.note(
        f"In WeCom, at the application, under Receive messages, enter the URL {hook}/{id} "
        f"and the Token {kept['callback_token']}."
    )
    return Login(f"application:{id}", str(about.get("name") or f"Application {agent_id}"), kept)


async def asked_secret(screen: LoginScreen, id: str, question: str) -> str:
    return (await screen.ask(Field(id, question, secret=True, kind="password"))).strip()


def sealed_by(receiver: str, key: str) -> None:
    try:
        Seal.of(receiver, key)
    except ValueError as error:
        raise Rejected("The EncodingAESKey has 43 letters and digits.") from error
