"""What a server that was away is to get: all it missed, within bounds, and nothing that is stale.

Of a room in which more happened than we send, the newest events are sent: they name those before
them, and the server may ask for these.
"""

from collections import defaultdict, deque

from homeserver.storage import outgoing
from homeserver.storage.outgoing import Kind, News
from homeserver.storage.transaction import Transaction

MAX_EVENTS = 5_000
MAX_OF_ROOM = 1_000
MAX_OTHERS = 1_000


def plan(txn: Transaction, server: str, after: int, upto: int) -> deque[News]:
    """What is for the server on this part of the number line, in order."""
    of_rooms: defaultdict[int, list[News]] = defaultdict(list)
    others: list[News] = []
    for news, servers in outgoing.newest_first(txn, after, upto):
        if server not in servers:
            continue
        found = of_rooms[news.room] if news.kind == Kind.EVENT else others
        if len(found) < (MAX_OF_ROOM if news.kind == Kind.EVENT else MAX_OTHERS):
            found.append(news)
    share = max(1, MAX_EVENTS // max(1, len(of_rooms)))
    if sum(map(len, of_rooms.values())) > MAX_EVENTS:
        found = [news for of_room in of_rooms.values() for news in of_room[:share]]
    else:
        found = [news for of_room in of_rooms.values() for news in of_room]
    return deque(sorted(found + others))
