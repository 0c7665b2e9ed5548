"""The audit counts what the claims say, and its lists answer to their parameters."""

import pytest

from computebook import claims, datasets
from computebook.exhibits import source_audit as audit


def test_headline_adds_up() -> None:
    found = audit.headline()
    rows = claims.load_claims()
    imprecise = int((rows["verdict"] == "imprecise").sum())
    assert found.confirmed + found.wrong + found.unverified + imprecise == found.claims == len(rows)
    assert found.claims >= 200
    assert found.agreeing <= found.computed <= found.claims


def test_reference_list_as_printed() -> None:
    """Forty notes, 37 addresses, 15 cited in the body: counted by hand in the article."""
    found = audit.headline()
    assert (found.references, found.addresses, found.cited) == (40, 37, 15)
    notes = audit.references()
    assert list(notes["number"]) == [str(n) for n in range(1, 41)]
    repeats = notes[notes["repeats"] != ""].set_index("number")["repeats"].to_dict()
    assert repeats == {"6": "4", "11": "7", "18": "15"}


def test_every_chapter_is_counted_once() -> None:
    table = audit.verdict_table()
    body, total = table[table["chapter"] != "All"], table[table["chapter"] == "All"].iloc[0]
    assert body["claims"].sum() == total["claims"] == len(claims.load_claims())
    long = audit.verdicts_by_chapter()
    assert long["claims"].sum() == total["claims"]
    assert list(dict.fromkeys(long["chapter"])) == list(audit.CHAPTERS.values())


def test_deviations_are_of_faulted_numbers_only_and_fall() -> None:
    shown = audit.deviations(0.0, 60)
    assert not set(shown["verdict"]) & {"confirmed", "unverified"}
    assert (shown["deviation"].diff().dropna() <= 0).all()
    ratio = shown["value"] / shown["our_value"]
    assert ratio.tolist() == pytest.approx(shown["ratio"].tolist())


@pytest.mark.parametrize("least", [0.05, 0.5])
def test_deviation_chart_answers_to_its_parameters(least: float) -> None:
    shown = audit.deviations(least, 60)
    assert (shown["deviation"] > least).all()
    assert len(audit.deviations(0.0, 3)) == 3


def test_lists_hold_every_claim_with_a_chosen_verdict() -> None:
    chosen = ["contradicted", "inconsistent"]
    listed = sum(len(audit.claims_with(chosen, chapter)) for chapter in audit.CHAPTERS)
    assert listed == claims.load_claims()["verdict"].isin(chosen).sum()


def test_no_check_contradicts_its_verdict() -> None:
    kinds = audit.checks()
    assert (kinds["consistent"] == kinds["claims"]).all()
    assert kinds["claims"].sum() == audit.headline().computed


def test_each_reference_has_its_entry() -> None:
    keys = set(datasets.load("footnotes")["source_key"])
    assert keys >= {"openai2025gpt52", "semianalysis2025microsoft"}
    assert audit.references()["source_key"].ne("").all()
