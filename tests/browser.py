"""A browser that looks at a page."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains


class Browser:
    """Headless Chromium."""

    def __init__(self, driver: webdriver.Chrome):
        self.driver = driver
        self.run = driver.execute_script

    def click(self, selector: str) -> None:
        self.run("document.querySelector(arguments[0]).click()", selector)

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def resize(self, width: int, height: int = 900) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def requests(self) -> set[str]:
        """Addresses asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}

    def barriers(self) -> list[str]:
        """List what axe-core finds on the page that keeps some readers from using it."""
        if find_spec("axe_playwright_python") is None:
            pytest.skip("needs axe-core (pip install --no-deps axe-playwright-python)")
        # What a box scrolls out of sight, or a heading that stays covers, has no contrast that can be measured.
        unrolled = ".scroll { overflow: visible; max-height: none } nav, thead th { position: static }"
        self.run(
            "document.head.append(Object.assign(document.createElement('style'), {textContent: arguments[0]}))",
            unrolled,
        )
        # The package without its dependencies: it holds the script, and selenium runs it.
        self.run((files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
        self.driver.set_script_timeout(300)
        results: dict[str, Any] = self.driver.execute_async_script(
            "axe.run(document, {resultTypes: ['violations']}).then(arguments[0])"
        )
        return [
            f"{rule['impact']}: {rule['id']}: {node['html'][:200]}"
            for rule in results["violations"]
            for node in rule["nodes"]
        ]


@contextmanager
def opened(folder: Path) -> Iterator[Browser]:
    """Start a browser with a profile in a folder, or skip the test without a browser."""
    binary, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (binary and chromedriver):
        pytest.skip("needs chromium and chromedriver on PATH (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in (
        "headless=new",
        "no-sandbox",
        "disable-gpu",
        "no-first-run",
        "disable-background-networking",
        "disable-component-update",
        "disable-sync",
        "window-size=1500,950",
        f"user-data-dir={folder}",
    ):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    with webdriver.Chrome(options=options, service=Service(chromedriver)) as driver:
        driver.get("about:blank")
        browser = Browser(driver)
        browser.requests()
        yield browser
