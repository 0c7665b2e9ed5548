"""Pages carry a policy that names each script of theirs and allows nothing else."""

from __future__ import annotations

import base64
import hashlib

import pytest

from computebook.book import security

PAGE = (
    '<html><head><meta charset="utf-8" /><script>let a = 1;</script>'
    '<script src="b.js"></script><script type="application/json">{"a": 1}</script>'
    "</head><body>{body}</body></html>"
)


def digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def test_a_policy_names_inline_scripts_and_no_data() -> None:
    assert security.script_digests(PAGE) == [digest("let a = 1;")]


def test_the_policy_comes_before_what_it_governs() -> None:
    page = security.with_policy(PAGE)
    assert page.index("Content-Security-Policy") < page.index("<script>")
    assert f"'{digest('let a = 1;')}'" in page
    for forbidden in ("unsafe-eval", "http:", "https:", "*"):
        assert forbidden not in security.policy(PAGE)


def test_a_repeated_script_is_named_once() -> None:
    assert len(security.script_digests("<script>a</script><script>a</script>")) == 1


def test_a_changed_script_changes_the_policy() -> None:
    assert security.policy(PAGE) != security.policy(PAGE.replace("a = 1", "a = 2"))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('<button onclick="go()">x</button>', ["onclick"]),
        ("<img src='a' onerror='x'>", ["onerror"]),
        ("<p>on time = late</p>", []),
    ],
)
def test_handlers_in_tags_are_found(body: str, found: list[str]) -> None:
    assert security.inline_handlers(PAGE.replace("{body}", body)) == found
