"""The sample in a real browser: Debian's Chromium, headless."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.conftest import CHECKOUT
from tests.e2e.harness import Machine, Server
from tests.waiting import DEADLINE_SECONDS

pytestmark = pytest.mark.needs("chromium", "chromedriver")
OPTIONS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1280,900"
)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A browser with an empty profile that keeps what its console says."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for option in [*OPTIONS.split(), f"--user-data-dir={tmp_path / 'profile'}"]:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))
    # What is not there yet is waited for.
    driver.implicitly_wait(DEADLINE_SECONDS)
    yield driver
    driver.quit()


@pytest.fixture
def site(migrated: Machine) -> Iterator[Server]:
    """The sample with a fortnight of crashes."""
    migrated.succeed("import_crashes", str(CHECKOUT / "src/project/crashstats/fixtures/sample_crashes.jsonl"))
    with migrated.serving("--workers", "2") as server:
        yield server


def test_a_person_reads_the_chart_and_follows_a_signature(browser: webdriver.Chrome, site: Server) -> None:
    browser.get(site.url + "/")
    assert "Top crashers" in browser.title
    assert len(browser.find_elements(By.CSS_SELECTOR, "svg rect")) >= 7
    signature = follow(browser, "table a[href*='signature']", "/signature/")
    assert signature in browser.find_element(By.TAG_NAME, "h1").text
    assert browser.find_elements(By.CSS_SELECTOR, "svg")
    follow(browser, "a[href^='/report/']", "/report/")
    assert signature in browser.find_element(By.TAG_NAME, "main").text
    assert browser_errors(browser) == []
    assert failed_requests(browser) == []


def test_the_page_is_german_for_a_german(browser: webdriver.Chrome, site: Server) -> None:
    browser.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"Accept-Language": "de"}})
    browser.get(site.url + "/")
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "de"


def test_nothing_sticks_out_on_a_phone(browser: webdriver.Chrome, site: Server) -> None:
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    browser.get(site.url + "/")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390


def follow(browser: webdriver.Chrome, link: str, path: str) -> str:
    """Follow a link, wait until the page that it leads to is there, and return the text of the link."""
    found = browser.find_element(By.CSS_SELECTOR, link)
    text = found.text
    found.click()
    is_there = "return location.pathname.startsWith(arguments[0]) && document.readyState === 'complete'"
    WebDriverWait(browser, DEADLINE_SECONDS).until(lambda page: page.execute_script(is_there, path))
    return text


def browser_errors(browser: webdriver.Chrome) -> list[str]:
    """What the console said that is no mere information."""
    return [entry["message"] for entry in log(browser, "browser") if entry["level"] not in ("INFO", "DEBUG")]


def failed_requests(browser: webdriver.Chrome) -> list[str]:
    """The URLs of all requests since the start that were not answered well."""
    events = [json.loads(entry["message"])["message"] for entry in log(browser, "performance")]
    answers = [event["params"]["response"] for event in events if event["method"] == "Network.responseReceived"]
    assert len(answers) > 3
    return [answer["url"] for answer in answers if answer["status"] >= 400]


def log(browser: webdriver.Chrome, name: str) -> list[dict[str, str]]:
    """The entries of one of ChromeDriver's logs since it was last read."""
    entries: list[dict[str, str]] = browser.execute("getLog", {"type": name})["value"]
    return entries
