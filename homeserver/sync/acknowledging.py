"""What a device has got is forgotten: a token that comes back says that all before it arrived."""

from homeserver.storage import to_device
from homeserver.storage.database import Database


async def acknowledge(db: Database, user_id: str, device_id: str, place: int) -> None:
    """Messages to the device up to this place; mostly there are none, and memory knows that."""
    waiting = to_device.known_count(db.memory, user_id, device_id)
    if waiting is None:
        waiting = await db.glance(to_device.count, user_id, device_id)
    if waiting:
        await db.write(to_device.delete_upto, user_id, device_id, place)
