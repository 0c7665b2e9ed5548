"""The portfolio: hand-worked cases, brute force, properties, the file it reads, the command."""

import itertools
import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from computebook import portfolio as pf
from computebook.cli import main
from computebook.errors import ComputebookError
from computebook.portfolio import mix as mixes
from computebook.portfolio import relaxation
from computebook.proportions import wilson_interval

DAY = "2026-01-31"
COMMAND = Path(sys.executable).with_name("computebook")
CHAT = pf.Workload("chat", 1_000, 80.0)
CODE = pf.Workload("code", 500, 70.0)


def offer(workload: str, label: str, vendor: str, usd: float, score: float) -> pf.Offer:
    return pf.Offer(workload, label, vendor, usd, score, 200)


OFFERS = (
    offer("chat", "A1", "A", 0.010, 82.0),
    offer("chat", "B1", "B", 0.020, 90.0),
    offer("code", "A2", "A", 0.030, 75.0),
    offer("code", "B2", "B", 0.100, 85.0),
    offer("code", "C2", "C", 0.001, 60.0),
)
PROBLEM = pf.Problem((CHAT, CODE), OFFERS)


@st.composite
def problems(draw: st.DrawFn) -> pf.Problem:
    """Small problems: up to three workloads, four vendors, every workload served by some."""
    works, offers = [], []
    for number in range(draw(st.integers(1, 3))):
        name = f"w{number}"
        works.append(
            pf.Workload(name, draw(st.integers(1, 50)) * 100.0, float(draw(st.integers(0, 90))))
        )
        for vendor in draw(st.lists(st.sampled_from("ABCD"), min_size=1, max_size=4, unique=True)):
            usd = draw(st.integers(1, 400)) / 1_000
            score = float(draw(st.integers(1, 99)))
            offers.append(offer(name, f"{vendor}-{name}", vendor, usd, score))
    return pf.Problem(
        tuple(works),
        tuple(offers),
        largest_share=draw(st.sampled_from([1.0, 0.9, 0.7, 0.5, 0.4])),
        share_of=draw(st.sampled_from(pf.SHARE_BASES)),
        floor_rule=draw(st.sampled_from(pf.FLOOR_RULES)),
        whole_workloads=draw(st.booleans()),
    )


# By hand: chat 1,000 x $0.01 on A1, code 500 x $0.03 on A2, C2 being below its floor: $25.
def test_hand_worked_mix() -> None:
    mix = pf.cheapest_mix(PROBLEM)
    assert mix is not None
    assert mix.monthly_usd == pytest.approx(25.0)
    assert [OFFERS[place].label for place in mix.chosen] == ["A1", "A2"]
    assert mix.vendor_shares == pytest.approx({"A": 1.0, "B": 0.0, "C": 0.0})


# By hand: of 1,500 requests A may have 900. A chat request moved to B costs $0.01 more, a code
# request $0.07 more, so 600 chat requests move: $25 + $6. One point of share is 15 requests.
def test_hand_worked_limit_and_its_price() -> None:
    asked = replace(PROBLEM, largest_share=0.6, share_of="requests")
    mix = pf.cheapest_mix(asked)
    assert mix is not None
    assert mix.monthly_usd == pytest.approx(31.0)
    assert mix.shares == pytest.approx([0.4, 0.6, 1.0, 0.0, 0.0])
    limit = next(cost for cost in pf.constraint_costs(asked) if cost.constraint.kind != "floor")
    assert limit.saved_usd == pytest.approx(6.0)
    assert limit.saved_by_point_usd == pytest.approx(0.15)


# By hand, spend: with x the share of chat at B the bill is 25 + 10 x, A holds 25 - 10 x of it:
# 25 - 10 x = 0.8 (25 + 10 x) gives x = 5/18.
def test_hand_worked_limit_on_spend() -> None:
    mix = pf.cheapest_mix(replace(PROBLEM, largest_share=0.8))
    assert mix is not None
    assert mix.monthly_usd == pytest.approx(25 + 50 / 18)
    assert mix.vendor_shares["A"] == pytest.approx(0.8)


def test_floor_costs_what_the_cheaper_model_would_save() -> None:
    costs = {cost.constraint.name: cost for cost in pf.constraint_costs(PROBLEM)}
    assert costs["floor of code"].saved_usd == pytest.approx(500 * (0.030 - 0.001))
    assert costs["floor of code"].saved_by_point_usd == 0.0
    assert not costs["floor of chat"].binds


def test_lower_bound_rule_is_wilsons() -> None:
    low = 100 * wilson_interval(0.82, 200).low
    for floor, passes in ((low - 0.01, True), (low + 0.01, False)):
        work = replace(CHAT, floor_percent=floor)
        problem = pf.Problem((work,), OFFERS[:1], floor_rule="lower")
        assert (pf.cheapest_mix(problem) is not None) is passes


def brute_force(problem: pf.Problem) -> float:
    """Return the least cost over all assignments of whole workloads that meet everything."""
    admitted, works = problem.admitted(), problem.work_of_offer
    groups = [
        [place for place in range(len(works)) if works[place] == work and admitted[place]]
        for work in range(len(problem.workloads))
    ]
    least = math.inf
    for picked in itertools.product(*groups):
        usd = sum(problem.monthly_usd[place] for place in picked)
        held: dict[str, float] = {}
        for place in picked:
            counts = problem.monthly_usd if problem.share_of == "spend" else problem.requests
            vendor = problem.offers[place].vendor
            held[vendor] = held.get(vendor, 0.0) + counts[place]
        if max(held.values()) <= problem.largest_share * sum(held.values()) + 1e-9:
            least = min(least, usd)
    return least


@given(problems())
@settings(max_examples=150, deadline=None)
def test_whole_workloads_equal_brute_force(problem: pf.Problem) -> None:
    mix = pf.cheapest_mix(replace(problem, whole_workloads=True))
    least = brute_force(problem)
    assert (math.inf if mix is None else mix.monthly_usd) == pytest.approx(least)
    divided = pf.cheapest_mix(replace(problem, whole_workloads=False))
    if mix is not None:
        assert divided is not None
        assert divided.monthly_usd <= mix.monthly_usd * (1 + 1e-6)


@given(problems())
@settings(max_examples=150, deadline=None)
def test_a_mix_meets_what_was_asked(problem: pf.Problem) -> None:
    mix = pf.cheapest_mix(problem)
    if mix is None:
        return
    by_work = np.bincount(problem.work_of_offer, mix.shares)
    assert by_work == pytest.approx(np.ones(len(problem.workloads)))
    assert (mix.shares >= 0).all()
    totals: dict[str, float] = {}
    for place in mix.chosen:
        chosen = problem.offers[place]
        work = next(work for work in problem.workloads if work.name == chosen.workload)
        score = chosen.score_percent
        if problem.floor_rule == "lower":
            score = 100 * float(wilson_interval(score / 100, chosen.items).low)
        assert score >= work.floor_percent - 1e-6
        requests = mix.shares[place] * work.requests
        counted = requests * (chosen.usd_per_request if problem.share_of == "spend" else 1.0)
        totals[chosen.vendor] = totals.get(chosen.vendor, 0.0) + counted
    assert max(totals.values()) <= problem.largest_share * sum(totals.values()) * (1 + 1e-5)


@given(problems(), st.floats(0.0, 30.0), st.sampled_from([0.5, 0.7, 0.9, 1.0]))
@settings(max_examples=150, deadline=None)
def test_relaxing_never_costs_more(problem: pf.Problem, points: float, share: float) -> None:
    mix = pf.cheapest_mix(problem)
    if mix is None:
        return
    lower = tuple(
        replace(work, floor_percent=max(work.floor_percent - points, 0.0))
        for work in problem.workloads
    )
    for eased in (
        replace(problem, workloads=lower),
        replace(problem, largest_share=max(share, problem.largest_share)),
        replace(problem, whole_workloads=False),
        replace(problem, floor_rule="central"),
    ):
        found = pf.cheapest_mix(eased)
        assert found is not None
        assert found.monthly_usd <= mix.monthly_usd * (1 + 1e-6)
    assert all(cost.saved_usd >= cost.saved_by_point_usd - 1e-6 for cost in costs_of(problem))


def costs_of(problem: pf.Problem) -> list[pf.ConstraintCost]:
    return [c for c in pf.constraint_costs(problem) if c.constraint.kind != "budget"]


@given(problems(), st.floats(0.5, 2.0))
@settings(max_examples=80, deadline=None)
def test_a_conflict_is_one_and_its_relaxations_end_it(problem: pf.Problem, factor: float) -> None:
    free = replace(problem, largest_share=1.0)
    usd = mixes.cheapest_mix(replace(free, workloads=tuple(floorless(free))))
    assert usd is not None
    problem = replace(problem, budget_usd=usd.monthly_usd * factor)
    groups = pf.conflicts(problem)
    assert bool(groups) is (pf.cheapest_mix(problem) is None)
    for number, group in enumerate(groups):
        base = problem
        for other in itertools.chain(*groups[:number], *groups[number + 1 :]):
            base = relaxation.without(base, other)
        assert pf.cheapest_mix(base) is None
        for member in group:  # without any member of a single conflict a mix exists
            eased = relaxation.without(base, member)
            assert len(groups) > 1 or len(group) > 1 or pf.cheapest_mix(eased) is not None
    for found in pf.nearest_relaxations(problem) if groups else []:
        assert math.isnan(found.works_at) or not math.isnan(found.monthly_usd)


def floorless(problem: pf.Problem) -> list[pf.Workload]:
    return [replace(work, floor_percent=0.0) for work in problem.workloads]


def test_budget_below_the_cheapest_mix() -> None:
    asked = replace(PROBLEM, budget_usd=20.0)
    assert pf.cheapest_mix(asked) is None
    assert [[c.name for c in group] for group in pf.conflicts(asked)] == [
        ["budget", "floor of code"]
    ]
    budget, floor, together = pf.nearest_relaxations(asked)
    assert budget.works_at == pytest.approx(25.0)
    assert floor.works_at == 60.0  # C2 for code: $10.50 with A1 for chat
    assert floor.monthly_usd == pytest.approx(10.5)
    assert together.works_at == -10.0


def test_smallest_share_that_works() -> None:
    # Two vendors can serve chat, so none can hold less than half of the requests.
    asked = pf.Problem((CHAT,), OFFERS[:2], largest_share=0.4, share_of="requests")
    (found, together) = pf.nearest_relaxations(asked)
    assert found.works_at == 50.0
    assert found.monthly_usd == pytest.approx(15.0)
    assert math.isnan(together.works_at)


def test_alternatives_by_hand() -> None:
    rows = {row.name: row for row in pf.alternatives(replace(PROBLEM, largest_share=0.8))}
    assert rows["Cheapest per workload"].monthly_usd == pytest.approx(25.0)
    assert not rows["Cheapest per workload"].within_share
    assert rows["Best score per workload"].monthly_usd == pytest.approx(20 + 50)
    assert rows["B only"].monthly_usd == pytest.approx(70.0)
    assert "C only" not in rows  # C offers nothing for chat
    assert rows["A only"].floors_met == 2


def test_stability_is_seeded_and_falls_with_noise() -> None:
    mix = pf.cheapest_mix(PROBLEM)
    assert mix is not None
    first, again = (pf.stability(mix, 300, 0.2, seed=1) for _ in range(2))
    assert first == again
    assert pf.stability(mix, 300, 0.2, seed=2) != first
    sure = tuple(replace(o, items=1e8) for o in OFFERS)
    calm = pf.cheapest_mix(replace(PROBLEM, offers=sure))
    assert calm is not None
    certain = pf.stability(calm, 200, 0.0)
    assert certain.floors_hold_fraction == certain.same_choice_fraction == 1.0
    assert first.same_choice_fraction < 1.0
    assert certain.monthly_usd == pytest.approx((25.0, 25.0, 25.0))


# P(Beta(164.5, 36.5) > 0.8) by numerical integration is 0.754.
def test_draws_reach_a_floor_as_often_as_the_beta_says() -> None:
    mix = pf.cheapest_mix(pf.Problem((CHAT,), OFFERS[:1]))
    assert mix is not None
    place = pf.stability(mix, 20_000, 0.0).places[0]
    assert place.passes_fraction == pytest.approx(beta_tail(164.5, 36.5, 0.8), abs=0.01)


def beta_tail(a: float, b: float, above: float) -> float:
    x = np.linspace(1e-9, 1 - 1e-9, 400_001)
    density = np.exp((a - 1) * np.log(x) + (b - 1) * np.log1p(-x))
    return float(density[x > above].sum() / density.sum())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"largest_share": 0.0}, "largest_share = 0"),
        ({"largest_share": 1.2}, "largest_share = 1.2"),
        ({"budget_usd": -1.0}, "budget_usd = -1"),
        ({"budget_usd": math.nan}, "budget_usd = nan"),
        ({"share_of": "spending"}, "did you mean 'spend'"),
        ({"floor_rule": "centre"}, "did you mean 'central'"),
        ({"workloads": ()}, "at least one workload"),
        ({"workloads": (CHAT, CHAT, CODE)}, "'chat' stands twice"),
        ({"offers": OFFERS[:2]}, "'code' has no model on offer"),
    ],
)
def test_bad_problems(change: dict[str, object], message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        replace(PROBLEM, **change)  # type: ignore[arg-type]


HEAD = "workload,requests_per_month,benchmark,floor_percent,margin_points,cost,profile,input_tokens"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("x,many,gpqa-diamond,80,,,azure-2023-code,", "line 2: requests_per_month = 'many'"),
        ("x,0,gpqa-diamond,80,,,azure-2023-code,", "line 2: requests_per_month = 0"),
        ("x,inf,gpqa-diamond,80,,,azure-2023-code,", "line 2: requests_per_month = inf"),
        (",5,gpqa-diamond,80,,,azure-2023-code,", "line 2: workload is empty"),
        ("x,5,gpqa,80,,,azure-2023-code,", "line 2: unknown benchmark .*'gpqa-diamond'"),
        ("x,5,gpqa-diamond,,,,azure-2023-code,", "one of floor_percent and margin_points"),
        ("x,5,gpqa-diamond,80,3,,azure-2023-code,", "one of floor_percent and margin_points"),
        ("x,5,gpqa-diamond,101,,,azure-2023-code,", "line 2: floor_percent = 101"),
        ("x,5,gpqa-diamond,80,,token,azure-2023-code,", "did you mean 'tokens'"),
        ("x,5,gpqa-diamond,80,,,azure-code,", "did you mean 'azure-2023-code'"),
        ("x,5,gpqa-diamond,80,,,,1000", "tokens of a request are missing"),
        ("x,5,gpqa-diamond,80", "line 2 has 4 cells, the header 8"),
        ('x,5,"gpqa', "line 2"),
    ],
)
def test_bad_lines_are_named(line: str, message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        pf.parse_demands(f"{HEAD}\n{line}\n", "mix.csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "mix.csv is empty"),
        (HEAD, "no workload"),
        ("workloads,requests_per_month,benchmark\nx,1,gpqa-diamond", "did you mean 'workload'"),
        ("workload,benchmark\nx,gpqa-diamond", "no column requests_per_month"),
        ("workload,workload\nx,y", "column workload stands twice"),
    ],
)
def test_bad_files_are_named(text: str, message: str) -> None:
    with pytest.raises(ComputebookError, match=message):
        pf.parse_demands(text, "mix.csv")


def test_a_file_reads_with_comments_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "mix.csv"
    path.write_text("\ufeff# ours\n\n" + pf.EXAMPLE_MIX, encoding="utf-8")
    assert pf.read_demands(path) == pf.parse_demands(pf.EXAMPLE_MIX)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ComputebookError, match="no UTF-8 text"):
        pf.read_demands(path)
    with pytest.raises(ComputebookError, match="cannot be read"):
        pf.read_demands(tmp_path)


# Published cases: GPT-5.2 in OpenHands at $0.833 an issue and 74.6%; LongBench v2 in Moonshot's
# table; the mean Mooncake conversation, 12,035 in of which 36.6% cached, 343 out, on Gemini 3 Pro:
# (7,630 x 2 + 4,405 x 0.2 + 342.6 x 12) / 1e6.
def test_offers_are_the_published_ones() -> None:
    problem = pf.problem_for(pf.parse_demands(pf.EXAMPLE_MIX), DAY)
    found = {(o.workload, o.label): o for o in problem.offers}
    issues = found["Software issues", "GPT-5.2 Thinking"]
    assert issues.usd_per_request == pytest.approx(0.833, abs=0.001)
    assert issues.score_percent == 74.6
    gemini = found["Long documents", "Gemini 3 Pro"]
    assert gemini.score_percent == 68.2
    tokens = (12_035.1 * (0.634 * 2 + 0.366 * 0.2) + 342.619 * 12) / 1e6
    assert gemini.usd_per_request == pytest.approx(tokens)
    assert "Gemini 3 Deep Think" not in {o.label for o in problem.offers}  # never priced


def test_only_models_of_the_day_are_on_offer() -> None:
    demands = pf.parse_demands(pf.EXAMPLE_MIX)
    early = {o.model_id for o in pf.problem_for(demands, "2026-01-15").offers}
    assert "kimi-k2.5" not in early
    assert "kimi-k2.5" in {o.model_id for o in pf.problem_for(demands, DAY).offers}
    with pytest.raises(ComputebookError, match="'Long documents' has no model on offer"):
        pf.problem_for(demands, "2023-12-31")


def test_prompts_that_do_not_fit_drop_the_model() -> None:
    demand = replace(pf.parse_demands(pf.EXAMPLE_MIX)[0], input_tokens=250_000.0)
    assert {o.model_id for o in pf.offers_for(demand, DAY)} == {
        *("gemini-3-pro", "gpt-5.2", "kimi-k2.5")
    }


def test_one_kind_of_party_is_not_mixed_with_another() -> None:
    demand = pf.parse_demands(pf.EXAMPLE_MIX)[3]
    listed = replace(demand, cost="tokens", input_tokens=1e4, output_tokens=1e3)
    assert {o.reported_by for o in pf.offers_for(listed, DAY)} == {"independent"}
    own = {o.model_id: o.score_percent for o in pf.offers_for(listed, DAY, "self")}
    assert own["claude-opus-4.5"] == 80.9
    with pytest.raises(ComputebookError, match="unknown reporter"):
        pf.offers_for(listed, DAY, "vendor")


def test_vendors_can_be_chosen() -> None:
    demands = pf.parse_demands(pf.EXAMPLE_MIX)
    problem = pf.problem_for(demands, DAY, vendors=["OpenAI", "Google"])
    assert {o.vendor for o in problem.offers} == {"OpenAI", "Google"}
    with pytest.raises(ComputebookError, match="did you mean 'OpenAI'"):
        pf.problem_for(demands, DAY, vendors=["OpenAl"])


def invoke(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["portfolio", *words])
    return result.exit_code, result.output


def test_command_writes_json_that_adds_up() -> None:
    words = "--example --on 2026-01-31 --largest-share 0.6 --share-of requests --json --draws 50"
    code, text = invoke(*words.split())
    assert code == 0
    answer = json.loads(text)
    assert sum(row["monthly_usd"] for row in answer["mix"]) == pytest.approx(answer["monthly_usd"])
    assert max(answer["shares"].values()) <= 0.6 + 1e-6
    assert sum(row["share"] for row in answer["mix"]) == pytest.approx(5.0)
    assert {row["constraint"] for row in answer["constraints"]} >= {"largest share"}
    assert answer["noise"]["draws"] == 50


def test_template_can_be_read_back(tmp_path: Path) -> None:
    (tmp_path / "mix.csv").write_text(invoke("--template")[1], encoding="utf-8")
    words = ["--mix", str(tmp_path / "mix.csv"), "--table", "mix", "--csv", "--draws", "10"]
    assert invoke(*words)[1] == invoke("--example", *words[2:])[1]


def test_command_says_why_there_is_no_mix() -> None:
    code, text = invoke("--example", "--on", DAY, "--floor-rule", "lower", "--json")
    answer = json.loads(text[: text.rindex("}") + 1])
    assert code == 1
    assert answer["conflicts"] == [["floor of Analysis reports"], ["floor of Abstract puzzles"]]
    assert answer["relaxations"][-1]["works_at"] < 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("", "one of --mix FILE.csv and --example"),
        ("--example --mix x.csv", "one of --mix FILE.csv and --example"),
        ("--mix nowhere.csv", "nowhere.csv cannot be read"),
        ("--example --largest-share 60", "largest_share = 60"),
        ("--example --table mixes", "table = 'mixes' is unknown"),
        ("--example --on soon", "on = 'soon' is not a date"),
        ("--example --draws 0", "draws = 0"),
        ("--example --cost-spread -1", "spread_fraction = -1"),
        ("--example --confidence 2", "confidence_fraction"),
        ("--example --runs vendor", "unknown reporter"),
    ],
)
def test_bad_options_get_one_sentence(words: str, message: str) -> None:
    code, text = invoke(*words.split())
    assert code == 1
    assert message in text
    assert "Traceback" not in text


def test_help_has_examples_that_run(tmp_path: Path) -> None:
    done = subprocess.run(
        [COMMAND, "portfolio", "--example", "--draws", "20", "--table", "alternatives", "--csv"],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("name,monthly_usd,floors_met")
    shown = invoke("--help")[1]
    assert "computebook portfolio --template > mix.csv" in shown
