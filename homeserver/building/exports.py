"""What people take along, put together."""

from attrs import frozen
from twisted.internet.defer import Deferred

from homeserver.accounts_web.export import ExportPages
from homeserver.accounts_web.proving import Proving
from homeserver.admin_api.exports import ExportEndpoints
from homeserver.building.accounts import AccountsPart
from homeserver.building.administration import AdministrationPart
from homeserver.building.ground import Ground
from homeserver.building.media import MediaPart
from homeserver.building.oauth import door_of
from homeserver.building.parts import Endpoints
from homeserver.changes import AccountErased
from homeserver.logs import logger
from homeserver.media.reading_files import FilePieces
from homeserver.users.archives import Archives
from homeserver.users.exports import KIND, Exports

log = logger(__name__)


@frozen(eq=False)
class Forgetting:
    """Archives of who is erased go, too."""

    _exports: Exports

    def account_erased(self, change: AccountErased) -> None:
        done = Deferred.fromCoroutine(self._exports.forget(change.user_id))
        done.addErrback(lambda failure: log.error("an archive stays: %s", failure.value))


def build_exports(
    ground: Ground,
    accounts: AccountsPart,
    administration: AdministrationPart,
    media: MediaPart,
) -> Endpoints:
    settings, world, it = ground.settings, ground.world, accounts.foundations
    archives = Archives(ground.db, FilePieces(media.contents), world.files)
    folder = settings.media.store_path / "exports"
    exports = Exports(administration.jobs, archives, world.clock, world.files, folder)
    administration.jobs.register(KIND, exports.work)
    media.upkeep.add(exports.sweep)
    ground.notifier.listen(AccountErased, Forgetting(exports).account_erased)
    admin = ExportEndpoints(administration.administration, exports)
    proving = Proving(it.credentials, it.second_factors, it.passkeys)
    pages = [ExportPages(door_of(it), exports, proving)] if settings.has_oauth else []
    return {"client": [admin, *pages], "admin": [admin]}
