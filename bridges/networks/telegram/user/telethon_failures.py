"""What Telethon raises, in the kit's words."""

from collections.abc import Iterator
from contextlib import contextmanager

from telethon import errors

from bridges.kit.failures import BadCredentials, RateLimited, Rejected, Transient
from bridges.kit.web import Lost

LOGGED_OUT = "Telegram has ended this session. Log in again."


@contextmanager
def told() -> Iterator[None]:
    try:
        yield
    except errors.FloodError as error:
        raise RateLimited(
            float(getattr(error, "seconds", 1)), "Telegram asks us to wait."
        ) from None
    except (errors.UnauthorizedError, errors.AuthKeyError):
        raise BadCredentials(LOGGED_OUT) from None
    except (errors.ServerError, errors.TimedOutError):
        raise Lost("Telegram has trouble of its own.") from None
    except errors.RPCError as error:
        raise Rejected(f"Telegram says: {error.message}") from None
    except (OSError, TimeoutError):
        raise Lost("Telegram cannot be reached.") from None
    except ValueError:
        # Telethon knows nobody, and nothing, of that name or number.
        raise Rejected("Telegram knows no such chat.") from None


def reached() -> Transient:
    return Transient("We are not connected to Telegram at the moment.")
