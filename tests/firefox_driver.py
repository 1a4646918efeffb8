"""Selenium's driver for a Firefox as Debian has it, without geckodriver, which Debian has not.

geckodriver only passes on what Selenium says to Marionette, the server within Firefox, which knows the same commands of
the WebDriver standard; here Selenium says it itself. Each message is its length, a colon and JSON:
https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from selenium.webdriver import FirefoxOptions, Remote
from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.file_detector import UselessFileDetector
from studio_process import until

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")

NAMES = {
    Command.NEW_SESSION: "WebDriver:NewSession",
    Command.GET: "WebDriver:Navigate",
    Command.REFRESH: "WebDriver:Refresh",
    Command.FIND_ELEMENT: "WebDriver:FindElement",
    Command.FIND_ELEMENTS: "WebDriver:FindElements",
    Command.W3C_GET_ACTIVE_ELEMENT: "WebDriver:GetActiveElement",
    Command.GET_ELEMENT_TEXT: "WebDriver:GetElementText",
    Command.GET_ELEMENT_RECT: "WebDriver:GetElementRect",
    Command.GET_ELEMENT_ARIA_LABEL: "WebDriver:GetComputedLabel",
    Command.IS_ELEMENT_ENABLED: "WebDriver:IsElementEnabled",
    Command.CLICK_ELEMENT: "WebDriver:ElementClick",
    Command.SEND_KEYS_TO_ELEMENT: "WebDriver:ElementSendKeys",
    Command.W3C_ACTIONS: "WebDriver:PerformActions",
    Command.W3C_EXECUTE_SCRIPT: "WebDriver:ExecuteScript",
    Command.W3C_EXECUTE_SCRIPT_ASYNC: "WebDriver:ExecuteAsyncScript",
    Command.GET_WINDOW_RECT: "WebDriver:GetWindowRect",
    Command.SET_WINDOW_RECT: "WebDriver:SetWindowRect",
    Command.SCREENSHOT: "WebDriver:TakeScreenshot",
}

_WORDS = ("--headless", "--marionette", "--remote-allow-system-access", "--no-remote")

_PREFERENCES = {
    "marionette.port": 0,  # a free one, which is then told in the profile
    "browser.download.folderList": 2,
    "browser.download.always_ask_before_handling_new_types": False,
    "browser.download.alwaysOpenPanel": False,
    # A proxy that is not there; it is asked for servers of this machine, too, once `network.proxy.type` is 1.
    "network.proxy.type": 0,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.allow_hijacking_localhost": True,
    # Nothing is asked of other machines.
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.startup.page": 0,
    "browser.shell.checkDefaultBrowser": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
}


class Firefox(Remote):
    """A Firefox without a window.

    Args:
        downloads: Folder where files arrive.
    """

    def __init__(self, downloads):
        with contextlib.ExitStack() as stack:
            profile = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
            wanted = {**_PREFERENCES, "browser.download.dir": str(downloads)}
            lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in wanted.items()]
            (profile / "user.js").write_text("\n".join(lines))
            process = subprocess.Popen(
                [FIREFOX, *_WORDS, "--profile", str(profile)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            port = until(lambda: _port(profile), what="Firefox")
            self._marionette = stack.enter_context(_Marionette(port))
            super().__init__(self._marionette, options=FirefoxOptions(), file_detector=UselessFileDetector())
            self._stack = stack.pop_all()

    def quit(self):
        self._stack.close()

    def in_browser(self, script, *args):
        """Run a script as the browser itself, not as a page."""
        self._marionette.say("Marionette:SetContext", {"value": "chrome"})
        try:
            return self._marionette.say("WebDriver:ExecuteScript", {"script": script, "args": args})["value"]
        finally:
            self._marionette.say("Marionette:SetContext", {"value": "content"})


class _Marionette:
    """Passes on what Selenium says."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), 60)
        self._file, self._numbers = self._socket.makefile("rb"), itertools.count(1)
        self._hear()  # who it is

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()
        self._socket.close()

    def execute(self, command, params):
        """As `RemoteConnection.execute`."""
        params = {name: value for name, value in params.items() if name != "sessionId"}
        try:
            answer = self.say(NAMES[command], params)
        except RefusedError as error:
            return {"status": 500, "value": json.dumps({"value": error.args[0]})}
        return {"value": answer["value"] if set(answer) == {"value"} else answer}

    def say(self, name, params):
        number = next(self._numbers)
        message = json.dumps([0, number, name, params]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, answered, error, result = self._hear()
        assert answered == number
        if error:
            raise RefusedError(error)
        return result if isinstance(result, dict) else {"value": result}

    def _hear(self):
        length = b""
        while (letter := self._file.read(1)) != b":":
            assert letter, "Firefox has ended"
            length += letter
        return json.loads(self._file.read(int(length)))


class RefusedError(Exception):
    """What Marionette says of a command that failed: `error`, `message` and `stacktrace` of the standard."""


def _port(profile):
    file = profile / "MarionetteActivePort"
    return file.is_file() and int(file.read_text() or 0)
