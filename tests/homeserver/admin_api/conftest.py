"""An administrator and somebody else."""

import pytest

from tests.outcomes import outcome
from tests.people import Person, Server

ADMIN = "/_synapse/admin"


@pytest.fixture
def admin(server: Server) -> Person:
    admin = server.person("admin")
    outcome(server.app.accounts.accounts.make_admin("@admin:test", True))
    return admin


@pytest.fixture
def alice(server: Server) -> Person:
    return server.person("alice")
