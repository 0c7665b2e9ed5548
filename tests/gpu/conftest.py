"""Puts the measurement's package on the path, as running the script does."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

# Modules that import PyTorch, which the environment of the tests does not have.
collect_ignore = ["kernelbench/device"]
