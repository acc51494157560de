"""``python -m voc``."""

import sys

from voc.cli import main

if __name__ == "__main__":
    sys.exit(main())
