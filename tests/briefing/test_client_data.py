"""A client's rows: merged into a copy, with the client as source, and never into ours."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from pybtex.database import parse_string

from computebook import datapackage, datasets, provenance
from computebook.briefing import Briefing, ClientData, data_folder, ledger_summary, load
from computebook.briefing.client_data import source_entry
from computebook.errors import ComputebookError

DATE = dt.date(2026, 11, 23)
USAGE = {"input_tokens": 1_000_000, "output_tokens": 100_000}


def briefing(folder: Path, **files: str) -> Briefing:
    """Return a briefing whose tables have the text given, by name."""
    tables = {}
    for name, text in files.items():
        tables[name] = folder / f"my_{name}.csv"
        tables[name].write_text(text, encoding="utf-8")
    return Briefing(
        client="Exämple & Sons {50%} $_#",
        title="What_it costs",
        date=DATE,
        edition="2026.1.0",
        slug="example-sons",
        data=ClientData(tables=tables),
        source=folder / "example.yaml",
    )


def table(folder: Path, name: str) -> pd.DataFrame:
    return datapackage.read_table(datapackage.read_package(folder / "datapackage.json")[name])


def digest(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_rows_override_by_key_or_are_added(tmp_path: Path) -> None:
    before = digest(datasets.data_folder())
    text = (
        "usd_per_gpu_hour,price_id,accelerator_id,provider,kind,note\n"
        "2.1,lambda-h100-sxm-on-demand,h100-sxm,Lambda,on-demand,agreed\n"
        '\n1.9,own-h200,H200,"Own, Inc",on-demand,\n'
    ).replace("H200", "h200-sxm")
    one = briefing(tmp_path, gpu_hour_prices=text)
    folder = data_folder(one, tmp_path / "data")
    merged = table(folder, "gpu_hour_prices").set_index("price_id")
    ours = datasets.load("gpu_hour_prices").set_index("price_id")
    assert list(merged.index) == [*ours.index, "own-h200"], "ours in place, new ones at the end"
    changed = merged.loc["lambda-h100-sxm-on-demand"]
    assert changed.usd_per_gpu_hour == 2.1
    assert (changed.source_key, changed.locator) == (
        "client_example_sons",
        "my_gpu_hour_prices.csv, line 2",
    )
    assert (str(changed.as_of.date()), changed.basis, changed.note) == (
        "2026-11-23",
        "published",
        "agreed",
    )
    assert merged.loc["own-h200"].provider == "Own, Inc"
    others = merged.drop(index=["lambda-h100-sxm-on-demand", "own-h200"])
    pd.testing.assert_frame_equal(others, ours.drop(index="lambda-h100-sxm-on-demand"))
    assert digest(datasets.data_folder()) == before
    assert not (folder / "scenarios").exists(), "no other client's files travel along"


def test_equal_briefings_give_equal_bytes(tmp_path: Path) -> None:
    one = briefing(tmp_path, accelerator_prices="price_id,high_usd\nepoch-2025-a100,16000\n")
    assert digest(data_folder(one, tmp_path / "a")) == digest(data_folder(one, tmp_path / "b"))


def test_a_row_that_overrides_needs_only_what_differs(tmp_path: Path) -> None:
    text = "card_id,output_usd_per_mtok\ngpt-5.2-standard-2025-12-11,12.5\n"
    folder = data_folder(briefing(tmp_path, api_prices=text), tmp_path / "data")
    row = table(folder, "api_prices").set_index("card_id").loc["gpt-5.2-standard-2025-12-11"]
    assert (row.output_usd_per_mtok, row.uncached_input_usd_per_mtok) == (12.5, 1.75)
    assert str(row.effective_from.date()) == "2025-12-11"


def test_the_client_is_a_source_of_its_own(tmp_path: Path) -> None:
    one = briefing(tmp_path, accelerator_prices="price_id,high_usd\nepoch-2025-a100,16000\n")
    folder = data_folder(one, tmp_path / "data")
    text = (folder / "references.bib").read_text(encoding="utf-8")
    keys = provenance.BIB_ENTRY.findall(text)
    assert keys == [*provenance.reference_keys(), "client_example_sons"]
    entry = parse_string(source_entry(one), "bibtex").entries["client_example_sons"]
    assert "Exämple" in entry.fields.get("author", str(entry.persons))
    assert "2026-11-23" in entry.fields["note"]


@pytest.mark.parametrize(
    ("name", "text", "line", "sentence"),
    [
        (
            "gpu_hour_prices",
            "price_id,usd\nlambda-h100-sxm-on-demand,2\n",
            1,
            "unknown column of g",
        ),
        ("gpu_hour_prices", "price_id,price_id\na,b\n", 1, "column 'price_id' stands twice"),
        ("gpu_hour_prices", "usd_per_gpu_hour\n2\n", 1, "lacks column price_id"),
        ("gpu_hour_prices", "", 1, "empty: a header is needed"),
        ("gpu_hour_prices", "price_id,usd_per_gpu_hour\n", 1, "no row in it"),
        ("gpu_hour_prices", "price_id,usd_per_gpu_hour\na\n", 2, "1 cells under a header of 2"),
        (
            "gpu_hour_prices",
            "price_id,usd_per_gpu_hour\nlambda-h100-sxm-on-deman,2\n",
            2,
            "did you mean price_id = 'lambda-h100-sxm-on-demand'?",
        ),
        (
            "gpu_hour_prices",
            "price_id,usd_per_gpu_hour\nlambda-h100-sxm-on-demand,2\n\n"
            "lambda-h100-sxm-on-demand,3\n",
            4,
            "stands twice, first in line 2",
        ),
        (
            "gpu_hour_prices",
            "price_id,usd_per_gpu_hour\nlambda-h100-sxm-on-demand,cheap\n",
            2,
            "usd_per_gpu_hour = 'cheap' is not a finite number (in $/GPU-h)",
        ),
        (
            "gpu_hour_prices",
            "price_id,usd_per_gpu_hour\nlambda-h100-sxm-on-demand,210\n",
            2,
            "usd_per_gpu_hour = 210",
        ),
        (
            "gpu_hour_prices",
            "price_id,kind\nlambda-h100-sxm-on-demand,ondemand\n",
            2,
            "did you mean 'on-demand'?",
        ),
        (
            "gpu_hour_prices",
            "price_id,accelerator_id\nlambda-h100-sxm-on-demand,h10-sxm\n",
            2,
            "unknown accelerator_id 'h10-sxm': did you mean 'h100-sxm'?",
        ),
        (
            "gpu_hour_prices",
            "price_id,as_of\nlambda-h100-sxm-on-demand,2026-11-24\n",
            2,
            "as_of = 2026-11-24 is later than the briefing, 2026-11-23",
        ),
        (
            "gpu_hour_prices",
            "price_id,note\nlambda-h100-sxm-on-demand,a\x01b\n",
            2,
            "note holds the control character U+0001",
        ),
        (
            "accelerator_prices",
            "price_id,low_usd\nepoch-2025-a100,99999\n",
            2,
            "low <= central <= high does not hold",
        ),
        (
            "api_prices",
            "card_id,model_id,service_tier,context_above_tokens,edge_inclusive,"
            "uncached_input_usd_per_mtok,output_usd_per_mtok,effective_from,start_kind,checked_on,"
            "sources_agreeing\nown,gpt-5.2,standard,0,true,1,9,2026-02-01,change,2026-11-01,1\n",
            2,
            "holds on days of card 'gpt-5.2-standard-2025-12-11'",
        ),
        ("gpu_hour_prices", 'price_id,note\n"a,b\n', 1, "not CSV in UTF-8"),
    ],
)
def test_a_bad_row_gets_one_sentence_and_nothing_is_written(
    tmp_path: Path, name: str, text: str, line: int, sentence: str
) -> None:
    with pytest.raises(ComputebookError) as caught:
        data_folder(briefing(tmp_path, **{name: text}), tmp_path / "data")
    said = str(caught.value).splitlines()
    assert len(said) == 1, said
    assert said[0].startswith(f"my_{name}.csv:{line}: "), said
    assert sentence in said[0]
    assert not (tmp_path / "data").exists()


def test_rows_may_refer_to_the_clients_own_rows(tmp_path: Path) -> None:
    model = "model_id,name,vendor\nown-model,Own,Own\n"
    fields = (
        "card_id,model_id,service_tier,context_above_tokens,edge_inclusive,"
        "uncached_input_usd_per_mtok,output_usd_per_mtok,effective_from,start_kind,checked_on,"
        "sources_agreeing"
    )
    card = f"{fields}\nown-card,own-model,standard,0,true,1,9,2026-01-01,release,2026-11-01,1\n"
    folder = data_folder(briefing(tmp_path, commercial_models=model, api_prices=card),
                         tmp_path / "data")  # fmt: skip
    assert "own-card" in set(table(folder, "api_prices")["card_id"])
    with pytest.raises(ComputebookError, match="own-model"):
        data_folder(briefing(tmp_path, api_prices=card), tmp_path / "other")


def test_faults_of_rows_come_with_the_briefing(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("price_id,usd_per_gpu_hour\nlambda-h100-sxm-on-demand,-1\n")
    (tmp_path / "u.jsonl").write_text('{"id":"a"}\nnot json\n')
    path = tmp_path / "bank.yaml"
    path.write_text(
        "client: A\ntitle: B\ndate: 2026-11-23\nedition: '2026.1'\n"
        "data:\n  tables: {gpu_hour_prices: p.csv}\n  usage: [u.jsonl]\n"
    )
    with pytest.raises(ComputebookError) as caught:
        load(path)
    said = str(caught.value).splitlines()
    assert said[0].startswith("p.csv:2: usd_per_gpu_hour = -1")
    assert said[1:] == [
        "u.jsonl:1: no token counts found in it",
        "u.jsonl:2: not JSON: Expecting value at column 1",
    ]


def test_usage_is_priced_by_the_contract(tmp_path: Path) -> None:
    answer = {"id": "r1", "model": "gpt-5.2", "created_at": 1768478400, "usage": USAGE}
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps(answer) + "\n")
    text = "card_id,uncached_input_usd_per_mtok\ngpt-5.2-standard-2025-12-11,1.0\n"
    contract = briefing(tmp_path, api_prices=text)
    priced = {}
    for name, tables in (("list", {}), ("contract", contract.data.tables)):
        data = ClientData(tables=tables, usage=(log,))
        found = ledger_summary(contract.model_copy(update={"data": data}))
        assert found is not None
        assert found[["month", "model"]].to_numpy().tolist() == [["2026-01", "gpt-5.2"]]
        priced[name] = found["cost_usd"].item()
    assert priced == {"list": pytest.approx(1.75 + 1.4), "contract": pytest.approx(1.0 + 1.4)}
    assert ledger_summary(contract) is None


CHAPTER = """
import json
from computebook import datasets, provenance
from computebook.exhibits.gpu_sizing.bills import hour_prices
print(json.dumps([hour_prices(["h200-sxm"])["h200-sxm"], provenance.reference_keys()[-1]]))
"""


def test_a_clients_price_moves_a_number_of_a_chapter(tmp_path: Path) -> None:
    text = "price_id,usd_per_gpu_hour\nnebius-h200-sxm-on-demand,1.5\n"
    folder = data_folder(briefing(tmp_path, gpu_hour_prices=text), tmp_path / "data")
    found = {}
    for name, extra in (("ours", {}), ("client", {"COMPUTEBOOK_DATA": str(folder)})):
        done = subprocess.run([sys.executable, "-c", CHAPTER], env=os.environ | extra,
                              capture_output=True, text=True, check=True)  # fmt: skip
        found[name] = json.loads(done.stdout)
    assert found["ours"][0][0] == 3.5
    assert found["client"][0][0] == 1.5
    assert found["client"][0][1] < found["ours"][0][1]
    assert found["client"][1] == "client_example_sons"


def test_without_rows_of_its_own_everything_is_as_published(tmp_path: Path) -> None:
    copied = digest(data_folder(briefing(tmp_path), tmp_path / "data"))
    ours = digest(datasets.data_folder())
    bibliography = hashlib.sha256(provenance.reference_file().read_bytes()).hexdigest()
    assert copied.pop("references.bib") == bibliography
    assert copied == {name: d for name, d in ours.items() if not name.startswith("scenarios")}


def test_a_process_on_the_clients_tables_prices_usage_by_them(root: Path, tmp_path: Path) -> None:
    bank = load(root / "data" / "scenarios" / "bank.yaml")
    folder = data_folder(bank, tmp_path / "data")
    code = (
        "import sys; from pathlib import Path; from computebook.briefing import *\n"
        "print(ledger_summary(load(Path(sys.argv[1])))['cost_usd'].sum())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(bank.source)],
        env=os.environ | {"COMPUTEBOOK_DATA": str(folder)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    elsewhere = ledger_summary(bank)
    assert elsewhere is not None
    assert float(done.stdout) == pytest.approx(elsewhere["cost_usd"].sum())


def test_a_folder_without_tables_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMPUTEBOOK_DATA", "/nowhere")
    with pytest.raises(ComputebookError, match="holds no datapackage"):
        datasets.data_folder()
