"""Ask every external address in `references.bib` whether it still answers.

Prints one line per address that does not, with its keys; exit status 1 when any is gone
(404 or 410, or no such host). Refusals to robots (401, 403, 429) and passing faults only warn.
"""

import re
import sys
import urllib.error
import urllib.request
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ENTRY = re.compile(r"@\w+\{([^,]+),(.*?)\n\}", re.DOTALL)
URL = re.compile(r"url\s*=\s*\{([^}]+)\}")
GONE = {404, 410}


def addresses(bib: str) -> dict[str, list[str]]:
    """Return each address with the keys of the entries that name it."""
    found: dict[str, list[str]] = defaultdict(list)
    for key, body in ENTRY.findall(bib):
        for url in URL.findall(body):
            found[url].append(key)
    return found


def answer(url: str) -> int | str:
    """Return the HTTP status of an address, or the reason why there is none."""
    request = urllib.request.Request(url, headers={"User-Agent": "Mozilla/5.0 (link check)"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (urllib.error.URLError, TimeoutError, OSError) as error:
        return str(error)


def main() -> int:
    """Check all addresses; return the exit status."""
    links = addresses(Path("references.bib").read_text(encoding="utf-8"))
    with ThreadPoolExecutor(8) as pool:
        answers = dict(zip(links, pool.map(answer, links), strict=True))
    bad = {url: said for url, said in answers.items() if said != 200}
    for url, said in bad.items():
        print(f"{'gone' if said in GONE else 'warning'}\t{said}\t{url}\t{', '.join(links[url])}")
    print(f"{len(links)} addresses, {len(bad)} with a remark")
    return int(any(said in GONE for said in bad.values()))


if __name__ == "__main__":
    sys.exit(main())
