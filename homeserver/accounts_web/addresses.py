"""Where the pages are."""

ACCOUNT = "/_isthmus/account"
SIGN_IN = "/_isthmus/account/sign-in"
SIGN_OUT = "/_isthmus/account/sign-out"
REGISTER = "/_isthmus/account/register"
SECOND_STEP = "/_isthmus/account/second-step"
PASSKEY = "/_isthmus/account/passkey"
PASSKEYS = "/_isthmus/account/passkeys"
PASSKEY_SCRIPT = "/_isthmus/account/passkeys.js"
TWO_STEPS = "/_isthmus/account/two-steps"
DEVICE = "/_isthmus/account/device"
PASSWORD = "/_isthmus/account/password"
EXPORT = "/_isthmus/account/export"
DEACTIVATE = "/_isthmus/account/deactivate"
CROSS_SIGNING = "/_isthmus/account/cross-signing"
CONFIRM = "/_isthmus/account/confirm"
CONFIRM_SCRIPT = "/_isthmus/account/confirmed.js"
STYLE = "/_isthmus/account/style.css"
AUTHORIZE = "/_isthmus/oauth/authorize"
LINK = "/_isthmus/link"
FORGOTTEN = "/_isthmus/account/forgotten"
RESET = "/_isthmus/account/reset"
MAIL = "/_isthmus/account/mail"
MAIL_CONFIRM = "/_isthmus/account/mail/confirm"
MAIL_REMOVE = "/_isthmus/account/mail/remove"
MAIL_PROOF = "/_isthmus/account/mail/proof"
REGISTER_MAIL = "/_isthmus/account/register/mail"
SSO = "/_isthmus/account/sso"
SSO_START = "/_isthmus/account/sso/start"
SSO_CALLBACK = "/_isthmus/account/sso/callback"
SSO_REGISTER = "/_isthmus/account/sso/register"
FOR_APPS = "/_isthmus/account/sso/app"
INVITATIONS = "/_isthmus/account/invitations"


def onward(wanted: str) -> str:
    """Where to go next: only to our own pages, whatever was asked for."""
    is_ours = wanted == LINK or wanted.startswith((AUTHORIZE + "?", LINK + "?", ACCOUNT))
    if not is_ours or "\\" in wanted or not wanted.isascii() or not wanted.isprintable():
        return ACCOUNT
    return wanted
