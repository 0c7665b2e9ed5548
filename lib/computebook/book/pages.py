"""The pages of the report that can be asked for something, in the order of the book."""

from __future__ import annotations

from typing import Final

__all__ = ["CHAPTERS", "PAGES"]

#: The numbered chapters, appendices included.
CHAPTERS: Final = (
    *("benchmarks", "gpu_sizing", "training_clusters"),
    *("api_economics", "competition", "infrastructure_planning"),
    *("validation", "source_audit"),
)
#: All pages that declare parameters; a briefing sets those of the chapters only.
PAGES: Final = ("index", *CHAPTERS, "nomenclature", "data_dictionary", "how_to_cite", "colophon")
