"""The training code is no package: it runs as a folder, so its modules are found the same way."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "packaging" / "builtin_model"))
