"""``python -m fitwatch``, the same as the command ``fitwatch``."""

import sys

from fitwatch.command import main

if __name__ == "__main__":
    sys.exit(main())
