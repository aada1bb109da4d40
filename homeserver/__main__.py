"""`isthmus` and `python -m homeserver`."""

import sys

from homeserver.app import Application
from homeserver.cli import main as cli


def main() -> int:
    return cli.main(sys.argv[1:], Application.build)


if __name__ == "__main__":
    sys.exit(main())
