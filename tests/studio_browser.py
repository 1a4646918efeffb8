"""A person at the studio: Chromium or Firefox without a window, and what it sees and clicks."""

from __future__ import annotations

import functools
import os
import shutil

from firefox_driver import FIREFOX, Firefox
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from studio_process import until as until_it_is

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
# Without these, Chromium asks other machines for news at every start.
_QUIET = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-color-profile=srgb", "--hide-scrollbars",
)  # fmt: skip

until = functools.partial(until_it_is, ignoring=(StaleElementReferenceException,))
"""Wait for something of the page, which may be made anew meanwhile."""


class Person:
    """Somebody at the studio.

    Args:
        driver: Of the browser.
        downloads: Folder where files arrive.
    """

    def __init__(self, driver, downloads):
        self.driver, self.downloads = driver, downloads

    def close(self):
        self.driver.quit()

    # What is there

    def find(self, css):
        return until(lambda: next((one for one in self.driver.find_elements(By.CSS_SELECTOR, css)), None), what=css)

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def named(self, name, tag="button"):
        """The button of an accessible name, or of a beginning of one, that can be seen."""

        def found():
            known = [one for one in self.all(tag) if one.is_displayed()]
            return next((one for one in known if one.accessible_name.startswith(name)), None)

        return until(found, what=f"a {tag} {name}")

    def text(self, css):
        return self.find(css).text

    def focus(self, css):
        """Bring the focus to something, as the Tab key would."""
        self.driver.execute_script("arguments[0].focus()", self.find(css))

    def focused(self):
        return self.driver.switch_to.active_element

    @property
    def canvas(self):
        return self.find(".canvas")

    # The page

    def open(self, url):
        self.driver.get(url)
        self.find("body > header")

    def bring(self, *paths):
        """Choose files on the first screen."""
        self.find(".home input[type=file]").send_keys("\n".join(map(str, paths)))
        self.settled()

    def place(self, x, y):
        """Where a point of the page is on the canvas, in CSS pixels."""
        scale, left, top = map(float, self.canvas.get_attribute("data-view").split())
        return left + x * scale, top + y * scale

    def pixel(self, x, y):
        """What the canvas shows at a point of the page: (red, green, blue)."""
        at = self.place(x, y)
        script = (
            "const d = devicePixelRatio; return [...arguments[0].getContext('2d')"
            ".getImageData(Math.round(arguments[1] * d), Math.round(arguments[2] * d), 1, 1).data].slice(0, 3)"
        )
        return tuple(self.driver.execute_script(script, self.canvas, *at))

    def point(self, x, y):
        """Move the mouse to a point of the page."""
        box = self.canvas.rect
        across, down = self.place(x, y)
        chain = ActionChains(self.driver, duration=0)
        offset = (round(across - box["width"] / 2), round(down - box["height"] / 2))
        return chain.move_to_element_with_offset(self.canvas, *offset)

    def click(self, x, y, *, alone=False):
        """Click a point of the page; a fill is `alone` with Shift."""
        chain = self.point(x, y)
        chain = chain.key_down(Keys.SHIFT).click().key_up(Keys.SHIFT) if alone else chain.click()
        chain.perform()

    def leave(self):
        """Take the mouse off the page, so that no outline is shown."""
        ActionChains(self.driver, duration=0).move_to_element(self.find(".where")).perform()

    def keys(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def hold(self, key):
        """Press a key and keep it down, until it is let go."""
        ActionChains(self.driver).key_down(key).perform()

    def let_go(self, key):
        ActionChains(self.driver).key_up(key).perform()

    def with_ctrl(self, key, *, shift=False):
        chain = ActionChains(self.driver).key_down(Keys.CONTROL)
        chain = chain.key_down(Keys.SHIFT).send_keys(key).key_up(Keys.SHIFT) if shift else chain.send_keys(key)
        chain.key_up(Keys.CONTROL).perform()

    def choose(self, color):
        box = self.find(".color-text")
        box.send_keys(Keys.CONTROL, "a")
        box.send_keys(color, Keys.ENTER)

    def save(self, character, part):
        """Save the colour last used to a character."""
        self.keys("p")
        for box, text in zip(self.all(".save-form input"), (character, part), strict=True):
            box.send_keys(Keys.CONTROL, "a")
            box.send_keys(text)
        self.keys(Keys.ENTER)

        def saved():
            there = [one for one in self.all(".character") if one.accessible_name.lower() == character.lower()]
            return there and part in there[0].text

        until(saved, what="the colour in the palette")

    def settled(self):
        """Until the page is shown in colour, its areas are known, and every step is answered and drawn."""
        until(lambda: self.canvas.get_attribute("aria-busy") == "false", what="the page, coloured,")

    def downloaded(self, ending):
        """The file of an ending that arrived, whole."""

        def found():
            there = list(self.downloads.iterdir())
            whole = [one for one in there if one.suffix == ending and one.stat().st_size]
            return whole[0] if whole and not any(one.suffix in (".crdownload", ".part") for one in there) else None

        return until(found, what=f"a download of {ending}")


class InChromium(Person):
    """Somebody who has Chromium, driven through chromedriver.

    Args:
        downloads: Folder where files arrive.
        size: Of the window.
    """

    missing = "" if CHROMIUM and DRIVER else "needs Chromium: apt install chromium chromium-driver"

    def __init__(self, downloads, *, size=(1440, 900)):
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for word in _QUIET:
            options.add_argument(word)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")  # which Chromium does not set up for root
        options.add_argument(f"--window-size={size[0]},{size[1]}")
        options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        super().__init__(webdriver.Chrome(options=options, service=Service(DRIVER)), downloads)
        self.take(size)

    def take(self, size, *, touch=False):
        """Go on at a screen of another size, or one that is touched."""
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": touch}
        self.devtools("Emulation.setDeviceMetricsOverride", **metrics)
        self.devtools("Emulation.setTouchEmulationEnabled", enabled=touch, maxTouchPoints=5 if touch else 1)

    def devtools(self, command, **words):
        return self.driver.execute_cdp_cmd(command, words)

    def errors(self):
        """What the browser complains of."""
        return [one["message"] for one in self.driver.get_log("browser") if one["level"] == "SEVERE"]

    def names(self):
        """What the browser tells assistive software that controls and landmarks are called."""
        nodes = self.devtools("Accessibility.getFullAXTree")["nodes"]
        wanted = {"button", "textbox", "slider", "combobox", "link", "ColorWell", "application", "navigation", "dialog"}
        named = [one for one in nodes if not one.get("ignored") and one.get("role", {}).get("value") in wanted]
        return [one.get("name", {}).get("value", "") for one in named]

    def prefer(self, theme):
        """Have a system that is `light` or `dark`; None for whatever it is."""
        features = [{"name": "prefers-color-scheme", "value": theme}] if theme else []
        self.devtools("Emulation.setEmulatedMedia", features=features)

    def go_offline(self, *, offline):
        """Let the server be out of reach, or not any more."""
        self.devtools("Network.enable")
        speed = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.devtools("Network.emulateNetworkConditions", offline=offline, **speed)


class InFirefox(Person):
    """Somebody who has Firefox; its window is no narrower than 500 pixels, and is not touched.

    Args:
        downloads: Folder where files arrive.
        size: Of the page.
    """

    missing = "" if FIREFOX else "needs Firefox: apt install firefox-esr"

    _THEMES = ("dark", "light", None)  # as the preference has them, by number

    def __init__(self, downloads, *, size=(1440, 900)):
        super().__init__(Firefox(downloads), downloads)
        self.take(size)

    def take(self, size):
        """Go on at a window of another size."""
        self.driver.set_window_rect(width=size[0], height=size[1])
        inner = self.driver.execute_script("return innerHeight")
        self.driver.set_window_rect(width=size[0], height=2 * size[1] - inner)

    def errors(self):
        """What the browser complains of."""
        script = """
            const said = Services.console.getMessageArray().filter((one) => one instanceof Ci.nsIScriptError);
            Services.console.reset();
            return said.filter((one) => one.category === "content javascript" || one.category === "CSP")
              .map((one) => one.errorMessage);
        """
        return self.driver.in_browser(script)

    def names(self):
        """What the browser tells assistive software that controls and landmarks are called."""
        wanted = "button, input, select, a[href], nav, [role=slider], [role=application], [role=toolbar]"
        return [one.accessible_name for one in self.all(wanted) if one.is_displayed()]

    def prefer(self, theme):
        """Have a system that is `light` or `dark`; None for whatever it is."""
        name = "layout.css.prefers-color-scheme.content-override"
        self.driver.in_browser("Services.prefs.setIntPref(...arguments)", name, self._THEMES.index(theme))

    def go_offline(self, *, offline):
        """Let the server be out of reach, or not any more."""
        self.driver.in_browser("Services.prefs.setIntPref('network.proxy.type', arguments[0])", int(offline))
