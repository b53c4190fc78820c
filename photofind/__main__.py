"""`python -m photofind` is the `photofind` command."""

import sys

from photofind.cli import main

if __name__ == "__main__":
    sys.exit(main())
