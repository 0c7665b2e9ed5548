"""A small question for the examples of this package."""

from __future__ import annotations

from typing import Any

from computebook.sizing.request import Request

__all__ = ["small_request"]


def small_request(**changes: Any) -> Request:
    """Return a question about Llama 3.1 8B on at most eight H100s.

    Parameters
    ----------
    **changes
        Fields of the request that differ.

    Returns
    -------
    Request
        Twenty users with prompts of 1,000 tokens, answers of 100, and both limits.

    Examples
    --------
    >>> small_request(users=5.0).design_load
    6.0
    """
    fields: dict[str, Any] = {
        "model": "llama-3.1-8b",
        "gpus": ("h100",),
        "input_tokens": 1000.0,
        "output_tokens": 100.0,
        "users": 20.0,
        "max_gpus": 8.0,
        "time_to_first_token_s": 1.0,
        "time_per_output_token_s": 0.02,
    }
    return Request(**(fields | changes))
