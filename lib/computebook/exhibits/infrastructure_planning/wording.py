"""Sentences and captions of the chapter, computed from its findings."""

from __future__ import annotations

from computebook import datasets, units
from computebook.exhibits.facility import factor
from computebook.exhibits.infrastructure_planning.bandwidth import required_tb_s
from computebook.exhibits.infrastructure_planning.costs import (
    CAPITAL_COST,
    FACILITY_USD,
    FACILITY_YEARS,
    LIFE_YEARS,
    OFFERS_FROM,
    PRICE_SPREAD,
    owned_usd_per_gpu_hour,
)
from computebook.exhibits.infrastructure_planning.energy import gemini_shares, measured_per_token
from computebook.exhibits.infrastructure_planning.findings import WINDOW_TOKENS, Headline
from computebook.exhibits.infrastructure_planning.fleets import (
    HEADROOM_FRACTION,
    fleet_table,
    spare_fraction,
)
from computebook.exhibits.infrastructure_planning.measured import decode_efficiency
from computebook.exhibits.infrastructure_planning.production import production_check
from computebook.exhibits.infrastructure_planning.schema import ANSWER_TOKENS, GPUS
from computebook.exhibits.infrastructure_planning.site import systems_by_cooling
from computebook.inference.energy_table import draw_constants

__all__ = [
    "bandwidth_example",
    "chapter_takeaways",
    "data_sentence",
    "draw_sentence",
    "drivers_words",
    "energy_sentence",
    "fleet_sentence",
    "load_sentence",
    "money_sentence",
    "order_words",
    "power_example",
    "production_sentence",
    "proof_sentence",
    "rack_sentence",
    "read_sentence",
    "site_sentence",
]


def bandwidth_example(now: Headline) -> str:
    """Return the bandwidth equation with numbers, for the fleet's model and one user."""
    formats = (now.plan.weights, now.plan.cache)
    alone = required_tb_s(now.plan.model, WINDOW_TOKENS, 1, now.tpot_ms, formats)
    share = decode_efficiency().central
    h100 = datasets.accelerator("h100-sxm").memory_bandwidth_bytes_per_s / units.BYTES_PER_TB
    return (
        f"One user with {WINDOW_TOKENS:,} tokens on {now.model} moves "
        f"{alone * now.tpot_ms:.0f} GB per token; in {now.tpot_ms:g} ms that is {alone:.2f} TB/s "
        f"at peak rate and {alone / share:.2f} TB/s at the {share:.0%} of the roofline that "
        f"engines reach. The H100 has {h100:g} TB/s."
    )


def read_sentence(now: Headline) -> str:
    """Return what the full-read times say about the time per token that was asked for."""
    peak, measured = now.reads["peak_ms"].max(), now.reads["measured_ms"]
    if now.tpot_ms >= measured.max():
        verdict = "memory decides on every GPU, even at measured efficiency"
    elif now.tpot_ms >= peak:
        verdict = (
            "memory decides at peak rate; at measured efficiency a GPU that is full misses the "
            "time, so that part of its memory stays unused"
        )
    else:
        verdict = "bandwidth decides: a full GPU misses the time even at peak rate"
    return f"At {now.tpot_ms:g} ms per token, {verdict}."


def order_words(now: Headline) -> str:
    """Return whether the article's order of the GPUs by energy holds in the estimate."""
    h200, b200 = now.ratio_span("h200_over_h100", 0), now.ratio_span("b200_over_h100", 0)
    ordered = b200[1] < h200[0] and h200[1] < 1
    start = "The article's order of the GPUs holds in the estimate" if ordered else "By model"
    return (
        f"{start}: H200 takes {h200[0]:.2f} to {h200[1]:.2f} and B200 {b200[0]:.2f} to "
        f"{b200[1]:.2f} of the H100's energy."
    )


def matched_words() -> str:
    """Return the measured ratio of the GPUs at a small and a large batch, short prompts."""
    value = datasets.load("power_measurements").set_index("measurement_id")["value"]
    small, large = (float(value[f"comparison-mlenergy-ratio-batch-{n}"]) for n in (8, 1024))
    return (
        f"Matched measurements with short prompts put B200 at {small:.2f} of H100 at a batch "
        f"limit of 8 and at {large:.2f} at 1,024."
    )


def power_example(now: Headline) -> str:
    """Return the power equation with numbers, for one H100."""
    row, pue = now.power.loc["H100"], now.site.pue.central
    return (
        f"An H100 of {row['chip_w']:.0f} W becomes {row['server_w']:,.0f} W in its server, "
        f"{row['it_w']:,.0f} W with its share of other IT and {row['facility_w']:,.0f} W at a PUE "
        f"of {pue:g} ({row['facility_low_w']:,.0f} to {row['facility_high_w']:,.0f} W)."
    )


def rack_sentence() -> str:
    """Return how the densest rack compares with a server on air."""
    table = systems_by_cooling()
    racks = table[(table["boundary"] == "rack")]["kw"]
    server = table[table["gpu"] == "B200"].iloc[0]
    air = datasets.load("power_measurements").set_index("measurement_id")
    limit = float(air["value"]["cooling-air-rack-limit"]) / units.WATTS_PER_KW
    return (
        f"What air cannot do is follow into the dense rack. A rack of 72 is rated "
        f"{racks.min():.0f} to {racks.max():.0f} kW, a B200 server of eight {server['kw']:g} kW. "
        f"At the roughly {limit:.0f} kW that air removes from a rack "
        f"{{cite}}`factryze2026rack`, {limit // server['kw']:.0f} such servers fit: the B200 "
        f"costs floor space on air, not plumbing."
    )


def energy_sentence(now: Headline) -> str:
    """Return what the measured energies say about batch and generation."""
    rows = measured_per_token()
    small = rows[rows["batch"] == "8"]["ratio"]
    best = rows[rows["batch"] == "best"]["ratio"]
    pairs = datasets.load("power_measurements").set_index("measurement_id")["value"]
    matched, lower = pairs["comparison-mlenergy-pairs"], pairs["comparison-mlenergy-b200-lower"]
    shares = gemini_shares()
    return (
        f"{{numref}}`tab-planning-joules` holds what was measured, with short prompts. At a batch "
        f"limit of 8 the best B200 layout took {small.min():.2f} to {small.max():.2f} times the "
        f"energy of the best H100 layout, at the best batch {best.min():.2f} to "
        f"{best.max():.2f}. Matched on GPU "
        f"count, layout and batch, B200 took less in {lower:.0f} of {matched:.0f} configurations. "
        f"The boundary matters too: of the median Gemini prompt, active TPUs are "
        f"{shares['share of tpu']:.0f}% {{cite}}`elsworth2025gemini`."
    )


def draw_sentence() -> str:
    """Return the power equation with numbers, for H100 and B200."""
    words = []
    for name, generation in (("H100", "hopper"), ("B200", "blackwell")):
        found = draw_constants(generation)
        words.append(
            f"on {name} {float(found.active_fraction):.0%} of the rating, "
            f"{float(found.byte_j) * 1e12:.0f} pJ per byte and "
            f"{float(found.flop_j) * 1e12:.1f} pJ per operation"
        )
    host = draw_constants("hopper")
    return (
        f"Measured runs set three constants per generation: {', '.join(words)}. Weights below 16 "
        f"bits count twice per byte, because unpacking costs what the shorter read saves. A server "
        f"adds {float(host.host_w):.0f} W per H100 and loses "
        f"{1 - float(host.supply_fraction):.0%} in its supplies."
    )


def load_sentence(now: Headline) -> str:
    """Return how far load moves the energy per token, and how far the GPU."""
    spans = []
    for gpu in now.loads["gpu"].unique():
        alone, full = (float(now.energy_at(str(gpu), n)["joules"]) for n in (0, 2))
        spans.append(f"{gpu} from {alone:,.0f} to {full:,.2g} J")
    fullest = [float(now.energy_at(str(gpu), 2)["joules"]) for gpu in now.loads["gpu"].unique()]
    return (
        f"From one user per copy to the most that the times allow, a token goes on "
        f"{', on '.join(spans)}. Between the GPUs at their fullest the factor is "
        f"{max(fullest) / min(fullest):.1f}: the load decides before the GPU does."
    )


def proof_sentence(now: Headline) -> str:
    """Return how well energy per token is predicted, and where it is not."""
    known, both = now.proof.loc["model left out"], now.proof.loc["throughput predicted"]
    server = now.proof.loc["server, throughput measured"]
    return (
        f"At a known throughput the energy of models that the constants never saw is off by "
        f"{known['mape']:.0%} in the mean and {known['median']:.0%} in the median over "
        f"{known['cases']:,.0f} runs; whole servers by {server['mape']:.0%} over "
        f"{server['cases']:.0f}. If the throughput is predicted too the mean is "
        f"{both['mape']:.0%}: the engine of those runs spends more time on its host than the "
        f"engines behind the constants, and one factor for it, fitted to the other models, is all "
        f"that was allowed. Power is the easier half; throughput decides."
    )


def production_sentence() -> str:
    """Return how the models do on a service in production."""
    rows = production_check().set_index("phase")
    write, read = (f"{rows['error'][name]:+.0%}".replace("-", "−") for name in rows.index)
    return (
        f"{{numref}}`tab-planning-production` sets the serving models against DeepSeek's own "
        f"layout: {write} for writing and {read} for reading. Fleets below use copies of at most "
        f"a few servers, as the sizing search does; so wide a layout is outside it and serves "
        f"more users per GPU. Further errors by regime stand in {{doc}}`validation`."
    )


def fleet_sentence(now: Headline) -> str:
    """Return how much the answer depends on the interval and what cannot be served."""
    table = fleet_table(now.plan)
    served = table[table["binding"] == ""]
    failed = table[table["binding"] != ""]
    answers = ", ".join(f"{tokens:,}" for tokens in ANSWER_TOKENS[:-1])
    missing = ", ".join(
        f"{row['workload'].lower()} on {row['gpu']} ({row['binding']})"
        for _, row in failed.iterrows()
    )
    start = (
        f"A layout is found in {len(served)} of {len(table)} cases; not in: {missing}. "
        if missing
        else "Every GPU serves every workload, at very different counts. "
    )
    return (
        f"{start}"
        f"{now.plan.cached_fraction:.0%} of the prompt is found in cache, answers have {answers} "
        f"and {ANSWER_TOKENS[-1]:,} tokens, and the times hold at {HEADROOM_FRACTION:.0%} more "
        f"users than asked for. All three are assumptions."
    )


def money_sentence() -> str:
    """Return what rented and owned include."""
    building = factor(FACILITY_USD)
    low, high = spare_fraction("low"), spare_fraction("high")
    return (
        f"{{numref}}`tab-planning-costs` adds {low:.0%} to {high:.0%} of spares, whole servers, "
        f'power and money. "Rented" takes on-demand offers from 2026 '
        f'{{cite}}`skypilot2026catalog,dstack2026gpuhunt`. "Owned" spreads a seller\'s price of '
        f"a server {{cite}}`epoch2026trainingcost`, give or take {PRICE_SPREAD:.0%}, and its "
        f"network over {LIFE_YEARS.low:.0f} to {LIFE_YEARS.high:.0f} years, a building at "
        f"${building.low / 1e6:.0f} to {building.high / 1e6:.0f} million per megawatt over "
        f"{FACILITY_YEARS:.0f} years, both at {CAPITAL_COST:.0%}, and adds electricity. Spread, "
        f"lives and rate are assumptions; the cost of the building is unverified "
        f"{{cite}}`thundersaid2024datacentres`. Owned leaves out staff, software and idle months, "
        f"so that it is too low. List prices of large clouds from 2025, up to "
        f"${_highest_list():.2f} for an H100, are left out; one of the B200 offers is its source's "
        f"estimate."
    )


def _highest_list() -> float:
    table = datasets.load("gpu_hour_prices")
    return float(table[table["accelerator_id"] == GPUS[0]]["usd_per_gpu_hour"].max())


def site_sentence(now: Headline) -> str:
    """Return what the cheapest fleet asks from a site, and how little of it is electricity."""
    accelerator_id = str(now.costs["accelerator_id"][now.cheapest])
    server_w = float(now.costs["server_w"][now.cheapest])
    parts = owned_usd_per_gpu_hour(accelerator_id, now.site, "central", server_w)
    return (
        f"{{numref}}`tab-planning-site` states what the central {now.cheapest} fleet asks from a "
        f"site. Electricity is {parts['electricity'] / sum(parts.values()):.0%} of the cost of an "
        f"own GPU, servers and network {parts['servers and network'] / sum(parts.values()):.0%}."
    )


def data_sentence() -> str:
    """Return the dates that the prices and power figures hold for."""
    offers = datasets.load("gpu_hour_prices")
    used = offers[(offers["kind"] == "on-demand") & (offers["as_of"] >= OFFERS_FROM)]["as_of"]
    power = datasets.load("power_measurements")["as_of"]
    return (
        f"Rents hold for {used.min():%B %Y} to {used.max():%B %Y}, power figures for "
        f"{power.min():%B %Y} to {power.max():%B %Y}."
    )


def drivers_words(now: Headline) -> str:
    """Return the three inputs that move the rent most."""
    names = [name.lower() for name in now.drivers["input"].head(3)]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def chapter_takeaways(now: Headline) -> list[tuple[str, tuple[str, ...]]]:
    """Return the findings at the top of the chapter, each with its proof."""
    reads, query = now.reads["peak_ms"], now.query
    watts, carried = now.power.loc["H100"], now.power["gpus_per_mw"]
    alone, full = now.energy_at(now.cheapest, 0), now.energy_at(now.cheapest, 2)
    return [
        (
            f"No model sets a minimum bandwidth for one GPU, because bandwidth adds over GPUs. "
            f"{now.batch_size} users at {WINDOW_TOKENS:,} tokens and {now.tpot_ms:g} ms per token "
            f"need {now.low['measured_tb_s']:.1f} TB/s in total on {now.low['model']} and "
            f"{now.high['measured_tb_s']:.0f} TB/s on {now.high['model']}.",
            ("tab-bandwidth-by-model", "fig-planning-bandwidth"),
        ),
        (
            f"Every GPU in question reads its whole memory in {reads.min():.0f} to "
            f"{reads.max():.0f} ms at peak rate. The kinds differ in how much they hold more than "
            f"in how long they need to read it.",
            ("tab-planning-reads",),
        ),
        (
            f"The B200 does not require liquid. NVIDIA's own server of eight is air-cooled, and a "
            f"metered air-cooled server drew {now.air['mean_kw']:.1f} kW, "
            f"{now.air['mean_share']:.0%} of that server's rating.",
            ("tab-power-cooling", "tab-planning-loads"),
        ),
        (
            f"A chip rated {watts['chip_w']:.0f} W takes {watts['facility_w']:,.0f} W of a site's "
            f"connection: a megawatt carries {carried['H100']:.0f} H100 or "
            f"{carried['B200']:.0f} B200.",
            ("fig-planning-power", "tab-planning-boundaries"),
        ),
        (
            f"The longest GPT-5.2 prompt with a short answer would take {query['low']:.0f} to "
            f"{query['high']:.0f} Wh on H100 (central {query['central']:.0f}) if the model were "
            f"{now.model}. {order_words(now)} {matched_words()}",
            ("fig-planning-energy", "tab-planning-energy", "tab-planning-joules"),
        ),
        (
            f"Load moves the energy of a token more than the GPU does: with {now.model} on "
            f"{now.cheapest}, {alone['joules']:,.0f} J with one user per copy and "
            f"{full['joules']:,.2g} J ({full['low']:,.2g} to {full['high']:,.2g}) at the most "
            f"users that the times allow.",
            ("fig-planning-joules", "tab-planning-loads-energy", "tab-planning-energy-proof"),
        ),
        (
            f"The planned mix runs on {now.fleet_words()}. {now.safe_words()} The bill "
            f"depends most on {drivers_words(now)}.",
            ("fig-planning-cost", "fig-planning-drivers"),
        ),
    ]
