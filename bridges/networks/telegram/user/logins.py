"""The ways in for somebody's own account: a code by phone, or a picture to scan; and a password."""

from bridges.kit.failures import Rejected
from bridges.kit.network import QR, Field, Flow, Login, LoginScreen
from bridges.networks.telegram.names import name_of
from bridges.networks.telegram.user.account import Answer, Entrance, Mtproto

PHONE = Flow("phone", "Your own account, by a code that Telegram sends you")
SCAN = Flow("qr", "Your own account, by scanning a picture")
TRIES = 3
PICTURES = 6
"""A picture holds for half a minute."""


async def log_in(mtproto: Mtproto, flow: Flow, screen: LoginScreen) -> Login:
    """Raises Rejected."""
    entrance = await mtproto.entrance()
    try:
        answer = await (by_phone if flow == PHONE else by_picture)(entrance, screen)
        if answer is Answer.PASSWORD:
            answer = await by_password(entrance, screen)
        if answer is not Answer.ADMITTED:
            raise Rejected("Telegram did not let you in. Begin again.")
        admitted = await entrance.admitted()
    finally:
        await entrance.close()
    secrets = {"session": admitted.session}
    return Login(str(admitted.user["id"]), name_of(admitted.user), secrets)


async def by_phone(entrance: Entrance, screen: LoginScreen) -> Answer:
    phone = Field("phone", "Your telephone number, with + and the country?", kind="phone")
    await entrance.send_code((await screen.ask(phone)).strip())
    answer = Answer.WRONG
    for _ in range(TRIES):
        code = Field("code", "The code that Telegram has sent you?", secret=True, kind="code")
        answer = await entrance.enter_code((await screen.ask(code)).strip())
        if answer is not Answer.WRONG:
            return answer
        await screen.note("That is not the code.")
    return answer


async def by_picture(entrance: Entrance, screen: LoginScreen) -> Answer:
    words = "Scan it with Telegram on your phone: Settings, Devices, Link Desktop Device."
    for _ in range(PICTURES):
        await screen.show(QR(await entrance.qr()), words)
        if (answer := await entrance.scanned()) is not Answer.EXPIRED:
            return answer
    return Answer.EXPIRED


async def by_password(entrance: Entrance, screen: LoginScreen) -> Answer:
    answer = Answer.WRONG
    for _ in range(TRIES):
        asked = Field("password", "Your password on Telegram?", secret=True, kind="password")
        answer = await entrance.enter_password(await screen.ask(asked))
        if answer is not Answer.WRONG:
            return answer
        await screen.note("That is not the password.")
    return answer
