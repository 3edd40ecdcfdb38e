"""The quickstart in a real JupyterLab, seen through headless Chromium; run by hand, then look at the screenshots.

    pip install selenium                      # and Chromium with its driver, for example Debian's chromium-driver
    environment/lab --no-browser --port=8899  # in another terminal; it prints the address with its token
    python notebooks/src/test/browser/quickstart.py ADDRESS shots/

It runs all cells above the training, starts it, presses the stop button after ten seconds, resumes from the checkpoint,
stops again, runs the training from its start, then everything; it fails when the stop takes longer than a second, when a
dialog stands in the way, or when something but the stops is printed on pink.
"""

import json
import sys
import time
from pathlib import Path

from lab import Lab

NOTEBOOK = Path(__file__).resolve().parents[3] / "00-quickstart.ipynb"


def main(address, shots):
    ids = [cell["id"] for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]]
    train = ids.index("train")
    lab = Lab(address, NOTEBOOK.name, shots)
    try:
        lab.wait(lambda: len(lab.cells()) >= len(ids), 30, "all cells")
        assert not lab.dialogs(), lab.dialogs()
        lab.select(train)
        lab.menu("Run", "Run All Above")
        wait_for_end(lab, 120)
        lab.run_cell(train)
        time.sleep(10)
        stop(lab, "stopped")
        rest = lab.insert_below(train, "trainer.resume(Checkpoint.load(file, untrained), data)")
        lab.run_cell(rest)
        time.sleep(5)
        stop(lab, "resumed-and-stopped")
        lab.run_cell(train)
        wait_for_end(lab, 600)
        print("trained:", lab.output(train).splitlines()[0])
        lab.menu("Run", "Run All Cells")
        time.sleep(15)
        stop(lab, "all-stopped")
        lab.select(rest)
        lab.keys("\ue00c", "d", "d")  # escape, then delete the cell
        lab.menu("Kernel", "Restart Kernel and Run All")
        time.sleep(2)
        lab.all(".jp-Dialog .jp-mod-accept")[0].click()
        wait_for_end(lab, 900)
        parts = lab.shots_of_all("whole")
        assert not lab.pink(), lab.pink()
        print(f"all cells ran; {parts} screenshots in {shots}")
    finally:
        lab.close()


def wait_for_end(lab, seconds):
    time.sleep(3)
    lab.wait(lab.idle, seconds, "the cells to end")


def stop(lab, name):
    began = time.monotonic()
    lab.stop()
    lab.wait(lab.idle, 30, "the stop")
    seconds = time.monotonic() - began
    lab.shot(name)
    print(f"{name}: idle after {seconds:.2f} s")
    assert seconds < 1, f"the stop took {seconds:.2f} s"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
