"""The first use of a term on a page carries its definition."""

from __future__ import annotations

import pytest
from docutils import nodes

from computebook import datasets
from computebook.book import glossary


def test_every_term_but_ordinary_words_and_pairs_is_explained() -> None:
    terms = set(datasets.load("terms")["term"])
    left_out = terms - set(glossary.definitions())
    assert left_out == {"Effort", "Flex, priority", "GB, GiB"}
    assert all(glossary.definitions().values())


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("the PUE of a site", "PUE"),
        ("three KV caches", "KV cache"),
        ("a sliding window of tokens", "Sliding window"),
        ("Reasoning tokens are billed", "Reasoning tokens"),
    ],
)
def test_a_term_is_found_as_written_and_in_the_plural(text: str, term: str) -> None:
    found = glossary.pattern().search(text)
    assert found is not None
    assert glossary.term_of(found[0]) == term


@pytest.mark.parametrize("text", ["pue", "decoder", "a mlax", "prefilled"])
def test_parts_of_words_and_other_spellings_are_no_terms(text: str) -> None:
    assert glossary.pattern().search(text) is None


def test_only_the_first_use_is_marked_and_no_text_is_lost() -> None:
    seen: set[str] = set()
    text = "PUE is facility over IT power; a PUE of 1 is ideal, as is a KV cache of 0."
    parts = list(glossary._parts(text, seen, "nomenclature.html#tab-terms"))
    marked = [part for part in parts if isinstance(part, glossary.glossary_term)]
    assert [part.astext() for part in marked] == ["PUE", "KV cache"]
    assert "".join(part.astext() for part in parts) == text
    assert seen == {"PUE", "KV cache"}


def test_links_headings_and_literals_are_left_alone() -> None:
    document = nodes.paragraph("", "", nodes.literal("", "PUE"), nodes.Text(" and MFU"))
    document += nodes.reference("", "MoE")
    prose = [text.astext() for text in glossary._prose(nodes.section("", document))]
    assert prose == [" and MFU"]
