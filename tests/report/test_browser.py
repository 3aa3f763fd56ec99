"""The page in a real browser: what is moved there gives the figures that Python computes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from crossent import Evaluation, Task, compare, report
from crossent.evaluation import expected_cost, figure, interval

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="needs chromium and chromedriver")

torch.manual_seed(0)
YES = (torch.rand(400) < 0.3).long()
YES_LOGITS = 2 * YES - 1 + torch.randn(400, dtype=torch.float64)
THREE = torch.randint(0, 3, (300,))
THREE_LOGITS = torch.randn(300, 3, dtype=torch.float64).scatter_add(
    1, THREE.unsqueeze(1), torch.full((300, 1), 1.5, dtype=torch.float64)
)
LABELS = (torch.rand(200, 3) < 0.3).long()
LABEL_LOGITS = 2 * LABELS - 1 + torch.randn(200, 3, dtype=torch.float64)
MANY = torch.randint(0, 40, (2000,))

Open = Callable[[Evaluation], None]


def binary(threshold: float = 0.5) -> Evaluation:
    return Evaluation.empty(Task.binary(["no", "yes"]), threshold=threshold).update(YES, logits=YES_LOGITS)


def three() -> Evaluation:
    return Evaluation.empty(Task.multiclass(["walk", "wait", "run"])).update(THREE, logits=THREE_LOGITS)


def multilabel(threshold: list[float] | float = 0.5) -> Evaluation:
    task = Task.multilabel(["comedy", "drama", "noir"])
    return Evaluation.empty(task, threshold=threshold).update(LABELS, logits=LABEL_LOGITS)


def many() -> Evaluation:
    logits = torch.randn(2000, 40).scatter_add(1, MANY.unsqueeze(1), torch.full((2000, 1), 3.0))
    return Evaluation.empty(Task.multiclass([f"class {k}" for k in range(40)])).update(MANY, logits=logits)


@pytest.fixture(scope="module")
def browser() -> Iterator[webdriver.Chrome]:
    options = Options()
    options.binary_location = str(BROWSER)
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,1000"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
    yield driver
    driver.quit()


@pytest.fixture
def show(browser: webdriver.Chrome, tmp_path: Path) -> Iterator[Open]:
    """Opens an evaluation's page from disk; afterwards nothing may have been complained of or fetched."""
    path = tmp_path / "report.html"

    def opened(evaluation: Evaluation, fragment: str = "", **options: Any) -> None:
        report.write(path, evaluation, title="Which one?", **options)
        browser.get(f"file://{path}{fragment}")

    yield opened
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith((f"file://{path}", "data:", "about:"))] == []


def wait_for_charts(browser: webdriver.Chrome) -> None:
    undrawn = "return document.querySelectorAll('[data-chart]:not([data-drawn])').length"
    WebDriverWait(browser, 30).until(lambda driver: driver.execute_script(undrawn) == 0)


def named(browser: webdriver.Chrome, name: str) -> WebElement:
    return browser.find_element(By.NAME, name)


def shown(browser: webdriver.Chrome, name: str, part: str = "value") -> str:
    return browser.find_element(By.CSS_SELECTOR, f"[data-figure={name}] .{part}").text


def threshold(browser: webdriver.Chrome) -> float:
    return float(named(browser, "threshold-number").get_attribute("value") or "nan")


def one_against_rest(labels: torch.Tensor, probabilities: torch.Tensor, place: int, at: float) -> Evaluation:
    """The evaluation of one class against all others at a threshold, from the rows."""
    task = Task.binary(["others", "class"])
    labelled = (labels == place).long() if labels.ndim == 1 else labels[:, place]
    return Evaluation.empty(task, threshold=at).update(labelled, probabilities=probabilities[:, place])


ALL = """return {
  cells: ["rest", "alarms", "misses", "hits"].map((name) =>
    Number(document.querySelector(`[data-cell=${name}] .count`).textContent.replaceAll(",", ""))),
  figures: Object.fromEntries([...document.querySelectorAll("[data-figure]")].map((box) => [box.dataset.figure,
    [box.querySelector(".value").textContent, box.querySelector(".beside").textContent]])),
}"""


def check_all_figures(browser: webdriver.Chrome, evaluation: Evaluation) -> None:
    """What is on the page is what Python says of these rows at this threshold."""
    on_page = browser.execute_script(ALL)
    figures = on_page["figures"]
    (rest, alarms), (misses, hits) = evaluation.compute().confusion_matrix.tolist()
    assert on_page["cells"] == [rest, alarms, misses, hits]
    for name in ("precision", "recall", "specificity", "accuracy"):
        assert figures[name][0] == f"{figure(evaluation, name).value:.1%}", name
        if name != "precision" or hits + alarms:
            ends = interval(evaluation, name)
            assert figures[name][1] == f"{ends.low:.1%} to {ends.high:.1%}", name
    assert figures["balanced_accuracy"][0] == f"{figure(evaluation, 'balanced_accuracy').value:.1%}"
    assert figures["f1"][0] == f"{figure(evaluation, 'f_score').value:.3f}"
    assert figures["matthews_correlation"][0] == f"{figure(evaluation, 'matthews_correlation').value:.3f}"
    share = (hits + alarms) / evaluation.rows
    assert figures["alerts"] == [f"{hits + alarms:,}", f"{share:.1%} of the rows"]
    assert figures["alerts_a_day"] == [f"{1000 * share:.4g}" if share < 1 else "1,000", "of 1,000 rows a day"]
    assert figures["cost"][0] == f"{expected_cost(evaluation, [[0, 1], [1, 0]]).value:.4g}"


MOVES: list[list[str]] = [[], [Keys.ARROW_LEFT] * 3, [Keys.ARROW_RIGHT] * 40, [Keys.PAGE_DOWN] * 4]


def test_the_slider_moves_every_figure_to_what_python_computes(browser: webdriver.Chrome, show: Open) -> None:
    show(binary(0.45))
    assert threshold(browser) == 0.45
    seen = set()
    for keys in MOVES:
        named(browser, "threshold").send_keys("".join(keys))
        seen.add(threshold(browser))
        check_all_figures(browser, binary(threshold(browser)))
        line = browser.find_element(By.CSS_SELECTOR, "[data-line]").text
        assert line == f"crossent predict DIR NEW.csv --out predictions.csv --threshold {threshold(browser)}"
    assert len(seen) == len(MOVES)


def test_one_class_of_many_against_the_rest(browser: webdriver.Chrome, show: Open) -> None:
    show(three())
    probabilities = THREE_LOGITS.softmax(dim=1)
    for place, name in ((0, "walk"), (2, "run"), (1, "wait")):
        Select(named(browser, "class")).select_by_visible_text(name)
        for keys in MOVES:
            named(browser, "threshold").send_keys("".join(keys))
            check_all_figures(browser, one_against_rest(THREE, probabilities, place, threshold(browser)))
        assert f"ROC curve of “{name}”" in browser.find_element(By.ID, "figure-roc").text
        assert browser.find_element(By.CSS_SELECTOR, "[data-line]").text.startswith(f"`probability_{name}` >= ")


def test_each_label_has_its_own_threshold(browser: webdriver.Chrome, show: Open) -> None:
    show(multilabel([0.5, 0.25, 0.75]))
    probabilities = LABEL_LOGITS.sigmoid()
    for place, (name, fitted) in enumerate((("comedy", 0.5), ("drama", 0.25), ("noir", 0.75))):
        Select(named(browser, "class")).select_by_visible_text(name)
        assert threshold(browser) == fitted
        for keys in MOVES:
            named(browser, "threshold").send_keys("".join(keys))
            check_all_figures(browser, one_against_rest(LABELS, probabilities, place, threshold(browser)))


def test_any_threshold_can_be_typed_where_every_score_is_known(browser: webdriver.Chrome, show: Open) -> None:
    show(binary())
    for typed in ("0.123", "0.87", "0", "1"):
        named(browser, "threshold-number").send_keys(Keys.CONTROL, "a", Keys.NULL, typed, Keys.ENTER)
        assert threshold(browser) == float(typed)
        check_all_figures(browser, binary(float(typed)))


def test_costs_move_the_cost_and_the_cheapest_threshold(browser: webdriver.Chrome, show: Open) -> None:
    show(binary())
    named(browser, "miss").clear()
    named(browser, "miss").send_keys("5")
    named(browser, "false-alarm-slider").send_keys(Keys.HOME)
    assert float(named(browser, "false-alarm").get_attribute("value") or "nan") == 0
    named(browser, "false-alarm").clear()
    named(browser, "false-alarm").send_keys("2")
    assert named(browser, "false-alarm-slider").get_attribute("value") == "2"
    named(browser, "hit-gain").clear()
    named(browser, "hit-gain").send_keys("1.5")
    costs = [[0, 2], [5, -1.5]]
    assert shown(browser, "cost") == f"{expected_cost(binary(), costs).value:.4g}"
    browser.find_element(By.CSS_SELECTOR, "[data-jump=cost]").click()
    found = threshold(browser)
    cost = expected_cost(binary(found), costs).value
    assert shown(browser, "cost") == f"{cost:.4g}"
    everywhere = [expected_cost(binary(at), costs).value for at in [*YES_LOGITS.sigmoid().tolist(), 1.0]]
    assert cost == pytest.approx(min(everywhere), abs=1e-12)


def test_the_buttons_go_to_the_best_f1_and_back(browser: webdriver.Chrome, show: Open) -> None:
    show(binary(0.9))
    browser.find_element(By.CSS_SELECTOR, "[data-jump=f1]").click()
    best = max(figure(binary(at), "f_score").value for at in YES_LOGITS.sigmoid().tolist())
    assert shown(browser, "f1") == f"{best:.3f}"
    check_all_figures(browser, binary(threshold(browser)))
    browser.find_element(By.CSS_SELECTOR, "[data-jump=fitted]").click()
    assert threshold(browser) == 0.9


def test_the_position_can_be_linked(browser: webdriver.Chrome, show: Any) -> None:
    show(three(), "#class=run&threshold=0.37&miss=7&rows-a-day=50000")
    assert Select(named(browser, "class")).first_selected_option.text == "run"
    assert threshold(browser) == 0.37
    evaluation = one_against_rest(THREE, THREE_LOGITS.softmax(dim=1), 2, 0.37)
    assert shown(browser, "cost") == f"{expected_cost(evaluation, [[0, 1], [7, 0]]).value:.4g}"
    assert shown(browser, "alerts_a_day", "beside") == "of 50,000 rows a day"
    named(browser, "threshold").send_keys(Keys.ARROW_LEFT)
    moved = threshold(browser)
    WebDriverWait(browser, 5).until(lambda driver: f"threshold={moved}&" in driver.current_url)
    link = browser.current_url
    browser.get("about:blank")
    browser.get(link)
    assert threshold(browser) == moved
    assert named(browser, "miss").get_attribute("value") == "7"


@pytest.mark.parametrize("evaluation", [three(), multilabel(), many()], ids=["three", "labels", "many"])
def test_every_chart_is_drawn(browser: webdriver.Chrome, show: Open, evaluation: Evaluation) -> None:
    show(evaluation)
    wait_for_charts(browser)  # a chart that fails is never marked as drawn
    marks = "return [...document.querySelectorAll('[data-chart]')].map((box) => box.querySelectorAll('path').length)"
    assert min(browser.execute_script(marks)) > 5


def test_the_marks_stand_at_the_threshold(browser: webdriver.Chrome, show: Open) -> None:
    show(binary(0.45))
    wait_for_charts(browser)

    def place() -> str:
        return str(browser.execute_script(
            "return document.querySelector('#figure-roc .mark-symbol.layer_3_marks path').getAttribute('transform')"
        ))  # fmt: skip

    before = place()
    named(browser, "threshold").send_keys(Keys.HOME)
    WebDriverWait(browser, 5).until(lambda _: place() != before)
    # At the lowest threshold all rows are decided so: the right upper corner, where y is 0.
    assert re.fullmatch(r"translate\([\d.]+,0\)", place())


def test_a_click_on_a_curve_moves_the_threshold_there(browser: webdriver.Chrome, show: Open) -> None:
    show(binary(0.45))
    wait_for_charts(browser)
    browser.execute_script("document.querySelector('#figure-roc').scrollIntoView({block: 'center'})")
    points = browser.find_elements(By.CSS_SELECTOR, "#figure-roc .mark-symbol.layer_2_marks path")
    assert len(points) > 100
    ActionChains(browser).move_to_element(points[len(points) // 2]).click().perform()
    assert threshold(browser) != 0.45
    check_all_figures(browser, binary(threshold(browser)))


def test_what_is_said_to_a_screen_reader_follows(browser: webdriver.Chrome, show: Open) -> None:
    show(binary())
    named(browser, "threshold").send_keys(Keys.HOME)
    assert named(browser, "threshold").get_attribute("aria-valuetext") == str(threshold(browser))
    says = "return document.querySelector('#explorer output').textContent"
    WebDriverWait(browser, 5).until(lambda driver: "recall 100.0%" in driver.execute_script(says))


def test_the_command_is_copied(browser: webdriver.Chrome, show: Open) -> None:
    show(binary())
    browser.find_element(By.CSS_SELECTOR, "[data-copy]").click()
    said = browser.find_element(By.CSS_SELECTOR, "[data-copied]")
    WebDriverWait(browser, 5).until(lambda _: said.text in ("Copied.", "Selected: press Ctrl+C."))


def test_a_table_is_sorted_by_its_heads_with_the_keyboard(browser: webdriver.Chrome, show: Open) -> None:
    evaluation = many()
    show(evaluation)
    head = browser.find_elements(By.CSS_SELECTOR, "#class-table thead th")[2]
    ordered = "return [...document.querySelectorAll('#class-table tbody tr')].map((row) => row.cells[0].textContent)"
    recalls = {str(scores.label): scores.recall for scores in evaluation.compute().per_class}
    for direction, sign in (("ascending", 1), ("descending", -1)):
        head.find_element(By.TAG_NAME, "button").send_keys(Keys.ENTER)
        assert head.get_attribute("aria-sort") == direction
        values = [sign * recalls[name] for name in browser.execute_script(ordered)]
        assert values == sorted(values)
        assert len(values) == 40
    sorted_heads = browser.find_elements(By.CSS_SELECTOR, "#class-table th[aria-sort]")
    assert len(sorted_heads) == 1
    browser.find_element(By.CSS_SELECTOR, "#class-table thead th button").click()
    assert browser.execute_script(ordered)[:3] == ["class 0", "class 1", "class 2"]


def test_classes_are_found_by_a_part_of_their_name(browser: webdriver.Chrome, show: Open) -> None:
    show(many())
    browser.find_element(By.CSS_SELECTOR, "[data-filter]").send_keys("CLASS 3")
    rows = [row.text.split()[1] for row in browser.find_elements(By.CSS_SELECTOR, "#class-table tbody tr") if row.text]
    assert rows == ["3", *map(str, range(30, 40))]
    assert browser.find_element(By.ID, "class-table-shown").text == "11 of 40 shown"


def test_the_matrix_is_normalised_both_ways(browser: webdriver.Chrome, show: Open) -> None:
    show(three())
    matrix = three().compute().confusion_matrix.double()
    wholes = {"row": matrix.sum(1, keepdim=True), "column": matrix.sum(0, keepdim=True), "rows": matrix.sum()}
    for name in ("column", "rows", "row"):
        browser.find_element(By.CSS_SELECTOR, f"[name=by][value={name}]").click()
        shares = [each.text for each in browser.find_elements(By.CSS_SELECTOR, "#confusion .share")]
        assert shares == [f"{share:.1%}" for share in (matrix / wholes[name]).flatten().tolist()]


def test_without_javascript_the_figures_at_the_threshold_stand_there(browser: webdriver.Chrome, tmp_path: Path) -> None:
    report.write(tmp_path / "still.html", binary(0.45), title="Which one?")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(f"file://{tmp_path / 'still.html'}")
        check_all_figures(browser, binary(0.45))
        assert not named(browser, "threshold").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
        browser.get_log("browser")


def test_the_page_of_two_models_draws_its_charts(browser: webdriver.Chrome, tmp_path: Path) -> None:
    task = Task.binary(["no", "yes"])
    labels = ["yes" if each else "no" for each in YES.tolist()]
    compared = compare(task, labels, logits_a=YES_LOGITS, logits_b=0.5 * YES_LOGITS)
    path = tmp_path / "compared.html"
    report.write_comparison(path, {("old", "new"): compared})
    browser.get(f"file://{path}")
    wait_for_charts(browser)
    assert len(browser.find_elements(By.CSS_SELECTOR, "[data-drawn] svg")) == 3
    assert [entry["message"] for entry in browser.get_log("browser")] == []
