"""JupyterLab in headless Chromium, by the handles that a user has: menus, keys, cells and what they show."""

import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


class Lab:
    """One notebook in one browser window."""

    def __init__(self, address, notebook, shots):
        """`address` is the one that environment/lab prints, with its token."""
        options = webdriver.ChromeOptions()
        for argument in ("headless=new", "no-sandbox", "disable-gpu", "window-size=1500,1100",
                "force-device-scale-factor=1", "disable-dev-shm-usage"):
            options.add_argument("--" + argument)
        self.shots = Path(shots)
        self.shots.mkdir(parents=True, exist_ok=True)
        self.browser = webdriver.Chrome(options=options)
        base, _, query = address.partition("?")
        self.browser.get(f"{base.rstrip('/')}/tree/{notebook}?{query}")
        self.wait(lambda: self.all(".jp-Notebook .jp-Cell"), 60, "the notebook to open")
        self.wait(self.idle, 60, "the kernel to start")

    def all(self, css, under=None):
        return (under or self.browser).find_elements(By.CSS_SELECTOR, css)

    def script(self, code, *args):
        return self.browser.execute_script(code, *args)

    def wait(self, condition, seconds, what):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            time.sleep(0.1)
        self.shot("timeout")
        raise TimeoutError(f"waited {seconds} s for {what}")

    def status(self):
        """idle, busy, unknown, ...: what the circle at the top right shows."""
        return self.script("return document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden)"
            " .jp-Notebook-ExecutionIndicator')?.dataset.status")

    def idle(self):
        return self.status() in ("idle", "unknown")  # unknown: no cell has run yet

    def dialogs(self):
        """The texts of all dialogs and pop-ups."""
        return [element.text for element in self.all(".jp-Dialog, .Toastify__toast") if element.text]

    def menu(self, title, item):
        """Clicks an item of the menu bar by the beginning of its text."""
        for entry in self.all(".lm-MenuBar-item"):
            if entry.text.strip() == title:
                entry.click()
        time.sleep(0.5)
        for entry in self.all(".lm-Menu-item[data-type='command']"):
            if entry.text.strip().startswith(item):
                entry.click()
                return
        raise LookupError(f"no {title} > {item}")

    def cells(self):
        return self.all(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell:not(.jp-CellFooter)")

    def cell(self, first_words):
        """The number of the code cell whose source contains these words."""
        sources = self.script("""
            return [...document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook .jp-Cell')].map(
                cell => cell.classList.contains('jp-CodeCell') ? cell.querySelector('.jp-InputArea').innerText : '')""")
        return next(number for number, source in enumerate(sources) if first_words in source.replace("\u200b", ""))

    def select(self, number):
        """Puts the cursor into a code cell."""
        cell = self.cells()[number]
        self.script("arguments[0].scrollIntoView({block: 'start'})", cell)
        time.sleep(0.3)
        self.all(".cm-content", cell)[0].click()
        return cell

    def keys(self, *keys):
        self.browser.switch_to.active_element.send_keys(*keys)

    def run_cell(self, number):
        self.select(number)
        self.keys(Keys.SHIFT, Keys.ENTER)

    def stop(self):
        """The stop button of the toolbar."""
        self.all(".jp-NotebookPanel:not(.lm-mod-hidden) [data-jp-item-name='interrupt'] jp-button,"
            " .jp-NotebookPanel:not(.lm-mod-hidden) [data-jp-item-name='interrupt'] button")[0].click()

    def insert_below(self, number, source):
        """A new code cell below, with this source; its number."""
        self.select(number)
        self.keys(Keys.ESCAPE)
        self.keys("b")
        time.sleep(0.5)
        self.select(number + 1)
        self.type(source)
        return number + 1

    def type(self, source):
        """Like a paste, without the editor's automatic brackets."""
        self.script("""
            const data = new DataTransfer();
            data.setData('text/plain', arguments[0]);
            document.activeElement.dispatchEvent(
                new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}))""", source)

    def output(self, number):
        """The text under a cell."""
        areas = self.all(".jp-Cell-outputArea", self.cells()[number])
        return areas[0].text if areas else ""

    def pink(self):
        """Texts on the pink ground of errors and of standard error."""
        return [element.text for element in self.all(
            ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr'],"
            " .jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']")]

    def shot(self, name):
        file = self.shots / f"{name}.png"
        self.browser.save_screenshot(str(file))
        return file

    def shots_of_all(self, name):
        """Screenshots from top to bottom of the notebook."""
        pane = self.all(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-WindowedPanel-outer")[0]
        self.script("arguments[0].scrollTop = 0", pane)
        part = 0
        while True:
            time.sleep(1)  # formulas and pictures are drawn as they come into view
            self.shot(f"{name}-{part:02}")
            at, height, full = self.script("const p = arguments[0]; return [p.scrollTop, p.clientHeight, p.scrollHeight]", pane)
            if at + height >= full - 2:
                return part + 1
            self.script("arguments[0].scrollTop = arguments[1]", pane, at + height - 60)
            part += 1

    def close(self):
        self.browser.quit()
