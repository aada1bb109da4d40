"""What was wrong, in a sentence of the page's language."""

from homeserver.errors import Forbidden, LimitExceeded, MatrixError
from homeserver.users.account_changes import PasswordElsewhere
from homeserver.users.breached_passwords import KnownPassword
from homeserver.users.oauth.errors import OAuthError
from homeserver.users.passwords import WeakPassword
from homeserver.users.second_factors import WrongCode
from homeserver.users.sessions import UserDeactivated, UserLocked


class Problem(MatrixError):
    """Something that a page says; `sentence` is its key."""

    def __init__(self, sentence: str, status: int = 400) -> None:
        super().__init__(sentence, status=status)
        self.sentence = sentence


BY_KIND: tuple[tuple[type[MatrixError], str], ...] = (
    (LimitExceeded, "problem.too_often"),
    (UserLocked, "problem.locked"),
    (PasswordElsewhere, "problem.directory"),
    (KnownPassword, "problem.password_known"),
    (WeakPassword, "problem.password_weak"),
    (OAuthError, "problem.app"),
    (Forbidden, "problem.refused"),
    (UserDeactivated, "problem.refused"),
)
BY_CODE = {
    "M_USER_IN_USE": "problem.name_taken",
    "M_EXCLUSIVE": "problem.name_taken",
    "M_INVALID_USERNAME": "problem.name_bad",
}


def sentence_of(error: MatrixError) -> str:
    if isinstance(error, Problem):
        return error.sentence
    of_kind = (sentence for kind, sentence in BY_KIND if isinstance(error, kind))
    return next(of_kind, BY_CODE.get(error.errcode, "problem.other"))


def proof_problem_of(error: MatrixError) -> str:
    """What was wrong with a password or a code."""
    if isinstance(error, WrongCode):
        return "problem.code_wrong"
    return "problem.password_wrong" if isinstance(error, Forbidden) else sentence_of(error)


def passkey_problem_of(error: MatrixError) -> str:
    """Whose passkey it might have been shows nowhere."""
    is_wrong = isinstance(error, Forbidden | UserDeactivated)
    return "problem.passkey" if is_wrong else sentence_of(error)
