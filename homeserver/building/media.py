"""Files that people send, put together."""

from attrs import frozen

from homeserver.admin_api.media_quarantine import MediaQuarantineEndpoints
from homeserver.building.ground import Ground
from homeserver.building.parts import Part
from homeserver.building.peers import PeersPart
from homeserver.building.world import World
from homeserver.changes import AccountErased
from homeserver.client_api.media import MediaEndpoints, OpenMediaEndpoints
from homeserver.client_api.media_previews import MediaPreviewEndpoints
from homeserver.client_api.media_uploads import MediaUploadEndpoints
from homeserver.config.media import Media, UrlPreviews
from homeserver.config.settings import Settings
from homeserver.federation_api.media import MediaForServers
from homeserver.http.client import Client
from homeserver.http.outgoing_addresses import AddressRules
from homeserver.http.outgoing_connections import Connections
from homeserver.http.outgoing_tls import Trust
from homeserver.media.arrivals import Arrivals
from homeserver.media.contents import Contents
from homeserver.media.depots import Depot, OnlyTheFolder
from homeserver.media.downloads import Downloads, NoRemoteMedia, RemoteMedia
from homeserver.media.keeping import Keeping
from homeserver.media.letting_go import LettingGo, Meter
from homeserver.media.moderation import MediaModeration
from homeserver.media.page_reading import PageReading
from homeserver.media.preview_rules import PreviewRules
from homeserver.media.previews import Previews
from homeserver.media.quarantine import Quarantine
from homeserver.media.remote_files import Doors, RemoteFiles
from homeserver.media.remote_room import RemoteRoom
from homeserver.media.s3 import Bucket, S3Depot
from homeserver.media.sandbox_process import SandboxLimits, SandboxProcess
from homeserver.media.sandboxes import Sandbox
from homeserver.media.store import FileStore
from homeserver.media.thumbnails import Files, Thumbnails
from homeserver.media.upkeep import Orphans, Upkeep
from homeserver.media.uploads import MediaUploaded, UploadRules, Uploads
from homeserver.storage.database import Database
from homeserver.storage.media import remove_expired


@frozen(kw_only=True)
class MediaPart(Part):
    """`endpoints` belong to the resources `client` and `media`, `for_servers` to `federation`;
    `store` takes large bodies.
    """

    store: FileStore
    keeping: Keeping
    arrivals: Arrivals
    downloads: Downloads
    contents: Contents
    thumbnails: Thumbnails
    moderation: MediaModeration
    letting_go: LettingGo
    orphans: Orphans
    upkeep: Upkeep
    endpoints: tuple[object, ...]
    for_servers: MediaForServers
    _sandbox: Sandbox
    _client: Client

    async def start(self) -> None:
        self.upkeep.start()

    async def stop(self) -> None:
        self._sandbox.close()
        self._client.close()


@frozen(kw_only=True)
class Foundations:
    """What all of it stands on."""

    settings: Settings
    world: World
    db: Database
    store: FileStore
    keeping: Keeping
    sandbox: Sandbox
    rules: UploadRules
    depot: Depot
    remote_room: RemoteRoom


def build_media(ground: Ground, peers: PeersPart) -> MediaPart:
    settings, world, db = ground.settings, ground.world, ground.db
    it = lay_foundations(ground)
    client = preview_client(settings.media.url_previews, world)
    arrivals = Arrivals(world.clock)
    ground.notifier.listen(MediaUploaded, arrivals.note)
    downloads = Downloads(
        settings.server_name,
        db,
        world.clock,
        arrivals,
        remote_media(settings, it, peers),
        settings.media.freeze_unauthenticated,
        settings.media.retention.local_unused_for is not None,
    )
    contents = Contents(db, it.store, world.files, it.depot)
    thumbnails = Thumbnails(db, Files(it.store, world.files, it.depot), it.sandbox, world.clock)
    previews = build_previews(it, client)
    orphans = Orphans(db, it.store, world.files, it.keeping, world.clock)
    moderation = MediaModeration(db, it.keeping)
    letting_go = LettingGo(
        db, it.keeping, world.clock, settings.media.retention, Meter.of(ground.metrics.registry)
    )
    ground.notifier.listen(AccountErased, letting_go.account_erased)
    return MediaPart(
        store=it.store,
        keeping=it.keeping,
        arrivals=arrivals,
        downloads=downloads,
        contents=contents,
        thumbnails=thumbnails,
        moderation=moderation,
        letting_go=letting_go,
        orphans=orphans,
        upkeep=build_upkeep(it, orphans, thumbnails, previews, letting_go),
        endpoints=(
            MediaUploadEndpoints(Uploads(db, it.keeping, it.rules)),
            MediaEndpoints(downloads, contents, thumbnails, it.store.max_bytes),
            OpenMediaEndpoints(downloads, contents, thumbnails),
            MediaPreviewEndpoints(previews),
            MediaQuarantineEndpoints(Quarantine(db, moderation)),
        ),
        for_servers=MediaForServers(
            settings.server_name, downloads, contents, thumbnails, world.random
        ),
        sandbox=it.sandbox,
        client=client,
    )


def lay_foundations(ground: Ground) -> Foundations:
    settings, world, db = ground.settings, ground.world, ground.db
    media = settings.media
    store = FileStore(media.store_path, media.max_upload_bytes, media.keep_free)
    process = SandboxProcess(SandboxLimits(max_pixels=media.max_image_pixels))
    depot = depot_of(media, world, store)
    keeping = Keeping(db, store, world.files, depot)
    name = settings.server_name
    return Foundations(
        settings=settings,
        world=world,
        db=db,
        store=store,
        keeping=keeping,
        sandbox=Sandbox(process, world.sandbox, world.clock),
        rules=UploadRules(name, media, world.clock, world.random),
        depot=depot,
        remote_room=RemoteRoom(db, keeping, name, media.max_remote_bytes_in_all, store.lacking),
    )


def depot_of(media: Media, world: World, store: FileStore) -> Depot:
    """The operator chose the place, so it may be at a private address."""
    settings = media.s3
    if settings.bucket is None:
        return OnlyTheFolder(media.small_bytes)
    connections = Connections(world.reactor, world.dns, AddressRules(()), Trust())
    client = Client(world.reactor, world.clock, connections)
    bucket = Bucket(client, world.clock, settings)
    return S3Depot(bucket, store, world.files, settings.prefix, settings.cache)


def remote_media(settings: Settings, it: Foundations, peers: PeersPart) -> RemoteMedia:
    if not settings.federation.enabled:
        return NoRemoteMedia()
    doors = Doors(peers.peers, peers.client)
    return RemoteFiles(doors, it.store, it.keeping, it.rules, it.remote_room)


def build_previews(it: Foundations, client: Client) -> Previews:
    settings = it.settings.media.url_previews
    rules = PreviewRules.of(settings)
    reading = PageReading(client.request, rules, it.store, it.sandbox, settings.max_bytes)
    return Previews(it.db, it.keeping, it.rules, rules, reading)


def build_upkeep(
    it: Foundations,
    orphans: Orphans,
    thumbnails: Thumbnails,
    previews: Previews,
    letting_go: LettingGo,
) -> Upkeep:
    clock, most = it.world.clock, it.settings.media.max_thumbnail_bytes
    return Upkeep(
        clock,
        orphans,
        (
            lambda: it.db.write(remove_expired, clock.now_ms()),
            lambda: thumbnails.shrink(most),
            previews.trim,
            it.remote_room.shrink,
            letting_go.of_erased,
            letting_go.unused,
            it.depot.clear_folder,
        ),
    )


def preview_client(settings: UrlPreviews, world: World) -> Client:
    rules = AddressRules(settings.ip_range_denylist)
    connections = Connections(world.reactor, world.dns, rules, Trust())
    return Client(world.reactor, world.clock, connections)
