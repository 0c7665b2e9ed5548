"""What a briefing's file may say, and the sentence for everything that it may not."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from computebook.briefing import CHAPTERS, load, load_all, places
from computebook.briefing.document import plain_value
from computebook.briefing.schema import parameters_of
from computebook.briefing.template import template_text
from computebook.errors import ComputebookError

HEAD = "client: Example Bank\ntitle: Costs\ndate: 2026-11-23\nedition: '2026.1'\n"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a briefing and returns its file."""

    def written(body: str = "", head: str = HEAD, name: str = "bank.yaml") -> Path:
        path = tmp_path / name
        path.write_text(head + body, encoding="utf-8")
        return path

    return written


def faults(path: Path) -> list[str]:
    with pytest.raises(ComputebookError) as caught:
        load(path)
    return str(caught.value).splitlines()


def test_a_whole_briefing(write: Write, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    prices = "price_id,usd_per_gpu_hour\nlambda-h100-sxm-on-demand,2.1\n"
    (tmp_path / "own" / "prices.csv").write_text(prices)
    usage = '{"id":"r1","model":"gpt-5.2","usage":{"input_tokens":9,"output_tokens":1}}\n'
    (tmp_path / "log.jsonl").write_text(usage)
    body = """\
chapters: [competition, gpu_sizing]
parameters:
  gpu_sizing: {users: 1e3, kv_precision: fp8, models: [llama-3.1-8b]}
  competition:
    price_date: 2026-01-31
data:
  tables: {gpu_hour_prices: own/prices.csv}
  usage: [log.jsonl]
notes: |
  Two *lines*
  of notes.
"""
    briefing = load(write(body))
    assert (briefing.client, briefing.slug) == ("Example Bank", "example-bank")
    assert briefing.date == dt.date(2026, 11, 23)
    assert briefing.edition == "2026.1.0"
    assert briefing.chapters == ("gpu_sizing", "competition"), "in the order of the book"
    sized = briefing.parameters["gpu_sizing"]
    assert sized == {"users": 1000, "kv_precision": "fp8", "models": ["llama-3.1-8b"]}
    assert type(sized["users"]) is int
    assert briefing.parameters["competition"] == {"price_date": "2026-01-31"}
    assert briefing.data.tables == {"gpu_hour_prices": tmp_path / "own" / "prices.csv"}
    assert briefing.data.usage == (tmp_path / "log.jsonl",)
    assert briefing.notes == "Two *lines*\nof notes."
    assert briefing.source == tmp_path / "bank.yaml"


def test_what_is_left_out_is_as_published(write: Write) -> None:
    briefing = load(write("parameters:\n  gpu_sizing:\ndata:\nnotes:\n"))
    assert briefing.chapters == CHAPTERS
    assert briefing.parameters == {}
    assert briefing.data.tables == {}
    with pytest.raises(ValueError, match="frozen"):
        briefing.client = "another"  # type: ignore[misc]


PARAMETER_FAULTS = [
    ("users: 0", "gpu_sizing.users = 0 users is out of bounds: allowed 1 to 4096 users"),
    ("users: 64.5", "gpu_sizing.users = 64.5 is float: a whole number (users) is needed"),
    ("users: true", "gpu_sizing.users = True is bool: a whole number (users) is needed"),
    ("users: many", "gpu_sizing.users = 'many' is text: a number (users) is needed"),
    ("users: '64'", "gpu_sizing.users = '64' is text: write it without quotes"),
    ("users: 64 persons", "has a bad unit 'persons': it is in users"),
    ("users: 1,000", "gpu_sizing.users = '1,000' is text: write 1000 without separators"),
    ("users: 1_000", "gpu_sizing.users = '1_000' is text: write 1000 without separators"),
    ("users: 0064", "users = 0064: other readers take a leading zero for octal"),
    ("users: 0x40", "users = 0x40: write the number in decimal digits"),
    ("users: 1:30", "users = 1:30: other readers take it for base sixty"),
    ("users:", "gpu_sizing.users has no value: write one or leave the line out"),
    ("users: [64]", "gpu_sizing.users = [64] is a list: one value is needed"),
    ("users: {a: 1}", "gpu_sizing.users = {'a': 1} is dict"),
    ("users: 1e999", "gpu_sizing.users = inf"),
    ("price_percent: .nan", "price_percent = .nan: a finite number is needed"),
    (
        "price_percent: 90%",
        "gpu_sizing.price_percent = '90%' is text: it is in % already, write 90",
    ),
    ("time_per_output_token_ms: 2 s", "has a bad unit 's': it is in ms, write the number of ms"),
    (
        "context_token: 9",
        "unknown parameter of gpu_sizing 'context_token': did you mean 'context_t",
    ),
    ("requests_per_month: 9", "it is a parameter of api_economics"),
    ("kv_precision: fp7", "unknown kv_precision 'fp7': did you mean 'fp8'?"),
    ("kv_precision: 8", "gpu_sizing.kv_precision = 8 is int: text is needed"),
    ("models: llama-3.1-8b", "gpu_sizing.models = 'llama-3.1-8b' is no list: write [llama-3.1-8b]"),
    ("models: [lama-3.1-8b]", "did you mean 'llama-3.1-8b'?"),
    ("models: []", "gpu_sizing.models = [] is empty"),
    ("users: 64\n    users: 65", "users stands twice, first in line 7"),
    ("users: !!int 64", "leave out the YAML tag !!int"),
]


@pytest.mark.parametrize(("line", "sentence"), PARAMETER_FAULTS)
def test_a_bad_parameter_gets_one_sentence(write: Write, line: str, sentence: str) -> None:
    found = faults(write(f"parameters:\n  gpu_sizing:\n    {line}\n"))
    assert len(found) == 1, found
    expected = 8 if "\n" in line else 7
    assert found[0].startswith(f"bank.yaml:{expected}: "), found[0]
    assert sentence in found[0]


@pytest.mark.parametrize(
    ("body", "line", "sentence"),
    [
        (
            "parameters: {gpu_sizng: {}}",
            5,
            "unknown chapter 'gpu_sizng': did you mean 'gpu_sizing'",
        ),
        ("parameters: 3", 5, "parameters = 3: names with values are needed"),
        ("chapters: [gpu_sizng]", 5, "did you mean 'gpu_sizing'?"),
        ("chapters: gpu_sizing", 5, "chapters = 'gpu_sizing': a list is needed"),
        ("chapters: []", 5, "chapters is empty"),
        ("chapters: [benchmarks, benchmarks]", 5, "names 'benchmarks' twice"),
        (
            "chapters: [benchmarks]\nparameters: {gpu_sizing: {users: 5}}",
            6,
            "parameters of gpu_sizing are given, but chapters leaves gpu_sizing out",
        ),
        ("notess: text", 5, "unknown field 'notess': did you mean 'notes'?"),
        ("notes: 12", 5, "notes = 12 is no text"),
        ("slug: Bank A", 5, "slug = 'Bank A' is no folder name"),
        ("slug: ../bank", 5, "slug = '../bank' is no folder name"),
        ("slug: nul", 5, "a name that Windows keeps for a device"),
        ("data: {table: {}}", 5, "unknown field 'table': did you mean 'tables'?"),
        ("data: {tables: {gpu_hour_price: a.csv}}", 5, "did you mean 'gpu_hour_prices'?"),
        ("data: {tables: {claims: a.csv}}", 5, "a client's rows have no place in it"),
        ("data: {tables: {gpu_hour_prices: a.csv}}", 5, "'a.csv' is no file beside the briefing"),
        ("data: {tables: {gpu_hour_prices: ../a.csv}}", 5, "leads outside the briefing's folder"),
        ("data: {tables: {gpu_hour_prices: /etc/passwd}}", 5, "leads outside the briefing's fol"),
        ("data: {tables: {gpu_hour_prices: 'C:\\a.csv'}}", 5, "leads outside the briefing's fol"),
        ("data: {usage: [~root/a]}", 5, "leads outside the briefing's folder"),
        ("data: {usage: [con.csv]}", 5, "a name that Windows keeps for a device"),
        ('data: {usage: ["a\\0b"]}', 5, "the control character U+0000"),
        (f"data: {{usage: [{'a' * 300}]}}", 5, "path has 300 characters: allowed 200"),
        ("data: {usage: .}", 5, "data.usage = '.': a list is needed"),
        ("data: {usage: [.]}", 5, "'.' is no file beside the briefing"),
        ("client: Two", 5, "client stands twice, first in line 1"),
        ("<<: {a: 1}", 5, "unknown field '<<'"),
        ("? [1]\n: 2", 5, "a key is a list or a mapping"),
        ("\tnotes: x", 5, "a tab indents it"),
        ("---\nclient: Two", 5, "a second document begins here"),
        ("notes: [a", 6, "not YAML"),
    ],
)
def test_a_bad_file_gets_one_sentence(write: Write, body: str, line: int, sentence: str) -> None:
    found = faults(write(f"{body}\n"))
    assert any(sentence in fault for fault in found), found
    fault = next(fault for fault in found if sentence in fault)
    assert fault.startswith(f"bank.yaml:{line}: "), fault


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("client: ../evil", "client = '../evil' holds '..', as a path does"),
        ("client: a/b", "holds '/', as a path does"),
        ("client: 'a\\b'", "as a path does"),
        ('client: "a\\x07b"', "client holds the control character U+0007"),
        ('client: "a\\u202Eb"', "client holds the control character U+202E"),
        ("client: ''", "client is empty"),
        (f"client: {'x' * 200}", "client has 200 characters: allowed 160"),
        ("client: 三菱", "gives no folder name: add slug: NAME"),
        ("client: CON", "a name that Windows keeps for a device"),
        ("client: 12", "client = 12 is no text: put it in quotes"),
        ("date: 2026-02-30", "date = '2026-02-30' is no date"),
        ("date: 23.11.2026", "date = '23.11.2026' is no date: write YYYY-MM-DD"),
        ("date: yesterday", "is no date"),
        ("edition: '2025.1'", "edition = '2025.1' is not installed: '2026.1.0' is"),
        ("edition: 2026.1", "edition = 2026.1 is no text: write edition: '2026.1.0'"),
    ],
)
def test_a_bad_head_gets_one_sentence(write: Write, given: str, sentence: str) -> None:
    name = given.partition(":")[0]
    lines = [given if old.startswith(f"{name}:") else old for old in HEAD.splitlines()]
    found = faults(write(head="\n".join(lines) + "\n"))
    assert len(found) == 1, found
    assert found[0].startswith(f"bank.yaml:{lines.index(given) + 1}: ")
    assert sentence in found[0]


def test_what_is_missing_is_named(write: Write) -> None:
    assert faults(write(head="client: A\n")) == [
        "bank.yaml:1: date is missing",
        "bank.yaml:1: edition is missing",
        "bank.yaml:1: title is missing",
    ]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "- a\n- b\n", "3\n"])
def test_a_file_without_a_briefing_says_so(write: Write, text: str) -> None:
    assert "no briefing in it" in faults(write(head=text))[0]


def test_all_faults_come_at_once_in_order(write: Write) -> None:
    body = "parameters:\n  gpu_sizing: {users: 0, engin: x}\nextra: 1\ndata:\n  usage: [none.csv]\n"
    found = faults(write(body, head=HEAD.replace("2026-11-23", "soon")))
    lines = [int(fault.split(":")[1]) for fault in found]
    assert lines == sorted(lines)
    assert lines == [3, 6, 6, 7, 9]


def test_aliases_cannot_grow_without_bound(write: Write) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for one, two in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{two}: &{two} [{', '.join([f'*{one}'] * 9)}]\n"
    assert any("too much in it" in fault for fault in faults(write(bomb)))
    assert any("too much in it" in fault for fault in faults(write("a: &a [*a]\n")))
    assert any("too much in it" in fault for fault in faults(write(f"a: {'[' * 40}{']' * 40}\n")))


def test_a_file_too_large_or_in_another_encoding_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    large.write_text(HEAD + "# " + "x" * 300_000)
    assert "is too large: allowed 250 kB" in faults(large)[0]
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"client: Cr\xe9dit\n")
    assert "latin.yaml:1: not UTF-8" in faults(latin)[0]
    with pytest.raises(ComputebookError, match=r"none\.yaml does not exist"):
        load(tmp_path / "none.yaml")


def test_a_link_out_of_the_folder_is_refused(write: Write, tmp_path: Path) -> None:
    folder = tmp_path / "client"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("secret")
    (folder / "prices.csv").symlink_to(tmp_path / "secret.csv")
    path = folder / "a.yaml"
    path.write_text(HEAD + "data: {tables: {gpu_hour_prices: prices.csv}}\n")
    assert "is a link that leads outside the briefing's folder" in faults(path)[0]


def test_two_clients_cannot_share_a_folder(write: Write) -> None:
    one = write()
    two = write(head=HEAD.replace("Example Bank", "Example  BANK!"), name="two.yaml")
    bad = write("nots: 1\n", head=HEAD.replace("Example Bank", "Third"), name="three.yaml")
    with pytest.raises(ComputebookError) as caught:
        load_all([one, two, bad])
    said = str(caught.value).splitlines()
    assert len(said) == 2
    assert "both have the folder 'example-bank': give one of them a slug" in str(caught.value)
    assert "unknown field 'nots'" in str(caught.value)
    fixed = write("slug: another\n", head=two.read_text(), name="two.yaml")
    assert [b.slug for b in load_all([one, fixed])] == ["example-bank", "another"]


@given(st.text(max_size=300))
def test_no_text_makes_a_folder_outside(client: str) -> None:
    try:
        places.refuse_tricks(client)
        slug = places.slug_of(client)
    except ComputebookError:
        return
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= 60


@given(st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_mean_what_they_say(whole: int, number: float) -> None:
    assert plain_value(str(whole)) == whole
    assert plain_value(repr(number)) == number


@given(st.text(alphabet="ab:-{}[]&*!|>'\"%@#\n\t ,?0123e.\\\x00é", max_size=60))
def test_any_text_is_a_briefing_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ComputebookError, match=r"any\.yaml:\d+: "):
        load(path)


def test_the_template_loads_and_asks_for_nothing_new(write: Write) -> None:
    briefing = load(write(head=template_text()))
    assert briefing.parameters == {}
    assert briefing.chapters == CHAPTERS


def test_the_template_names_every_parameter_and_its_lines_can_be_used(write: Write) -> None:
    text = template_text(["gpu_sizing", "api_economics"])
    used = re.sub(r"^    # (\w+: )", r"    \1", text, flags=re.MULTILINE)
    briefing = load(write(head=used))
    for chapter in ("gpu_sizing", "api_economics"):
        defaults = {name: p.default for name, p in parameters_of(chapter).items()}
        assert briefing.parameters[chapter] == defaults
        for parameter in parameters_of(chapter).values():
            assert parameter.meaning.split()[0] in text
    with pytest.raises(ComputebookError, match="did you mean 'gpu_sizing'"):
        template_text(["gpu_sizng"])


def test_the_chapters_are_those_of_the_book(root: Path) -> None:
    numbered = re.findall(r"numbered: true\n\s+chapters:\n((?:\s+- file: .*\n)+)",
                          (root / "_toc.yml").read_text())  # fmt: skip
    assert tuple(re.findall(r"chapters/(\w+)", "".join(numbered))) == CHAPTERS


def test_the_examples_load_and_are_said_to_be_made_up(root: Path) -> None:
    paths = sorted((root / "data" / "scenarios").glob("*.yaml"))
    briefings = load_all(paths)
    assert [b.slug for b in briefings] == ["example-bank", "example-lab", "example-neocloud"]
    for briefing, path in zip(briefings, paths, strict=True):
        assert briefing.parameters
        assert briefing.data.tables
        assert "made up" in path.read_text()
        for table in briefing.data.tables.values():
            assert all("Synthetic" in line for line in table.read_text().splitlines()[1:])
