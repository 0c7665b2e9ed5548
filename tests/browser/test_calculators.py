"""Calculators in Chromium, from the disk and under the policy of the site: equal to NumPy."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pytest
from docutils import frontend, nodes, utils
from docutils.core import publish_from_doctree
from docutils.writers import html5_polyglot

from computebook import calculators
from computebook.book import assets, security
from computebook.book import calculators as drawing
from computebook.book.browser import PHONE, WIDE
from computebook.calculators import CALCULATOR_MIME, CALCULATORS, Calculator, calculator

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser]

ROOT = Path(__file__).parents[2]
FILES = ("calculator.js", "calculator.css")
HEAD = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<link rel="stylesheet" href="colours.css"><link rel="stylesheet" href="report.css">'
    '<link rel="stylesheet" href="calculator.css"><link rel="stylesheet" href="page.css">'
    '<script defer src="calculator.js"></script>'
)
#: What the theme gives every page of the site.
PAGE = (
    "body { color: var(--cb-ink); background: var(--pst-color-background); } "
    "a { color: var(--cb-accent); }"
)
EACH = pytest.mark.parametrize("name", CALCULATORS)
#: Set inputs all at once and read every result.
COMPUTE = """([id, states]) => states.map((state) => {
  const controls = Object.keys(state).map((name) => {
    const control = document.getElementById(`${id}-${name}`);
    control.value = state[name];
    return control;
  });
  controls.find((control) => control.tagName === "INPUT").dispatchEvent(new Event("input"));
  const outputs = [...document.getElementById(id).querySelectorAll("output")];
  return Object.fromEntries(outputs.map((o) => [o.name, o.dataset.value]));
})"""


class Translator(html5_polyglot.HTMLTranslator):
    """The writer of a plain page, with the calculator as the site writes it."""

    visit_calculator = drawing.open_html
    depart_calculator = drawing.close_html


def rendered(document: nodes.document, name: str) -> list[nodes.Element]:
    holder: list[nodes.Element] = []

    @contextlib.contextmanager
    def inside(node: nodes.Element) -> Iterator[None]:
        holder.append(node)
        yield
        holder.pop()

    def text(words: str, _line: int, inline: bool) -> None:
        holder[-1].append(nodes.Text(words))

    own = SimpleNamespace(document=document, current_node_context=inside, nested_render_text=text)
    content = calculators.show(name)._repr_mimebundle_()[CALCULATOR_MIME]
    data = SimpleNamespace(content=json.loads(json.dumps(content)), line=1)
    return drawing.rendered(SimpleNamespace(renderer=own, source="page"), data)


@pytest.fixture(scope="module")
def html(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with every calculator, as the site draws them, on the disk."""
    folder = tmp_path_factory.mktemp("calculators")
    writer = html5_polyglot.Writer()
    document = utils.new_document("page", frontend.get_default_settings(writer))
    document += [node for name in CALCULATORS for node in rendered(document, name)]
    writer.translator_class = Translator
    plain = {"embed_stylesheet": False, "stylesheet_path": ""}
    body = publish_from_doctree(document, writer=writer, settings_overrides=plain).decode()
    body = body.partition("<body")[2]
    body = body.replace("<main", '<main class="bd-article"').replace(
        'class="colwidths-auto', 'class="table colwidths-auto'
    )
    text = f'<!DOCTYPE html><html lang="en" data-theme="light"><head>{HEAD}</head><body{body}'
    own = resources.files("computebook.book")
    for file in FILES:
        (folder / file).write_text(own.joinpath(file).read_text("utf-8"), encoding="utf-8")
    (folder / "colours.css").write_text(assets.colours_css(), encoding="utf-8")
    report = (ROOT / "_static" / "report.css").read_text("utf-8")
    (folder / "report.css").write_text(report, encoding="utf-8")
    (folder / "page.css").write_text(PAGE, encoding="utf-8")
    (folder / "index.html").write_text(security.with_policy(text), encoding="utf-8")
    return folder / "index.html"


@pytest.fixture(scope="module")
def page(chromium: Browser, html: Path) -> Iterator[Page]:
    """One open page for all tests; anything that it complains about is a fault."""
    context = chromium.new_context(viewport=WIDE)
    opened, faults = context.new_page(), []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda message: faults.append(message.text))
    opened.goto(html.as_uri())
    yield opened
    context.close()
    assert faults == []


def grid(asked: Calculator) -> list[dict[str, Any]]:
    """Return every choice once, and every number at its ends, beside published values."""
    choices = [p for p in asked.parameters if p.choices]
    longest = max((len(p.choices) for p in choices), default=0)
    states = [
        {p.name: p.choices[k % len(p.choices)] for p in choices} | numbers(asked, k)
        for k in range(longest)
    ]
    defaults = {p.name: p.default for p in asked.parameters}
    for parameter, end in itertools.product(asked.parameters, ("low", "high")):
        if getattr(parameter, end) is not None:
            kind = int if parameter.kind == "int" else float
            states.append(defaults | {parameter.name: kind(getattr(parameter, end))})
    return [state for state in states if allowed(asked, state)]


def numbers(asked: Calculator, k: int) -> dict[str, Any]:
    """Return numbers between a third and three times the published ones, other ones for each k."""
    factors = itertools.islice(itertools.cycle((1.0, 0.37, 2.9, 1.3, 0.71)), k, None)
    values: dict[str, Any] = {}
    for parameter, factor in zip((p for p in asked.parameters if not p.choices), factors):  # noqa: B905
        value = min(max(parameter.default * factor, parameter.low), parameter.high)
        values[parameter.name] = round(value) if parameter.kind == "int" else value
    return values


def allowed(asked: Calculator, state: dict[str, Any]) -> bool:
    return not any(f.below and state[f.name] >= state[f.below] for f in asked.fields)


@EACH
def test_chromium_computes_what_numpy_does(page: Page, name: str) -> None:
    asked = calculator(name)
    states = grid(asked)
    for parameter in asked.parameters:
        assert {state[parameter.name] for state in states} >= set(parameter.choices)
    found = page.evaluate(COMPUTE, [f"calc-{name}", states])
    for state, results in zip(states, found, strict=True):
        direct = asked.evaluate(state)
        assert results.keys() == direct.keys()
        for result, value in direct.items():
            text = results[result].replace("Infinity", "inf")
            np.testing.assert_allclose(float(text), value, rtol=1e-9, err_msg=f"{result} {state}")


@pytest.fixture(autouse=True)
def _fresh(page: Page, html: Path) -> None:
    """Open the page anew, without a state in its address."""
    page.goto("about:blank")
    page.goto(html.as_uri())


@EACH
def test_the_published_results_are_what_the_page_computes(page: Page, name: str) -> None:
    rows = page.locator(f"#calc-{name} table").nth(1).locator("tbody tr").all()
    assert len(rows) == len(calculator(name).results)
    for row in rows:
        yours, published = row.locator("td").all_inner_texts()
        assert yours.strip() == published.strip() != ""


def value(page: Page, name: str, result: str) -> float:
    return float(
        str(page.locator(f"#calc-{name} output[name={result}]").get_attribute("data-value"))
    )


def test_the_address_holds_a_calculation(page: Page, html: Path) -> None:
    page.get_by_label("Users").fill("200")
    page.locator("#calc-gpu-sizing-architecture").select_option("deepseek-v3")
    found = value(page, "gpu-sizing", "gpus")
    assert page.url.endswith("#calc-gpu-sizing:architecture=deepseek-v3&users=200")
    assert page.locator("#calc-gpu-sizing .cb-link").get_attribute("href") == (
        "#calc-gpu-sizing:architecture=deepseek-v3&users=200"
    )
    cited = page.url
    page.goto("about:blank")
    page.goto(cited)
    assert page.get_by_label("Users").input_value() == "200"
    assert value(page, "gpu-sizing", "gpus") == found
    assert found == calculator("gpu-sizing").evaluate(
        {"architecture": "deepseek-v3", "users": 200}
    )["gpus"]  # fmt: skip
    # Another state of the same page, by a link within it; the other calculators keep theirs.
    page.evaluate("location.hash = '#calc-api-bill:model=gpt-5.2-pro'")
    page.wait_for_function("document.querySelector('#calc-api-bill-model').value === 'gpt-5.2-pro'")
    assert page.get_by_label("Users").input_value() == "200"


def test_reset_brings_the_published_values_back(page: Page) -> None:
    before = value(page, "training-run", "days")
    page.locator("#calc-training-run-accelerator").select_option("h100-sxm")
    assert page.locator("#calc-training-run-rated_w").input_value() == "1,275"
    assert value(page, "training-run", "days") > before
    page.locator("#calc-training-run .cb-reset").click()
    assert value(page, "training-run", "days") == before
    assert page.url.endswith("#calc-training-run")


def test_everything_works_by_keyboard(page: Page) -> None:
    page.locator("#calc-api-bill-model").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "calc-api-bill-requests_per_month"
    page.keyboard.press("Control+a")
    page.keyboard.type("2e6")
    assert value(page, "api-bill", "month_usd") == pytest.approx(
        2 * calculator("api-bill").evaluate()["month_usd"], rel=1e-9
    )
    status = page.locator("#calc-api-bill [role=status]")
    page.wait_for_function(
        "s => s.textContent.startsWith('Bill of a month:')", arg=status.element_handle()
    )
    page.locator("#calc-api-bill .cb-reset").focus()
    page.keyboard.press("Enter")
    assert page.locator("#calc-api-bill-requests_per_month").input_value() == "1,000,000"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("5000", "Allowed: 1 to 4,096 users"),
        ("0", "Allowed: 1 to 4,096 users"),
        ("2.5", "A whole number is needed"),
        ("many", "A number of users is needed"),
        ("", "A number of users is needed"),
        ("4,096", ""),
        ("1 000", ""),
    ],
)
def test_a_wrong_input_is_explained_beside_it(page: Page, typed: str, said: str) -> None:
    control = page.locator("#calc-gpu-sizing-users")
    control.fill(typed)
    error = page.locator("#calc-gpu-sizing-users-error")
    assert error.inner_text() == said
    assert error.is_visible() == bool(said)
    assert control.get_attribute("aria-invalid") == str(bool(said)).lower()
    assert "calc-gpu-sizing-users-error" in str(control.get_attribute("aria-describedby"))
    assert math.isnan(value(page, "gpu-sizing", "gpus")) == bool(said)
    assert ("users=" in page.url) == (not said)


def test_inputs_that_do_not_fit_together_are_explained(page: Page) -> None:
    page.locator("#calc-gpu-sizing-output_tokens").fill("40000")
    error = page.locator("#calc-gpu-sizing-output_tokens-error")
    assert error.inner_text() == "Must be below 32,768 tokens"
    page.locator("#calc-gpu-sizing-context_tokens").fill("50000")
    assert error.is_hidden()


def test_what_cannot_be_done_is_said(page: Page) -> None:
    page.locator("#calc-gpu-sizing-time_per_output_token_ms").fill("0.5")
    gpus = page.locator("#calc-gpu-sizing output[name=gpus]")
    assert gpus.inner_text() == "no layout is in time"
    page.locator("#calc-break-even-model").select_option("deepseek-v3.2")
    assert page.locator("#calc-break-even output[name=break_even_requests]").inner_text() == "never"


@pytest.mark.parametrize("state", ["users=-3", "users=%22%3E%3Cb%3E", "model=nobody&x=1", "users="])
def test_a_strange_address_harms_nothing(page: Page, html: Path, state: str) -> None:
    page.goto("about:blank")
    page.goto(f"{html.as_uri()}#calc-gpu-sizing:{quote(state, safe='=&%')}")
    assert page.locator("#calc-gpu-sizing").get_attribute("data-state") in ("ready", "invalid")
    assert page.locator(".cb-calculator b").count() == 0


def test_without_scripts_and_in_print_the_published_values_stand(
    chromium: Browser, html: Path
) -> None:
    context = chromium.new_context(viewport=WIDE, java_script_enabled=False)
    still = context.new_page()
    still.goto(html.as_uri())
    text = still.locator("#calc-gpu-sizing").inner_text()
    for result in calculator("gpu-sizing").results:
        assert result.label in text
    assert "32,768 tokens" in text
    assert still.locator("input, select, button").count() == 0
    context.close()


def test_a_phone_shows_everything_without_scrolling_sideways(chromium: Browser, html: Path) -> None:
    context = chromium.new_context(viewport=PHONE, is_mobile=True, has_touch=True)
    phone = context.new_page()
    phone.goto(html.as_uri())
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    cut = phone.eval_on_selector_all(
        ".cb-calculator :is(input, select, output)",
        "all => all.filter(e => e.getBoundingClientRect().right > 391).length",
    )
    assert cut == 0
    context.close()


def test_accessibility_rules_hold_in_both_themes(chromium: Browser, html: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = chromium.new_context(viewport=WIDE)
    # axe looks for style sheets in a way that a browser refuses from the disk, aloud.
    opened = context.new_page()
    opened.goto(html.as_uri())
    opened.locator("#calc-gpu-sizing-users").fill("5000")
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]}
    for theme in ("light", "dark"):
        opened.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        found = axe.run(opened, context="#calc-gpu-sizing", options=rules).response["violations"]
        assert [(f["id"], [n["html"][:100] for n in f["nodes"][:3]]) for f in found] == []
    context.close()
