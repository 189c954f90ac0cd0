"""`python -m microgpt`: see `cli`."""

import sys

from microgpt.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
