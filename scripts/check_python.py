"""Stop with one clear sentence when the interpreter cannot hold the environment."""

import importlib.util
import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        f"Python {sys.version_info.major}.{sys.version_info.minor} is not supported: "
        "the lock file is for 3.11 to 3.13. Name one: make PYTHON=python3.12 site"
    )
if importlib.util.find_spec("ensurepip") is None:
    sys.exit("This Python has no venv module: install it (apt install python3-venv) and run again.")
