"""Writes docs/admin-api.md: which calls of Synapse's admin API the code has.

python -m scripts.specs.admin            write the page
python -m scripts.specs.admin --check    fail if the page is not what would be written
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from scripts.specs.routes import nameless, registered_routes

DOCS = Path(__file__).parents[2] / "docs"
PAGE, CALLS = DOCS / "admin-api.md", DOCS / "admin-api-calls.tsv"
STATES = ("yes", "partial", "no")

INTRODUCTION = """\
# The admin API

Consoles (Ketesa, Element Admin), bots (Draupnir, Mjolnir, Meowlnir) and playbooks that speak
Synapse's admin API find its calls here, on listeners with the resource `client` or `admin`. Only
administrators may use them: the account's `admin` must be true (`isthmus register-user --admin`, or
`PUT /_synapse/admin/v1/users/{userId}/admin`).

## What administrators did

Every call that is to change something is written into a log before it is begun, with time,
administrator, address, path, and what of the body is no secret (numbers, yes and no, the reason; no
passwords, no messages). `GET /_isthmus/admin/v1/actions?limit=100` answers with the newest
`actions`; `next_token` is the `from` of the next page.

## Accounts with two steps

A new password from an administrator is one step of two, as every password: it does not open the
account by itself. Who has lost both the phone and the recovery codes is helped by
`DELETE /_isthmus/admin/v1/users/{userId}/second_factor`: the password alone is enough again, until
the user turns on two steps anew. Be sure who asks for it.

## What is kept about somebody

`POST /_isthmus/admin/v1/users/{userId}/export` begins an archive, `GET .../erasure` lists what was
removed of who was erased: see [accounts](accounts.md#what-is-kept-about-people-and-how-it-goes).

## Where answers differ

* `received_ts` of a forward extremity is the time that the event tells, and `state_group` is made
  from the state: equal states have the same.
* Files are as old as their last use where `media.retention.local_unused_for` is set, else as old
  as their upload.
* `experimental_features`: all of them are on for everybody, none can be turned off for one account.
* `background_updates`: the database is brought up to date before the server answers, so that none
  is ever under way.
* `POST users/{userId}/login` is refused for accounts with two steps. A new token of this kind takes
  the place of the last one.
* The numbers of `/_synapse/metrics` are those of Isthmus, under its names.

## Calls

`core`: bots and playbooks rely on it. `common`: consoles do. `ui`: one console's pages. Written by
`python -m scripts.specs.admin` from [admin-api-calls.tsv](admin-api-calls.tsv) and from the routes
that are registered.
"""


@frozen
class Call:
    method: str
    path: str
    tier: str
    state: str
    note: str

    def __str__(self) -> str:
        return f"| {self.method} | {self.path} | {self.tier} | {self.state} | {self.note} |"


def calls() -> list[Call]:
    routes = registered_routes()
    with CALLS.open(newline="") as file:
        return [
            Call(method, path, tier, state_of(method, path, note, routes), note)
            for method, path, tier, note in list(csv.reader(file, delimiter="\t"))[1:]
        ]


def state_of(method: str, path: str, note: str, routes: set[tuple[str, str]]) -> str:
    if (method, nameless(path)) not in routes:
        return "no"
    return "partial" if note else "yes"


def page() -> str:
    return "\n".join([INTRODUCTION, *_table(calls())]) + "\n"


def _table(found: list[Call]) -> Iterator[str]:
    yield "| | yes | partial | no |"
    yield "|---|---|---|---|"
    for tier in dict.fromkeys(call.tier for call in found):
        count = Counter(call.state for call in found if call.tier == tier)
        yield f"| {tier} | {' | '.join(str(count[state]) for state in STATES)} |"
    yield ""
    yield "| method | path | for | there | what is missing |"
    yield "|---|---|---|---|---|"
    yield from map(str, found)


def main() -> None:
    if sys.argv[1:] != ["--check"]:
        PAGE.write_text(page())
    elif PAGE.read_text() != page():
        sys.exit(f"docs/{PAGE.name} is not what the code serves: python -m scripts.specs.admin")


if __name__ == "__main__":
    main()
