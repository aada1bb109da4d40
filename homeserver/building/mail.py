"""Letters, put together."""

from attrs import frozen

from homeserver.building.ground import Ground
from homeserver.client_api.mail_links import MailLinkEndpoints
from homeserver.peers.mail import Mailer, MailServer
from homeserver.users.mailboxes import Mailboxes
from homeserver.users.secrets import Secrets
from homeserver.users.signed_links import SignedLinks


@frozen(kw_only=True)
class MailPart:
    """`mailer` is for whoever writes letters; `endpoints` belong to the resource `client`."""

    mailer: Mailer
    mailboxes: Mailboxes
    endpoints: tuple[object, ...]


def build_mail(ground: Ground) -> MailPart | None:
    """None where no mail server is named."""
    settings, world, db = ground.settings, ground.world, ground.db
    if settings.mail.host is None:
        return None
    server = MailServer(settings.mail, settings.server_name, world.reactor, world.dns)
    mailboxes = Mailboxes(db, world.clock, SignedLinks(Secrets(db)), settings.baseurl)
    return MailPart(
        mailer=Mailer(server, world.clock),
        mailboxes=mailboxes,
        endpoints=(MailLinkEndpoints(mailboxes, settings.server_name),),
    )
