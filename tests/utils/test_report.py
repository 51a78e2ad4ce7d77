"""The report: what results come down to, and the page that shows it, in a browser."""

import json
import os
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

from overlay.layout import DEFAULT_RELEASE, REPOSITORY, Layout
from report.__main__ import main, property_meanings
from report.lineage import Lineages
from report.page import render
from report.results import STATUSES, BuildResults, load_runs
from report.summary import EXAMPLES, Texts, cell, cells_of, summarize


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LETTERS = {"fail": "F", "crash": "C", "refused": "R", "pass": "✓", "not-applicable": "–", "not-judged": ""}


def line(model="llama", prop="forward", status="pass", rule="R1", head_dim=4, n=2, got="0.5", known=None) -> dict:
    """A result as `./run_tests` writes it."""
    case, reason = {"head_dim": head_dim, "n": n, "value": "0.5", "rope_type": "default"}, None
    if status == "not-applicable":
        case, reason = None, f"{model} has no {prop}"
    elif status != "pass":
        reason = (
            f"{rule}, {prop}: {model}, head_dim={head_dim}, rotary_ndims={n}\n  expected: 0\n  got:      {got}\n"
            f"  config:   {{'head_dim': {head_dim}, 'odd': {bool(head_dim % 2)}}}\nTo see it again:\n"
            f"  from transformers import {model}\n  check({model}, '{prop}', {head_dim}, {n})"
        )
    return {
        "release": DEFAULT_RELEASE, "build": "fork", "model": model, "rule": rule, "property": prop, "case": case,
        "status": status, "reason": reason, "seconds": 0.1, "known": known,
    }  # fmt: skip


results = st.builds(
    line,
    model=st.sampled_from(["llama", "gptj", "esm"]),
    prop=st.sampled_from(["forward", "shift"]),
    status=st.sampled_from(STATUSES),
    head_dim=st.sampled_from([4, 8]),
    n=st.integers(0, 8),
    got=st.sampled_from(["0.5", "1e-3", "no error", "ValueError: bad", "[]", "()", "KeyError", "a\n  b"]),
    known=st.sampled_from([None, "by design"]),
)


def read(texts: Texts, numbers: list[int]) -> str:
    return "\n".join(texts.lines[number] for number in numbers)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(st.lists(results, min_size=1, max_size=60))
def test_nothing_is_lost(lines):
    cells = cells_of(lines, Texts())
    counts = Counter()
    for model, row in cells.items():
        for prop, one in row.items():
            counts.update({(model, prop, status): count for status, count in one["counts"].items()})
            unsaid = sum(one["counts"].values()) - one["counts"].get("pass", 0)
            shown = sum(example["cases"] for example in one["examples"])
            assert shown == unsaid if len(one["examples"]) < EXAMPLES else shown <= unsaid
    assert counts == Counter((x["model"], x["property"], x["status"]) for x in lines)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(st.lists(results, min_size=1, max_size=60))
def test_a_cell_has_its_worst_status_and_shows_an_example_of_it(lines):
    groups = defaultdict(list)
    for one in lines:
        groups[one["model"], one["property"]].append(one)
    cells = cells_of(lines, Texts())
    assert {(model, prop) for model in cells for prop in cells[model]} == groups.keys()
    for (model, prop), group in groups.items():
        found = cells[model][prop]
        ranks = [STATUSES.index(one["status"]) for one in group]
        assert found["status"] == STATUSES[min(ranks)]
        shown = [STATUSES.index(example["status"]) for example in found["examples"]]
        assert shown == sorted(shown)
        assert shown[:1] == sorted(rank for rank in ranks if STATUSES[rank] != "pass")[:1]


@given(st.lists(results, min_size=1, max_size=30), st.randoms())
def test_the_order_of_results_changes_nothing(lines, random):
    shuffled = random.sample(lines, len(lines))
    ours, theirs = Texts(), Texts()
    assert (cells_of(lines, ours), ours.lines) == (cells_of(shuffled, theirs), theirs.lines)


@given(st.lists(results, min_size=1, max_size=30))
def test_texts_are_stored_once_and_come_back_whole(lines):
    texts = Texts()
    reasons = {one["reason"] for one in lines}
    for row in cells_of(lines, texts).values():
        for one in row.values():
            for example in one["examples"]:
                said, snippet = (read(texts, example[key]) for key in ("said", "snippet"))
                again = "".join(f"\n  {row}" for row in snippet.splitlines())
                assert said + (f"\nTo see it again:{again}" if snippet else "") in reasons
                assert read(texts, example["known"]) in ("by design", "")
    assert len(set(texts.lines)) == len(texts.lines)


def test_failures_that_differ_in_case_and_numbers_alone_are_told_by_the_smallest_case():
    texts = Texts()
    group = [line(status="fail", head_dim=head_dim, n=3, got=f"{head_dim / 7} and 2e-05") for head_dim in (8, 5, 7)]
    (example,) = cell(group, texts)["examples"]
    assert example["cases"] == 3
    assert "head_dim=5, rotary_ndims=3" in read(texts, example["said"])
    assert read(texts, example["snippet"]) == "from transformers import llama\ncheck(llama, 'forward', 5, 3)"


@pytest.mark.parametrize("other", [{"got": "no error"}, {"status": "refused"}, {"known": "by design"}])
def test_failures_that_differ_otherwise_are_told_apart(other):
    examples = cell([line(status="fail"), line(**{"status": "fail"} | other)], Texts())["examples"]
    assert [example["cases"] for example in examples] == [1, 1]


def test_properties_stand_by_rule_and_models_by_family():
    lines = [line("gemma", "shift", rule="R5"), line(), line("esm", "norms"), line("gemma2", "norms")]
    lineages = {"gemma": ["gemma", "llama"], "gemma2": ["gemma2", "gemma", "llama"]}
    data = summarize([run(lines)], lambda model: lineages.get(model, [model]), {"norms": "kept"})
    assert [(one["rule"], one["name"]) for one in data["properties"]] == [
        ("R1", "forward"), ("R1", "norms"), ("R5", "shift"),
    ]  # fmt: skip
    assert [one["meaning"] for one in data["properties"]] == ["", "kept", ""]
    assert [one["name"] for one in data["models"]] == ["esm", "llama", "gemma", "gemma2"]


def run(lines: list[dict], build: str = "fork") -> BuildResults:
    return BuildResults(DEFAULT_RELEASE, build, lines, NOON, NOON)


def write(results: Path, subject: str, lines: list[dict], name: str = "llama") -> Path:
    file = results / subject / f"{name}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{json.dumps(one)}\n" for one in lines))
    return file


HERE = (f"{DEFAULT_RELEASE}-pristine", f"{DEFAULT_RELEASE}-fork")


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ((), f"{HERE[0]} and {HERE[1]}; make them by `./run_tests --pristine` and `./run_tests`$"),
        ((HERE[1], "5.0.0-pristine"), f"{HERE[0]}; make them by `./run_tests --pristine`$"),
        ((HERE[0],), f"{HERE[1]}; make them by `./run_tests`$"),
    ],
)
def test_missing_results_are_named_with_the_commands_that_make_them(tmp_path, there, said):
    for name in there:
        write(tmp_path, name, [line()])
    write(tmp_path, "5.17.0-pristine", [])
    with pytest.raises(SystemExit, match=f"no results of {said}"):
        load_runs(tmp_path, DEFAULT_RELEASE)


@pytest.mark.parametrize("bad", ['{"model": "llama"}', "{", "[]", json.dumps(line() | {"status": "odd"})])
def test_a_line_that_is_no_result_is_named(tmp_path, bad):
    write(tmp_path, f"{DEFAULT_RELEASE}-fork", [line()])
    with (tmp_path / f"{DEFAULT_RELEASE}-fork" / "llama.jsonl").open("a") as file:
        file.write(bad)
    with pytest.raises(SystemExit, match=f"{DEFAULT_RELEASE}-fork/llama.jsonl, line 2 is no result"):
        load_runs(tmp_path, DEFAULT_RELEASE)


def test_runs_are_the_pair_first_and_tell_when_their_models_were_judged(tmp_path):
    for name in ("4.57.6-pristine", f"{DEFAULT_RELEASE}-fork", f"{DEFAULT_RELEASE}-pristine"):
        write(tmp_path, name, [line()])
    for model, day in (("llama", 3), ("phi", 5)):
        part = write(tmp_path, f"{DEFAULT_RELEASE}-fork", [line(model)], model)
        os.utime(part, (NOON.timestamp() + day * 86400,) * 2)
    runs = load_runs(tmp_path, DEFAULT_RELEASE)
    assert [one.name for one in runs] == [f"{DEFAULT_RELEASE}-pristine", f"{DEFAULT_RELEASE}-fork", "4.57.6-pristine"]
    assert [runs[1].first.day, runs[1].last.day] == [4, 6]
    assert runs[0].first == runs[0].last


def test_every_property_has_a_meaning():
    meanings = property_meanings()
    assert all(meanings.values())
    assert len(meanings) == (REPOSITORY / "docs" / "properties.md").read_text().count("\n| `")
    assert meanings["passing"] == "Channels `2m` and above are the same at all positions, bit by bit"


@pytest.fixture
def models(tmp_path):
    """A folder of models, made from modular files."""

    def make(**files: str) -> Lineages:
        for name, code in files.items():
            (tmp_path / name).mkdir()
            (tmp_path / name / f"configuration_{name}.py").write_text(f'class C:\n    model_type = "{name}-type"\n')
            if code:
                (tmp_path / name / f"modular_{name}.py").write_text(code)
        return Lineages(tmp_path)

    return make


def test_a_model_comes_from_where_its_rotary_code_does(models):
    others = "from ..other.modeling_other import A, B, C"
    lineages = models(
        root="",
        other="",
        middle=f"from ...models.root.modeling_root import rotate_half\n{others}",
        leaf=f"{others}\nfrom transformers.models.middle.modular_middle import MiddleAttention",
        plain=f"{others}\nfrom ..root.modeling_root import D\nfrom ..auto.configuration_auto import E, F, G, H",
    )
    assert lineages.of("leaf") == ["leaf", "middle", "root"]
    assert lineages.of("plain") == ["plain", "other"]
    assert lineages.of("leaf-type") == ["leaf-type", "leaf", "middle", "root"]
    assert lineages.of("unknown") == ["unknown"]


def test_models_that_name_each_other_have_an_end(models):
    lineages = models(one="from ..two.modeling_two import A", two="from ..one.modeling_one import A")
    assert lineages.of("one") == ["one", "two"]


def test_without_upstream_a_model_is_its_own_family(tmp_path):
    assert Lineages(tmp_path / "missing").of("llama") == ["llama"]


def test_families_of_upstream(pristine):
    lineages = Lineages(pristine / "models")
    assert lineages.of("gemma2")[-2:] == ["gemma", "llama"]
    assert lineages.of("llama") == ["llama"]


def every_model(status_of, models: int = 200, properties: int = 48, cases: int = 7) -> Iterator[dict]:
    """As many results as a full run has, each failure with numbers and a config of its own."""
    for model in range(models):
        for prop in range(properties):
            for case in range(cases):
                found = line(f"model_{model}", f"property_{prop}", status_of(case), f"R{prop // 6 + 1}", case, case)
                if found["reason"]:
                    seed = (model * properties + prop) * cases + case
                    numbers = ", ".join(f"{(seed * k * 0.618034) % 1:.6f}" for k in range(1, 9))
                    config = ", ".join(f"'key_{key}': {model * key}" for key in range(20))
                    said = found["reason"].replace("0.5", f"{numbers} in model_{model}")
                    found["reason"] = said.replace("{'head", f"{{{config}, 'head")
                yield found


@pytest.fixture(scope="module")
def full_size() -> dict:
    pristine = every_model(lambda case: ("fail", "crash", "pass")[case % 3])
    fork = every_model(lambda case: "crash" if case == 5 else "pass")
    return summarize([run(list(pristine), "pristine"), run(list(fork))], lambda model: [model], {})


def test_a_page_of_every_model_is_below_five_megabytes(full_size):
    assert sum(one["lines"] for one in full_size["runs"]) == 2 * 200 * 48 * 7
    assert len(render(full_size)) < 5_000_000
    assert len(set(full_size["lines"])) == len(full_size["lines"])


PRISTINE = [
    *(line("llama", status="fail", head_dim=8, n=n, got="</script><img src=x onerror=alert(1)>") for n in (5, 3)),
    line("llama", status="crash", got="RuntimeError: sizes", known="an odd width crashes"),
    line("llama", "shift", rule="R5"),
    line("gemma", status="crash", got="RuntimeError: sizes"),
    line("gemma", "shift", rule="R5"),
    line("gptj", status="refused", got="ValueError"),
    line("gptj", "shift", "not-applicable", rule="R5"),
    *(line("gptj", "keys", "fail", rule="R6", got=word) for word in "abcdef"),
]
FORK = [
    *(line("llama", n=n) for n in (5, 3, 2)),
    line("llama", "shift", rule="R5"),
    line("gemma"),
    line("gemma", "shift", "fail", rule="R5", got="</script>"),
    line("gptj", status="refused", got="ValueError"),
    line("gptj", "shift", "not-applicable", rule="R5"),
    line("mine"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Path:
    """What `make report` writes for a checkout with a few results and a tree of three models."""
    layout = Layout(tmp_path_factory.mktemp("checkout"))
    results = layout.build / "results"
    write(results, f"{DEFAULT_RELEASE}-pristine", PRISTINE)
    write(results, f"{DEFAULT_RELEASE}-fork", FORK)
    write(results, "5.0.0-pristine", [line("llama", status="refused", got="ValueError")])
    gemma = layout.upstream(DEFAULT_RELEASE) / "transformers" / "models" / "gemma"
    gemma.mkdir(parents=True)
    (gemma / "modular_gemma.py").write_text("from ..llama.modeling_llama import LlamaRotaryEmbedding")
    main(layout, {"forward": "It runs, `2m` channels turn"})
    return layout.build / "report"


def test_the_data_are_those_of_the_page(report):
    data = json.loads((report / "data.json").read_text())
    assert (report / "index.html").read_text() == render(data)
    assert {one["name"]: one["lineage"] for one in data["models"]}["gemma"] == ["gemma", "llama"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[webdriver.Chrome]:
    """A headless Chromium that logs what it prints and what it asks the network for."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (binary and driver):
        pytest.skip("there is no Chromium here: apt-get install -y chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options, Service(driver))
    yield browser
    browser.quit()


class Page:
    """The report in a browser, as a user sees and works it."""

    def __init__(self, browser: webdriver.Chrome, file: Path):
        self.browser = browser
        self.address = file.as_uri()

    def open(self, state: str = "") -> None:
        self.browser.get("about:blank")  # a hash alone would not load the page anew
        self.browser.get(self.address + state)
        WebDriverWait(self.browser, 60).until(lambda _: self.all("#statuses [aria-pressed]"))

    def all(self, selector: str) -> list:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def evaluate(self, script: str, *arguments):
        return self.browser.execute_script(f"return {script}", *arguments)

    def choose(self, name: str, value: str) -> None:
        Select(self.one(f"#{name}")).select_by_value(value)

    def cells(self) -> dict[str, list[str]]:
        """Left and right letter of the cells that are shown, by model/property; faint ones left out."""
        return self.evaluate(
            "Object.fromEntries([...document.querySelectorAll('#matrix td button')]"
            ".filter((one) => one.offsetParent && !one.classList.contains('faint'))"
            ".map((one) => [one.cell.name, [...one.children].map((half) => half.textContent)]))"
        )

    def click(self, name: str) -> None:
        cells = "[...document.querySelectorAll('#matrix td button')]"
        self.evaluate(f"{cells}.find((one) => one.cell.name === arguments[0])", name).click()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.browser.switch_to.active_element.send_keys(key)

    def focus(self) -> str | None:
        return self.evaluate("document.activeElement.cell?.name")

    def hash(self) -> dict[str, str]:
        fragment = urlparse(self.browser.current_url).fragment
        return {key: value for key, (value,) in parse_qs(fragment).items()}


WIDTHS = {"desktop": (1440, 900, False), "phone": (390, 844, True)}


@pytest.fixture(params=WIDTHS)
def page(request, chromium, report) -> Page:
    width, height, mobile = WIDTHS[request.param]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    chromium.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": mobile})
    page = Page(chromium, report / "index.html")
    page.open()
    return page


def test_every_cell_shows_the_worst_status_of_both_builds(page, report):
    data = json.loads((report / "data.json").read_text())
    pristine, fork = (data["cells"][f"{DEFAULT_RELEASE}-{build}"] for build in ("pristine", "fork"))
    none = {"status": "not-judged"}
    assert page.cells() == {
        f"{model['name']}/{prop['name']}": [
            LETTERS[build.get(model["name"], {}).get(prop["name"], none)["status"]] for build in (pristine, fork)
        ]
        for model in data["models"]
        for prop in data["properties"]
    }
    assert page.cells()["llama/forward"] == ["F", "✓"]
    assert page.cells()["mine/shift"] == ["", ""]


def test_nothing_is_asked_of_the_network_nor_printed(page, chromium):
    for log in ("performance", "browser"):
        chromium.get_log(log)  # empties it
    page.open("#cell=llama/forward")
    events = [json.loads(entry["message"])["message"] for entry in chromium.get_log("performance")]
    asked = [one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"]
    assert {address.partition("#")[0] for address in asked} - {"about:blank"} == {page.address}
    assert chromium.get_log("browser") == []


@pytest.mark.parametrize(
    ("choices", "left"),
    [
        ({"family": "llama", "property": "R1"}, {"llama/forward", "gemma/forward"}),
        ({"family": "gemma"}, {"gemma/forward", "gemma/shift", "gemma/keys"}),
        ({"family": "gemma", "property": "shift"}, {"gemma/shift"}),
        ({"property": "R5"}, {"gemma/shift", "gptj/shift", "llama/shift", "mine/shift"}),
        ({"property": "forward", "status": "crash"}, {"gemma/forward"}),
        ({"status": "fail"}, {"llama/forward", "gemma/shift", "gptj/keys"}),
        ({"differs": "1"}, {"llama/forward", "gemma/forward", "gemma/shift"}),
        ({"status": "crash", "property": "shift"}, set()),
    ],
)
def test_filters_leave_what_they_say_and_stand_in_the_hash(page, choices, left):
    for name, value in choices.items():
        if name == "status":
            page.one(f"[data-choice={value}]").click()
        elif name == "differs":
            page.one("#differs").click()
        else:
            page.choose(name, value)
    assert page.cells().keys() == left
    assert page.hash() == choices
    assert page.one("#nothing").is_displayed() == (not left)
    heads = {head.text for head in page.all("#matrix thead .property") if head.is_displayed()}
    assert heads == {name.partition("/")[2] for name in left}
    page.open("#" + urlparse(page.browser.current_url).fragment)
    assert page.cells().keys() == left
    assert page.hash() == choices
    page.one("#all").click()
    assert len(page.cells()) == 12
    assert page.hash() == {}


def test_counts_of_a_status_are_of_the_cells_that_are_shown(page):
    page.choose("property", "forward")
    shown = Counter(letter for letters in page.cells().values() for letter in letters)
    told = {button.get_attribute("data-choice"): button.text for button in page.all("#statuses button")}
    for status, letter in LETTERS.items():
        left, right = told[status].split()[-3::2]
        assert int(left) + int(right) == shown[letter]


def test_a_click_tells_why_and_how_to_see_it_again(page):
    page.click("llama/forward")
    left, right = page.one("#left-detail"), page.one("#right-detail")
    assert page.one("#what").text == "llama: forward"
    assert "It runs, 2m channels turn" in page.one("#detail header").text
    fail, crash = left.find_elements(By.TAG_NAME, "article")
    assert "2 cases like this" in fail.text
    assert "head_dim=8, rotary_ndims=3" in fail.text
    assert "</script><img src=x onerror=alert(1)>" in fail.text
    assert "Known: an odd width crashes" in crash.text
    assert (
        crash.find_element(By.CLASS_NAME, "snippet").text
        == "from transformers import llama\ncheck(llama, 'forward', 4, 2)"
    )
    assert "3 cases: pass 3" in right.text
    assert page.evaluate("document.images.length") == 0


def test_what_is_not_shown_is_counted(page):
    page.click("gptj/keys")
    assert len(page.all("#left-detail article")) == EXAMPLES
    assert f"other messages: see build/results/{DEFAULT_RELEASE}-pristine" in page.one("#left-detail").text
    assert "not judged" in page.one("#right-detail").text


def test_why_a_property_is_not_asked_is_told(page):
    page.click("gptj/shift")
    assert "gptj has no shift" in page.one("#right-detail").text


def test_the_snippet_is_copied(page):
    grant = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    page.browser.execute_cdp_cmd("Browser.grantPermissions", grant)
    page.click("gemma/forward")
    page.one("#left-detail .again button").click()
    WebDriverWait(page.browser, 10).until(lambda _: page.one("#left-detail .again button").text == "Copied")
    copied = page.browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    assert copied == page.one("#left-detail .snippet").text


def test_a_snippet_is_copied_without_a_clipboard_too(page):
    page.click("gemma/forward")
    page.evaluate("void Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.one("#left-detail .again button").click()
    WebDriverWait(page.browser, 10).until(lambda _: page.one("#left-detail .again button").text == "Copied")
    assert page.evaluate("getSelection().toString()").strip() == page.one("#left-detail .snippet").text


def test_the_keyboard_is_enough(page):
    page.evaluate("document.querySelector('#matrix td button').focus()")
    assert len(page.all("#matrix td button[tabindex='0']")) == 1
    page.press(Keys.ARROW_DOWN, Keys.ARROW_RIGHT)
    assert page.focus() == "llama/shift"
    page.press(Keys.END, Keys.ARROW_RIGHT)
    assert page.focus() == "llama/keys"
    page.press(Keys.HOME, Keys.ARROW_UP, Keys.ARROW_UP)
    assert page.focus() == "gptj/forward"
    page.press(Keys.ARROW_DOWN, Keys.ENTER)
    assert page.one("#detail").is_displayed()
    assert page.hash() == {"cell": "llama/forward"}
    page.press(Keys.ESCAPE)
    WebDriverWait(page.browser, 10).until(lambda _: page.hash() == {})
    assert not page.one("#detail").is_displayed()
    assert page.focus() == "llama/forward"


def test_a_link_to_a_cell_opens_it(page):
    page.open("#property=R5&cell=gemma/shift&left=5.0.0-pristine")
    assert page.one("#what").text == "gemma: shift"
    assert "5.0.0 pristine" in page.one("#left-detail").text
    page.one("#close").click()
    assert page.hash() == {"property": "R5", "left": "5.0.0-pristine"}


def test_a_link_to_what_is_gone_opens_the_rest(page):
    page.open("#family=gone&property=gone&status=gone&left=gone&cell=gone/forward")
    assert len(page.cells()) == 12
    assert not page.one("#detail").is_displayed()


def test_another_release_stands_beside_the_fork(page):
    page.choose("left", "5.0.0-pristine")
    assert page.cells()["llama/forward"] == ["R", "✓"]
    assert page.cells()["gemma/forward"] == ["", "✓"]


def test_what_was_judged_and_how_it_differs_is_told(page):
    summary = page.one("#judged summary")
    assert f"{DEFAULT_RELEASE} pristine: 3 models, 14 results" in summary.text
    assert f"{DEFAULT_RELEASE} fork: 4 models, 9 results" in summary.text
    assert "not the same on both sides" in summary.text
    summary.click()
    told = page.one("#judged").text
    assert f"1 model judged only in {DEFAULT_RELEASE} fork: mine." in told
    assert f"1 asked only of {DEFAULT_RELEASE} pristine: keys." in told
    page.choose("right", f"{DEFAULT_RELEASE}-pristine")
    assert "not the same" not in page.one("#judged summary").text


def test_another_number_of_cases_is_told(chromium, tmp_path):
    runs = [run([line(n=n) for n in range(count)], build) for count, build in ((2, "pristine"), (3, "fork"))]
    (tmp_path / "index.html").write_text(render(summarize(runs, lambda model: [model], {})))
    page = Page(chromium, tmp_path / "index.html")
    page.open()
    assert "1 cell with another number of cases" in page.one("#judged").get_attribute("textContent")


@pytest.fixture(scope="module")
def large_report(full_size, tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("large") / "index.html"
    file.write_text(render(full_size))
    return file


def test_the_body_does_not_scroll_sideways(page, large_report):
    large = Page(page.browser, large_report)
    for each, state in ((page, ""), (page, "#cell=llama/forward"), (large, "#cell=model_0/property_0")):
        each.open(state)
        for part in ("documentElement", "body", "getElementById('detail')", "getElementById('builds')"):
            assert each.evaluate(f"document.{part}.scrollWidth <= document.documentElement.clientWidth"), part


def test_heads_stay_where_the_matrix_scrolls(page, large_report):
    large = Page(page.browser, large_report)
    large.open()
    assert len(large.all("#matrix tbody tr")) == 200
    heads = "[...document.querySelectorAll('#matrix .corner, #matrix tbody th')].slice(0, 2)"
    corners = f"{heads}.map((one) => one.getBoundingClientRect())"
    before = large.evaluate(corners)
    large.evaluate("document.getElementById('matrix').scrollTo(200, 900)")
    after = large.evaluate(corners)
    assert large.evaluate("document.getElementById('matrix').scrollLeft") == 200
    assert [one["x"] for one in after] == [one["x"] for one in before]
    assert [one["y"] for one in after] == [before[0]["y"], before[1]["y"] - 900]


CONTRAST = """(() => {
  const light = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const marks = [...document.querySelectorAll('#statuses .mark')].filter((one) => one.textContent);
  return Object.fromEntries(marks.map((one) => {
    const style = getComputedStyle(one);
    const [dark, bright] = [light(style.color), light(style.backgroundColor)].sort((a, b) => a - b);
    return [one.dataset.status, (bright + 0.05) / (dark + 0.05)];
  }));
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out_from_their_colours(page, scheme):
    """4.5 to 1 is what WCAG 2.2 asks of text (level AA)."""
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    contrasts = page.evaluate(CONTRAST)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert contrasts.keys() == set(STATUSES)
    assert {status: ratio for status, ratio in contrasts.items() if ratio < 4.5} == {}
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
