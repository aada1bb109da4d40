"""What browsers and apps send as application/x-www-form-urlencoded."""

from urllib.parse import parse_qs

from homeserver.errors import InvalidParam
from homeserver.http.request import MAX_PARAMETERS, Request


def form_of(request: Request) -> dict[str, str]:
    """The fields of the body; each comes once."""
    try:
        fields = parse_qs(
            request.body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_PARAMETERS,
        )
    except ValueError:
        raise InvalidParam("The body of the request is not a form.") from None
    if any(len(values) > 1 for values in fields.values()):
        raise InvalidParam("A field of the form comes more than once.")
    if any("\0" in values[0] for values in fields.values()):
        raise InvalidParam("The form holds a NUL character.")
    return {name: values[0] for name, values in fields.items()}
