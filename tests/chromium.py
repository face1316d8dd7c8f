"""Driving a headless Chromium over a pipe, by the DevTools protocol."""

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import time

#: Nothing that asks the network, and no sandbox, which root cannot have.
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--remote-debugging-pipe",
]
#: Seconds until something that has to happen counts as failed.
PATIENCE = 30


def path_of_chromium():
    """The browser, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


class Browser:
    """A browser with one page.

    Parameters
    ----------
    folder : Path
        For its profile; downloads go to ``folder / "downloads"``.
    """

    def __init__(self, folder):
        program = path_of_chromium()
        assert program, "no Chromium: `make test-browser` says how to install it"
        to_browser, self._to = os.pipe()
        self._from, from_browser = os.pipe()
        # the browser reads from 3 and writes to 4
        script = f'exec "$@" 3<&{to_browser} 4>&{from_browser}'
        profile = f"--user-data-dir={folder / 'profile'}"
        with open(folder / "log", "wb") as log:
            self._process = subprocess.Popen(
                ["bash", "-c", script, "bash", program, *FLAGS, profile, "about:blank"],
                pass_fds=(to_browser, from_browser),
                stdout=log,
                stderr=log,
            )
        os.close(to_browser)
        os.close(from_browser)
        self._numbers, self._received = itertools.count(1), b""
        self._session, self.events = None, []
        self.downloads = folder / "downloads"
        self.downloads.mkdir()
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")
        self.send(
            "Browser.setDownloadBehavior",
            behavior="allow",
            downloadPath=str(self.downloads),
        )

    def close(self):
        """End the browser."""
        self._session = None
        try:
            self.send("Browser.close")
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._to)
            os.close(self._from)

    def send(self, method, **params):
        """Call a method of the protocol; give its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.events.append(answer)

    def _receive(self):
        deadline = time.monotonic() + PATIENCE
        while b"\0" not in self._received:
            left = deadline - time.monotonic()
            ready, _, _ = select.select([self._from], [], [], max(left, 0))
            assert ready, "the browser does not answer"
            read = os.read(self._from, 1 << 20)
            assert read, "the browser has ended"
            self._received += read
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)

    def evaluate(self, expression):
        """Give what an expression of JavaScript is."""
        result = self.send(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
        )
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait_for(self, expression):
        """Wait until an expression of JavaScript is true."""
        deadline = time.monotonic() + PATIENCE
        while not self.evaluate(expression):
            assert time.monotonic() < deadline, f"never true: {expression}"
            time.sleep(0.02)

    def open(self, path):
        """Open a file, and wait until its student is there."""
        self.events.clear()
        self.send("Page.navigate", url=path.as_uri())
        self.wait_for("document.readyState === 'complete'")
        self.wait_for("!document.getElementById('main')?.hidden")

    def focus(self, selector):
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")

    def press(self, key, code=0, modifiers=0, **more):
        """Press a key and let it go; of modifiers, 2 is Ctrl and 8 is Shift."""
        pressed = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.send("Input.dispatchKeyEvent", type="keyDown", **pressed, **more)
        self.send("Input.dispatchKeyEvent", type="keyUp", **pressed)

    def type(self, text):
        """Type into what has the focus, one key after the other."""
        for character in text:
            self.press(character, text=character)

    def fill(self, selector, text):
        """Replace what is in a field by typing."""
        self.focus(selector)
        self.press("a", 65, 2, commands=["selectAll"])
        self.press("Delete", 46)
        self.type(text)

    def paste(self, selector, text):
        """Replace what is in a field by a paste from the clipboard."""
        self.evaluate(
            "{ const source = document.createElement('textarea');"
            f"source.id = 'source'; source.value = {json.dumps(text)};"
            "document.body.append(source); source.select(); }"
        )
        self.press("c", 67, 2, commands=["copy"])
        self.evaluate("document.getElementById('source').remove()")
        self.focus(selector)
        self.press("a", 65, 2, commands=["selectAll"])
        self.press("v", 86, 2, commands=["paste"])

    def drop(self, path):
        """Drop a file in the middle of the page."""
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.send("Input.dispatchDragEvent", type=kind, x=200, y=200, data=data)

    def click(self, selector):
        """Click on the middle of an element."""
        box = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const b = e.getBoundingClientRect();"
            "return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        mouse = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, **mouse)

    def show(self, width, height, scheme):
        """Set the size of the window, and the colour scheme: "light" or "dark"."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", features=features)

    def screenshot(self, path, **params):
        """Write a picture of the page as PNG."""
        picture = self.send("Page.captureScreenshot", format="png", **params)
        path.write_bytes(base64.b64decode(picture["data"]))
