"""The article's planning tables and takeaways, each beside what we compute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd

from computebook import claims, tables
from computebook.exhibits.article import article_cells
from computebook.exhibits.infrastructure_planning.bandwidth import article_requirements
from computebook.exhibits.infrastructure_planning.energy import long_queries, query_wh
from computebook.exhibits.infrastructure_planning.schema import GPUS
from computebook.exhibits.infrastructure_planning.site import rated_systems_text
from computebook.scenarios import Range

__all__ = ["article_bandwidth", "article_power", "article_takeaways", "prose_claims"]

CHAPTER: Final = "infrastructure_planning"
#: Where each takeaway of the article is settled, in this chapter or another.
PROOFS: Final = {
    "t15.context": ("tab-window-needs",),
    "t15.h100-bottleneck": ("tab-planning-fleet",),
    "t15.h200-minimum": ("tab-planning-fleet", "fig-planning-cost"),
    "t15.b200-full-context": ("tab-gpu-workload", "tab-planning-needs"),
    "t15.output-growth": ("tab-memory-bandwidth",),
    "t15.output-bandwidth": ("fig-planning-bandwidth",),
    "t15.monitoring": ("fig-api-lengths",),
    "t15.accounting": ("tab-api-ledger",),
    "t15.cached-input": ("tab-api-savings",),
    "t15.share-from": ("tab-market-dynamics",),
    "t15.share-to": ("tab-market-dynamics",),
    "t15.fragmentation": ("fig-web-visits", "fig-concentration"),
    "t15.gemini-long-context": ("tab-leaders",),
    "t15.claude-software": ("tab-software", "tab-leaders"),
    "t15.multi-model": ("tab-routing",),
    "t15.heterogeneous": ("tab-routing", "tab-planning-fleet"),
}


def article_bandwidth(
    architectures: Sequence[str], batch_size: int, tpot_ms: float, precisions: Sequence[str]
) -> pd.DataFrame:
    """Return the article's bandwidth table with verdicts, and the range over open models.

    Parameters
    ----------
    architectures, batch_size, tpot_ms, precisions
        As parameters of the chapter.

    Returns
    -------
    DataFrame
        The article's columns as MyST; then `One user (TB/s)`, `Together (TB/s)`, `H100`, `B200`:
        low to high over the open models, bandwidth over all GPUs together.
    """
    cells = article_cells(13, "Model")
    models = claims.article_table(13, "printed").index
    found = article_requirements(architectures, batch_size, tpot_ms, precisions)
    found = found.set_index("model").loc[models].reset_index()
    return cells.assign(
        alone=_span(found["one_user_low_tb_s"], found["one_user_high_tb_s"]),
        together=_span(found["low_tb_s"], found["high_tb_s"]),
        h100=found["h100-sxm"],
        b200=found["b200-sxm"],
    )


def _span(low: pd.Series[float], high: pd.Series[float]) -> list[str]:
    return [f"{least:,.3g} to {most:,.3g}" for least, most in zip(low, high, strict=True)]


def article_power(
    fleet_model: str,
    precisions: Sequence[str],
    pue: Sequence[float],
) -> pd.DataFrame:
    """Return the article's power table with verdicts, our evidence and our estimate.

    Parameters
    ----------
    fleet_model, precisions, pue
        As parameters of the chapter.

    Returns
    -------
    DataFrame
        The article's columns as MyST; then `system` (a rated server and its cooling), `estimate`
        (Wh of the longest prompt with a short answer, central and range) and `relative` (central
        over that of the first GPU).
    """
    cells = article_cells(14, "GPU")
    gpus = dict(zip(claims.article_table(14, "printed").index, GPUS, strict=True))
    query = long_queries()[0]
    found = [query_wh(fleet_model, gpu, query, precisions, pue) for gpu in gpus.values()]
    return cells.assign(
        system=cells["GPU"].map(gpus).map(rated_systems_text),
        estimate=[_range_text(each) for each in found],
        relative=[each.central / found[0].central for each in found],
    )


def _range_text(values: Range) -> str:
    return f"{values.central:,.0f} ({values.low:,.0f} to {values.high:,.0f})"


def article_takeaways() -> pd.DataFrame:
    """Return the article's takeaways, each with verdict, what holds instead, and the proof.

    Returns
    -------
    DataFrame
        `statement`, `reader`, `verdict`, `found`, `evidence`, `proof` (MyST).

    Examples
    --------
    >>> frame = article_takeaways()
    >>> len(frame), frame["verdict"].value_counts()["confirmed"].item()
    (16, 2)
    """
    rows = claims.claims_of_table(15)
    return pd.DataFrame(
        {
            "statement": rows["statement"],
            "reader": rows["row_label"].str.removeprefix("For "),
            "verdict": rows["verdict"],
            "found": rows["our_value_text"].map(tables.escape),
            "proof": [_links(PROOFS[claim]) for claim in rows["claim_id"]],
            "source_key": rows["source_key"],
        }
    ).reset_index(drop=True)


def _links(names: Sequence[str]) -> str:
    return ", ".join(f"{{numref}}`{name}`" for name in names)


def prose_claims() -> pd.DataFrame:
    """Return what the article's text says about planning, with verdict and evidence.

    Returns
    -------
    DataFrame
        `statement`, `verdict`, `found`, `evidence`, `source_key`.
    """
    rows = claims.by_chapter(CHAPTER)
    prose = rows[rows["article_table"] == claims.PROSE]
    prose = prose.rename(columns={"our_value_text": "found"})
    kept = ["statement", "verdict", "found", "evidence", "source_key"]
    return prose[kept].reset_index(drop=True)
