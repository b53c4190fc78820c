"""`python -m photofind` is the `photofind` command."""

import sys
from multiprocessing import freeze_support

from photofind.cli import main

if __name__ == "__main__":
    freeze_support()
    sys.exit(main())
