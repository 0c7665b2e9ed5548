"""Find a Chromium for the browser tests and the PDF, or install one, or say what to do.

Order: what `COMPUTEBOOK_CHROMIUM` names, an installed Chromium or Chrome, Debian's package when
run as root, playwright's own download. Fails with a sentence when none can be had.
"""

import os
import shutil
import subprocess
import sys

from computebook.book.browser import find_chromium
from computebook.errors import ComputebookError

ADVICE = (
    "No browser: the browser tests and the PDF need Chromium. Install one "
    "(apt install chromium), or name one: COMPUTEBOOK_CHROMIUM=/path/to/chrome make test"
)


def found() -> bool:
    """Return whether a browser is there, and print which."""
    try:
        print(f"browser: {find_chromium()}")
    except ComputebookError:
        return False
    return True


def attempt(*command: str) -> None:
    """Run one installation step; its failure only means that the next one is tried."""
    print("browser: trying", " ".join(command), flush=True)
    try:
        subprocess.run(command, check=False, timeout=600, env=os.environ | QUIET)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"browser: {error}")


DEBIAN_PACKAGES = ("chromium", "fonts-dejavu-core")
QUIET = {"DEBIAN_FRONTEND": "noninteractive"}

if not found() and os.geteuid() == 0 and shutil.which("apt-get"):
    attempt("apt-get", "update", "-qq")
    attempt("apt-get", "install", "-y", "-qq", "--no-install-recommends", *DEBIAN_PACKAGES)
if not found():
    attempt(sys.executable, "-m", "playwright", "install", "chromium")
    if not found():
        sys.exit(ADVICE)
