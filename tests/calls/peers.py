"""WebRTC peers that find each other with `m.call.*` events, as clients do.

Spec: Client-Server API, "Voice over IP".
"""

import asyncio
import math
from array import array
from fractions import Fraction
from typing import Any

from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.rtcconfiguration import RTCIceTransportPolicy
from aiortc.sdp import candidate_from_sdp
from attrs import define, field
from av import AudioFrame

from tests.clients.nio.people import Person

RATE = 48_000
SAMPLES = 960
LOUD = 1000


class Tone(MediaStreamTrack):
    """A tone that can be told from silence."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._sent = 0

    async def recv(self) -> AudioFrame:
        await asyncio.sleep(SAMPLES / RATE)
        times = range(self._sent, self._sent + SAMPLES)
        wave = array("h", [round(12_000 * math.sin(2 * math.pi * 440 * t / RATE)) for t in times])
        frame = AudioFrame(format="s16", layout="mono", samples=SAMPLES)
        frame.planes[0].update(wave.tobytes())
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._sent, Fraction(1, RATE)
        self._sent += SAMPLES
        return frame


@define(eq=False)
class Phone:
    """Somebody's end of a call; all it sends goes through the relay."""

    person: Person
    room: str
    party_id: str
    connection: RTCPeerConnection = field(init=False)
    _heard: "asyncio.Future[MediaStreamTrack]" = field(init=False)

    async def connects_to_relay(self, password: str | None = None) -> None:
        """With the password that the homeserver gives, or with another."""
        status, turn = await self.person.asks("GET", "/voip/turnServer")
        assert status == 200
        server = RTCIceServer(turn["uris"], turn["username"], password or turn["password"])
        self.connection = RTCPeerConnection(
            RTCConfiguration([server], iceTransportPolicy=RTCIceTransportPolicy.RELAY)
        )
        self.connection.addTrack(Tone())
        self._heard = asyncio.get_running_loop().create_future()
        self.connection.on("track", self._heard.set_result)

    async def says(self, type: str, **content: Any) -> None:
        common = {"call_id": "call", "party_id": self.party_id, "version": "1"}
        await self.person.sends_event(self.room, type, {**common, **content})

    async def hears(self, type: str) -> dict[str, Any]:
        """The content of the other side's event of this type."""

        def found() -> list[Any]:
            return [
                event.source["content"]
                for event in self.person.events(self.room)
                if event.source["type"] == type and event.sender != self.person.user_id
            ]

        content: dict[str, Any] = (await self.person.syncs_until(found))[0]
        return content

    async def invites(self) -> None:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        await self.says("m.call.invite", lifetime=60_000, offer=self.description())
        await self.says("m.call.candidates", candidates=self.candidates())

    async def answers(self) -> None:
        invite = await self.hears("m.call.invite")
        await self.take(invite["offer"])
        await self.connection.setLocalDescription(await self.connection.createAnswer())
        await self.says("m.call.answer", answer=self.description())
        await self.says("m.call.candidates", candidates=self.candidates())
        await self.take_candidates()

    async def take_answer(self) -> None:
        answer = await self.hears("m.call.answer")
        await self.take(answer["answer"])
        await self.take_candidates()

    async def take(self, description: dict[str, str]) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(**description))

    def description(self) -> dict[str, str]:
        """Without candidates, which travel in events of their own."""
        local = self.connection.localDescription
        lines = [line for line in local.sdp.splitlines() if not is_candidate(line)]
        return {"type": local.type, "sdp": "\r\n".join(lines) + "\r\n"}

    def candidates(self) -> list[dict[str, Any]]:
        lines = self.connection.localDescription.sdp.splitlines()
        found = [line.removeprefix("a=") for line in lines if line.startswith("a=candidate:")]
        assert found and all(" typ relay" in line for line in found)
        return [{"candidate": line, "sdpMid": "0", "sdpMLineIndex": 0} for line in found]

    async def take_candidates(self) -> None:
        content = await self.hears("m.call.candidates")
        for shown in content["candidates"]:
            candidate = candidate_from_sdp(shown["candidate"].removeprefix("candidate:"))
            candidate.sdpMid, candidate.sdpMLineIndex = shown["sdpMid"], shown["sdpMLineIndex"]
            await self.connection.addIceCandidate(candidate)
        await self.connection.addIceCandidate(None)

    async def hears_a_tone(self) -> None:
        track = await self._heard
        while True:
            frame: Any = await track.recv()
            if max(array("h", bytes(frame.planes[0]))) > LOUD:
                return

    async def hangs_up(self) -> None:
        await self.connection.close()


def is_candidate(line: str) -> bool:
    return line.startswith(("a=candidate:", "a=end-of-candidates"))
