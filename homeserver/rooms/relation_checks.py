"""What is asked of relations beyond the room's own rules, before an event is sent."""

from homeserver.errors import MatrixError
from homeserver.events.building import Draft
from homeserver.storage import events, relations
from homeserver.storage.heads import Head
from homeserver.storage.thread_roots import THREAD
from homeserver.storage.transaction import Transaction

ANNOTATION = "m.annotation"


class DuplicateAnnotation(MatrixError):
    errcode = "M_DUPLICATE_ANNOTATION"


def check_relation(txn: Transaction, head: Head, sender: str, draft: Draft) -> None:
    """Spec: "Avoiding duplicate annotations", "Validation of `m.thread` relationships"."""
    if "m.relates_to" not in draft.content:
        return
    relation = relations.relation_in(draft.content)
    if relation is None:
        return
    if relation.rel_type == THREAD:
        root = events.find(txn, relation.relates_to)
        if root is not None and relations.relation_of(root.event) is not None:
            raise MatrixError("A thread cannot begin with an event that relates to another.")
    elif (
        relation.rel_type == ANNOTATION
        and relation.key is not None
        and relations.has_annotated(txn, head.room, relation, draft.type, sender)
    ):
        raise DuplicateAnnotation("You have annotated this event in this way before.")
