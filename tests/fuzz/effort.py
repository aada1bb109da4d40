"""How much is tried.

ISTHMUS_FUZZ_EXAMPLES=5000 tries more, with other inputs each time; without it runs are repeatable.
"""

import os

from hypothesis import HealthCheck, settings

WANTED = os.environ.get("ISTHMUS_FUZZ_EXAMPLES")

EFFORT = settings(
    max_examples=int(WANTED or 200),
    derandomize=WANTED is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
