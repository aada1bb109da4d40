"""Addresses of accounts and letters to them, put together."""

from attrs import frozen

from homeserver.accounts_web.addresses import ACCOUNT, MAIL_CONFIRM, MAIL_PROOF, REGISTER, RESET
from homeserver.building.foundations import Foundations
from homeserver.building.mail import MailPart
from homeserver.signing_key import load_or_make
from homeserver.users.account_changes import PasswordChange
from homeserver.users.account_letters import AccountLetters
from homeserver.users.adding_mail import AddingMail
from homeserver.users.mail_addresses import MailAddresses
from homeserver.users.mail_proofs import MailProofs, Places, Writing
from homeserver.users.password_reset import PasswordReset
from homeserver.users.postman import Envelopes, Postman
from homeserver.users.registration_mail import RegistrationMail


@frozen(kw_only=True)
class AccountMail:
    letters: AccountLetters
    postman: Postman
    addresses: MailAddresses
    proofs: MailProofs
    adding: AddingMail
    reset: PasswordReset
    of_registration: RegistrationMail


def build_account_mail(
    it: Foundations, mail: MailPart | None, password_change: PasswordChange
) -> AccountMail | None:
    """None where no letters are sent."""
    if mail is None:
        return None
    settings, db, world = it.settings, it.db, it.world
    base = settings.baseurl
    letters = AccountLetters(settings.server_name)
    signing_key = load_or_make(settings.signing_key_path, world.random)
    postman = Postman(db, world.clock, mail.mailer, Envelopes(signing_key.encode()))
    places = Places(
        add=base + MAIL_CONFIRM,
        register=base + REGISTER,
        reset=base + RESET,
        for_apps=base + MAIL_PROOF,
    )
    writing = Writing(letters, postman, it.limits, places, base + ACCOUNT)
    proofs = MailProofs(db, world.clock, world.random, writing)
    addresses = MailAddresses(db, world.clock, letters, postman, base + ACCOUNT)
    return AccountMail(
        letters=letters,
        postman=postman,
        addresses=addresses,
        proofs=proofs,
        adding=AddingMail(db, proofs, addresses),
        reset=PasswordReset(db, it.passwords, password_change, proofs, addresses),
        of_registration=RegistrationMail(proofs, addresses),
    )
