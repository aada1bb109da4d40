"""Whether somebody wants to be spoken for."""

from attrs import frozen

from bridges.portals.ground import Ground
from bridges.portals.replies import Deed, Deeds, Replies, Said
from bridges.storage import opinions


@frozen
class PuppetCommands:
    _ground: Ground
    _replies: Replies

    def deeds(self) -> Deeds:
        text = "puppet on|off: whether what you say there, from elsewhere, comes from your account"
        return {"puppet": Deed(text, self._puppet)}

    async def _puppet(self, said: Said) -> None:
        if said.rest not in ("on", "off"):
            await self._replies.reply(said, "Say `puppet on` or `puppet off`.")
            return
        is_on = said.rest == "on"
        await self._ground.db.write(opinions.set_puppet, said.user_id, is_on)
        who = "your account" if is_on else "your ghost"
        await self._replies.reply(said, f"What you say there will come from {who}.")
