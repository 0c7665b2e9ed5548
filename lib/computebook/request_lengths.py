"""How long requests are: published points of a trace as a distribution, and workloads of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import special

from computebook import errors
from computebook.units import plain
from computebook.usage import Usage

__all__ = ["Lengths", "Workload"]

Array = NDArray[np.float64]

_GRID: Final = 2_001


@dataclass(frozen=True, eq=False)
class Lengths:
    """Distribution of a request's tokens: published points joined over the logarithm of length.

    Parameters
    ----------
    tokens : array_like
        Rising lengths, tokens, above 0.
    fractions : array_like
        Share of requests at most that long, rising, the last 1. Requests below the first point
        count as the first.

    Raises
    ------
    ComputebookError
        If the points do not rise or the last share is not 1.

    Examples
    --------
    >>> lengths = Lengths([100, 1_000, 10_000], [0.0, 0.5, 1.0])
    >>> round(lengths.quantile(0.25)), round(lengths.mean_tokens)
    (316, 2150)
    """

    tokens: Any
    fractions: Any

    def __post_init__(self) -> None:
        """Reject what is no distribution."""
        tokens = np.atleast_1d(errors.require_finite_in("tokens", self.tokens, "tokens", 1e-9, 1e9))
        shares = np.atleast_1d(errors.require_finite_in("fractions", self.fractions, "of 1", 0, 1))
        rising = tokens.shape == shares.shape and (np.diff(tokens) > 0).all()
        if not rising or not (np.diff(shares) >= 0).all() or shares[-1] != 1:
            raise errors.ComputebookError(
                f"lengths need rising tokens and fractions that rise to 1, got tokens = "
                f"{tokens.tolist()} and fractions = {shares.tolist()}"
            )
        object.__setattr__(self, "tokens", np.asarray(tokens, float))
        object.__setattr__(self, "fractions", np.asarray(shares, float))

    @classmethod
    def lognormal(cls, mu: float, sigma: float, longest_tokens: float = 1e7) -> Lengths:
        """Return a lognormal of the natural logarithm, cut at the longest request.

        Parameters
        ----------
        mu, sigma : float
            Mean and standard deviation of the logarithm of the tokens.
        longest_tokens : float
            Longer requests count as this long, tokens.

        Examples
        --------
        >>> round(Lengths.lognormal(6.63, 0.99).quantile(0.5))
        757
        """
        errors.require_finite_in("sigma", sigma, "", 1e-6, 10)
        shares = (np.arange(_GRID) + 0.5) / _GRID
        tokens = np.exp(mu + sigma * special.ndtri(shares))
        kept = tokens < longest_tokens
        last = min(longest_tokens, math.exp(mu + sigma * special.ndtri(1 - 0.1 / _GRID)))
        return cls(np.append(tokens[kept], last), np.append(shares[kept], 1.0))

    def quantile(self, fraction: Any) -> Any:
        """Return the length that a share of requests stays within, tokens."""
        share = errors.require_finite_in("fraction", fraction, "of 1", 0.0, 1.0)
        joined = np.exp(np.interp(share, self.fractions, np.log(self.tokens)))
        return plain(np.clip(joined, self.tokens[0], self.tokens[-1]))

    def partial_moment(self, order: int, up_to_tokens: Any = np.inf) -> Any:
        r"""Return :math:`E[X^k; X \le x]` exactly, from the joined points.

        Parameters
        ----------
        order : int
            Power :math:`k`: 0 gives the share of requests, 1 their tokens, 2 the squares.
        up_to_tokens : float or array
            Longest request counted, tokens.

        Examples
        --------
        >>> Lengths([200], [1.0]).partial_moment(1, [199, 200]).tolist()
        [0.0, 200.0]
        """
        low, high = self.tokens[:-1], self.tokens[1:]
        top = np.clip(np.asarray(up_to_tokens, float)[..., None], low, high)
        weight = np.diff(self.fractions) / np.log(high / low)
        parts = np.log(top / low) if order == 0 else (top**order - low**order) / order
        reached = np.asarray(up_to_tokens, float) >= self.tokens[0]
        return plain(
            (weight * parts).sum(axis=-1) + reached * self.fractions[0] * self.tokens[0] ** order
        )

    @property
    def mean_tokens(self) -> float:
        """Mean length, tokens."""
        return float(self.partial_moment(1))

    def with_mean(self, mean_tokens: float) -> Lengths:
        """Return the same shape at another mean.

        Examples
        --------
        >>> round(Lengths([100, 1_000], [0.0, 1.0]).with_mean(500).mean_tokens, 6)
        500.0
        """
        errors.require_finite_in("mean_tokens", mean_tokens, "tokens", 1e-9, 1e8)
        return Lengths(self.tokens * (mean_tokens / self.mean_tokens), self.fractions)

    def sample(self, requests: int, rng: np.random.Generator) -> Array:
        """Return the lengths of many requests, tokens."""
        drawn = np.interp(rng.random(requests), self.fractions, np.log(self.tokens))
        # The way through the logarithm may miss an end by its last bit, and an edge is a cliff.
        return np.asarray(np.clip(np.exp(drawn, out=drawn), self.tokens[0], self.tokens[-1]))


@dataclass(frozen=True, eq=False)
class Workload:
    """Requests of one kind; prompt and output lengths are independent.

    Production traces show a correlation of the logarithms below 0.1; where it is larger the
    spread of one request grows, its mean only through the context tiers.

    Parameters
    ----------
    input_lengths : Lengths
        Prompt, cached tokens included.
    output_lengths : Lengths
        All billed output.
    reasoning_fraction : float
        Share of the output that is reasoning, 0 to 1.
    cached_fraction : float
        Share of the prompt read from a cache, 0 to 1.

    Raises
    ------
    ComputebookError
        If a share leaves 0 to 1.
    """

    input_lengths: Lengths
    output_lengths: Lengths
    reasoning_fraction: float = 0.0
    cached_fraction: float = 0.0

    def __post_init__(self) -> None:
        """Reject shares that are none."""
        for name in ("reasoning_fraction", "cached_fraction"):
            errors.require_finite_in(name, getattr(self, name), "of 1", 0.0, 1.0)

    def sample(self, requests: int, rng: np.random.Generator) -> Usage:
        """Return the usage of many requests, one entry each.

        Examples
        --------
        >>> fixed = Workload(Lengths([1_000], [1.0]), Lengths([500], [1.0]), 0.6)
        >>> fixed.sample(2, np.random.default_rng(0)).reasoning_output_tokens
        array([300., 300.])
        """
        return Usage.from_shares(
            self.input_lengths.sample(requests, rng),
            self.output_lengths.sample(requests, rng),
            cached_fraction=self.cached_fraction,
            reasoning_fraction=self.reasoning_fraction,
        )
