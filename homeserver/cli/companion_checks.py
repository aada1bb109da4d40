"""What `isthmus doctor` asks of those with whom the server works: mail server, application services
and push gateways.
"""

import json
import smtplib
import sqlite3
import ssl
import time
from collections.abc import Iterator
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import psycopg2

from homeserver.cli.findings import Finding, good, problem, warning
from homeserver.config.push import Mail
from homeserver.config.settings import Settings
from homeserver.config.storage import PostgresqlDatabase
from homeserver.users.appservices import AppService, BadRegistration, load

_TIMEOUT_SECONDS = 5
_PAUSES = "SELECT name, since_ts FROM push_pauses ORDER BY since_ts"
_HOUR_MS = 3_600_000


def mail(settings: Settings) -> Iterator[Finding]:
    """The mail server lets us in. No letter is sent."""
    if settings.mail.host is None:
        return
    where = f"{settings.mail.host}:{settings.mail.port}"
    try:
        _greet(settings.mail, settings.mail.host)
    except smtplib.SMTPAuthenticationError:
        remedy = "See mail.user and mail.password."
        yield problem("mail", f"The mail server {where} does not take our password.", remedy)
    except (OSError, smtplib.SMTPException) as error:
        remedy = "See mail.host, mail.port and mail.tls, and whether a firewall is in between."
        yield problem("mail", f"The mail server {where}: {error}.", remedy)
    else:
        yield good("mail", f"The mail server {where} lets us in.")


def _greet(mail: Mail, host: str) -> None:
    context = ssl.create_default_context()
    for path in mail.custom_ca_paths:
        context.load_verify_locations(path)
    if mail.tls == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            host, mail.port, timeout=_TIMEOUT_SECONDS, context=context
        )
    else:
        smtp = smtplib.SMTP(host, mail.port, timeout=_TIMEOUT_SECONDS)
    with smtp:
        if mail.tls == "starttls":
            smtp.starttls(context=context)
        if mail.user is not None:
            smtp.login(mail.user, mail.password or "")
        smtp.noop()


def appservices(settings: Settings) -> Iterator[Finding]:
    """Each service of a registration file answers, and knows our token."""
    try:
        services = load(settings.appservice_config_files, settings.server_name)
    except BadRegistration as error:
        yield problem("appservices", f"{error}", "Mend the registration file.")
        return
    for service in services.all:
        if service.url is not None:
            yield _ping(service, service.url)


def _ping(service: AppService, url: str) -> Finding:
    body = json.dumps({"transaction_id": "doctor"}).encode()
    headers = {
        "Authorization": f"Bearer {service.hs_token}",
        "Content-Type": "application/json",
    }
    request = Request(f"{url}/_matrix/app/v1/ping", body, headers, method="POST")
    try:
        urlopen(request, timeout=_TIMEOUT_SECONDS).close()
    except HTTPError as error:
        if error.code in (401, 403):
            remedy = "Its registration and ours differ: give both the same file."
            return problem("appservices", f"{service.id} does not know our hs_token.", remedy)
        return good("appservices", f"{service.id} answers at {url}, but not to pings.")
    except (URLError, OSError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        remedy = "Start the service, or mend `url` in its registration."
        return problem("appservices", f"{service.id} at {url}: {reason}.", remedy)
    return good("appservices", f"{service.id} answers at {url}.")


def push(settings: Settings) -> Iterator[Finding]:
    """Gateways that do not take what they are told, as the server has noted them."""
    if not settings.push.enabled:
        return
    try:
        pauses = _pauses(settings)
    except (sqlite3.Error, psycopg2.Error):
        return  # There is no such table yet, or the check of the database says more.
    now_ms = time.time() * 1000
    for name, since_ts in pauses:
        hours = (now_ms - since_ts) / _HOUR_MS
        yield warning(
            "push",
            f"{name} takes no notifications since {hours:.1f} hours.",
            "See whether it can be reached from here; what waits is sent once it answers.",
        )
    if not pauses:
        yield good("push", "All push gateways take what they are told.")


def _pauses(settings: Settings) -> list[tuple[str, int]]:
    if isinstance(settings.database, PostgresqlDatabase):
        connection = psycopg2.connect(settings.database.dsn, connect_timeout=_TIMEOUT_SECONDS)
        try:
            with connection.cursor() as cursor:
                cursor.execute(_PAUSES)
                return list(cursor.fetchall())
        finally:
            connection.close()
    file = sqlite3.connect(f"file:{settings.database.path}?mode=ro", uri=True, timeout=5)
    try:
        return file.execute(_PAUSES).fetchall()
    finally:
        file.close()
