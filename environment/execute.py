"""Executes notebooks in the Java kernel and shows what they print as it comes.

The executed copy goes to notebooks/executed/; the notebook itself is never changed. Exit code 0: every cell ran and
every check held; 1: one did not; 2: wrong arguments; 130: stopped.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import sys
import tempfile
import time
from pathlib import Path

import expectations

signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during the slow imports below ends quietly

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

CHECK = "application/vnd.gebm.check+json"  # gebm.notebook.Check displays its record as this type
EXECUTED = Path(__file__).resolve().parent.parent / "notebooks" / "executed"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Failed(Exception):
    """Why a notebook failed, in words for its author: its cell, source and Java error, no Python frames."""


class Stopped(Exception):
    """Ctrl-C, or the end of the process that called us."""


class Screen:
    """Prints outputs as they come. A display that is updated keeps one line; in a log it is repeated every 10 s."""

    def __init__(self):
        self.live = sys.stdout.isatty()
        self.open_line = ""  # what may still be overwritten: on a terminal a display, in a log also a stream's last line
        self.display = None  # the display that the open line belongs to
        self.mid_line = False  # on a terminal: the last stream did not end its line
        self.shown_at = 0.0

    def line(self, text):
        self.close_line()
        print(text, flush=True)

    def stream(self, text):
        if self.live:
            self.end_display()
            print(text, end="", flush=True)
            self.mid_line = not text.endswith("\n")
            return
        if self.display:
            self.close_line()
        lines = (self.open_line + text).split("\n")
        lines = [line.rstrip("\r").rpartition("\r")[2] for line in lines]  # what a terminal would show in the end
        for line in lines[:-1]:
            print(line, flush=True)
        self.open_line = lines[-1]

    def updating(self, display, text):
        if display != self.display:
            self.close_line()
        if "\n" in text:
            self.line(text)
        elif self.live:
            self.end_stream()
            print("\r\x1b[K" + text, end="", flush=True)
            self.open_line, self.display = text, display
        else:
            self.open_line, self.display = text, display
            if time.monotonic() - self.shown_at > 10:
                self.close_line()

    def close_line(self):
        if self.live:
            self.end_display()
            self.end_stream()
        elif self.open_line:
            print(self.open_line, flush=True)
            self.open_line = ""
        self.display = None
        self.shown_at = time.monotonic()

    def end_display(self):
        if self.open_line:
            print(flush=True)
        self.open_line = ""

    def end_stream(self):
        if self.mid_line:
            print(flush=True)
        self.mid_line = False


class Client(NotebookClient):
    """nbclient that tells the screen of each message, before it merges the message into the notebook."""

    def __init__(self, notebook, screen, **options):
        super().__init__(notebook, **options)
        self.screen = screen

    def process_message(self, msg, cell, cell_index):
        kind, content = msg["msg_type"], msg["content"]
        if kind == "stream":
            self.screen.stream(content["text"])
        elif kind in ("display_data", "update_display_data", "execute_result"):
            text = content["data"].get("text/plain", "").rstrip("\n")
            display = (content.get("transient") or {}).get("display_id")
            if display and kind != "execute_result":
                self.screen.updating(display, text)
            else:
                self.screen.line(text)
        elif kind == "error" and "raises-exception" in cell.metadata.get("tags", []):
            self.screen.line(f"(expected) {content['evalue']}")
        return super().process_message(msg, cell, cell_index)


def execute(path, fast=False, timeout=None, output=None):
    """Runs the notebook at `path` and returns it with its outputs; also written to `output`, when it fails too."""
    try:
        notebook = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise Failed(f"there is no notebook {path}") from None
    except Exception as broken:
        raise Failed(f"{path} is not a readable notebook: {broken}") from None
    os.environ.pop("GEBM_FAST", None)
    if fast:
        os.environ["GEBM_FAST"] = "1"
    try:
        asyncio.run(run_cells(notebook, Path(path), timeout))
    finally:
        if output:
            write(notebook, output)
    return notebook


async def run_cells(notebook, path, timeout):
    screen = Screen()
    log = tempfile.TemporaryFile(mode="w+", errors="replace")  # what the Java process itself says, shown if it dies
    client = Client(
        notebook,
        screen,
        kernel_name="java",
        resources={"metadata": {"path": str(path.parent.resolve())}},
        timeout=None,
        startup_timeout=120,
        record_timing=False,
        coalesce_streams=True,
        shutdown_kernel="immediate",
    )
    client.log.disabled = True  # its lines repeat what Failed says
    task = asyncio.current_task()
    reason = []  # nbclient turns a cancelled cell into a dead kernel, so the reason is kept here

    def stop(why):
        reason.append(why)
        task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, "stopped")
    if timeout:
        loop.call_later(timeout, stop, "timeout")
    began = time.monotonic()
    name, source = "the start", ""
    codes = [cell for cell in notebook.cells if cell.cell_type == "code"]
    try:
        await start_kernel(client, log)
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":
                continue
            number = codes.index(cell) + 1
            name, source = cell.get("id", f"number {number}"), cell.source
            screen.line(f"[{number}/{len(codes)}] {name}")
            await client.async_execute_cell(cell, index)
            screen.close_line()
            inspect(cell, name)
        screen.line(f"{path.name}: all {len(codes)} cells ran in {time.monotonic() - began:.0f} s")
    except (asyncio.CancelledError, DeadKernelError):
        screen.close_line()
        where = f"{path.name}, in cell `{name}`" if source else f"{path.name}, at {name}"
        if "stopped" in reason:
            raise Stopped(f"stopped {where}") from None
        if reason:
            raise Failed(f"{where}: not done after {timeout:g} s\n{numbered(source)}") from None
        raise Failed(
            f"{where}: the kernel died (System.exit, memory, or a crash in native code?)"
            f"\n{numbered(source)}\n{tail(log)}"
        ) from None
    except CellExecutionError:
        screen.close_line()
        raise Failed(f"{path.name}, in cell `{name}`: {java_error(cell)}") from None
    except Failed as failed:
        raise Failed(f"{path.name}, {failed}") from None
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        if client.km is not None:
            await client._async_cleanup_kernel()


async def start_kernel(client, log):
    """Starts the kernel; a second try, because a busy machine may be too slow for the first. Cells are never retried."""
    for last in (False, True):
        client.km = client.kc = None
        client.create_kernel_manager()
        try:
            await client.async_start_new_kernel(stdout=log, stderr=log)
            await client.async_start_new_kernel_client()
            return
        except (RuntimeError, OSError, TimeoutError) as error:
            if last:
                raise Failed(f"at the start: the kernel does not start: {error}\n{tail(log)}") from None


def inspect(cell, name):
    """A check cell must have printed, and no record in it may tell of a breach."""
    tags = cell.metadata.get("tags", [])
    if "check" in tags and not cell.outputs:
        raise Failed(f"in cell `{name}`: it is tagged check but printed nothing\n{numbered(cell.source)}")
    for record in records(cell):
        if record.get("passed") is not True and "raises-exception" not in tags:
            raise Failed(f"in cell `{name}`: a check did not hold: {json.dumps(record)}\n{numbered(cell.source)}")


def records(cell):
    """The check records that a code cell displayed."""
    found = [output.get("data", {}).get(CHECK) for output in cell.get("outputs", [])]
    return [json.loads(record) if isinstance(record, str) else record for record in found if record]


def all_records(notebook):
    return [{"cell": cell.get("id"), **record} for cell in notebook.cells for record in records(cell)]


def compare(notebook, path, accept, command):
    """Holds the checks' records against what is expected, or writes them there to be reviewed."""
    file = expectations.file_for(path)
    expected = expectations.read(file)
    found = all_records(notebook)
    told = expectations.differences(found, expected)
    if accept and found:
        write_text(file, expectations.text(expectations.accepted(found, expected)))
        for line in told:
            print(f"accepted: {line}", flush=True)
    elif told:
        lines = "".join(f"\n  {line}" for line in told)
        raise Failed(
            f"{path.name}: not what {os.path.relpath(file)} expects:{lines}\n  if this is right, run "
            f"{command} --accept {os.path.relpath(path)} and review the change in that file"
        )


def java_error(cell):
    error = next(output for output in reversed(cell.outputs) if output.output_type == "error")
    frames = COLOURS.sub("", "\n".join(error.traceback)).strip().splitlines()
    if len(frames) > 60:  # a stack overflow has a thousand
        frames = [*frames[:40], f"... {len(frames) - 50} lines ...", *frames[-10:]]
    said = "it does not compile" if "Compilation" in error.ename or "IncompleteSource" in error.ename else error.evalue
    return f"{said}\n{numbered(cell.source)}\n" + "\n".join("  " + frame for frame in frames)


def numbered(source):
    return "\n".join(f"  {number:>3} | {line}" for number, line in enumerate(source.splitlines(), 1))


def tail(log):
    log.seek(0)
    lines = log.read().splitlines()[-20:]
    return "  the Java process said:\n" + "\n".join("    " + line for line in lines) if lines else ""


def write(notebook, file):
    write_text(file, nbformat.writes(notebook) + "\n")


def write_text(file, text):
    write_bytes(file, text.encode())


def write_bytes(file, content):
    """Writes beside and moves into place: an interrupted write loses nothing."""
    file = Path(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(file.name + ".part")
    part.write_bytes(content)
    part.replace(file)


def wants_fast():
    return os.environ.get("GEBM_FAST", "") not in ("", "0")


def guarded(work):
    """Runs `work`; a failure or a stop becomes a message and an exit code."""
    try:
        work()
    except Failed as failed:
        print(f"\nFAILED {failed}", file=sys.stderr, flush=True)
        sys.exit(1)
    except (Stopped, KeyboardInterrupt) as stopped:
        print(f"\n{stopped or 'stopped'}", file=sys.stderr, flush=True)
        sys.exit(130)


def main():
    parser = argparse.ArgumentParser(prog="environment/run", description=__doc__.splitlines()[0])
    parser.add_argument("notebook", nargs="+", type=Path)
    parser.add_argument("--fast", action="store_true", default=wants_fast(), help="CI's sizes; also GEBM_FAST=1")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", help="for each notebook; default: none")
    parser.add_argument("--output", type=Path, metavar="FOLDER", default=EXECUTED, help="for the executed copies")
    parser.add_argument("--expect", action="store_true", help="compare what checks measure with notebooks/expected/")
    parser.add_argument("--accept", action="store_true", help="write what checks measure to notebooks/expected/")
    parser.add_argument("--checks", type=Path, metavar="FOLDER", help="for the records of the checks, as JSON")
    args = parser.parse_args()

    def work():
        for path in args.notebook:
            copy = args.output / path.name
            if copy.resolve() == path.resolve():
                raise Failed(f"--output {args.output} is the notebook's own folder; choose another one")
            try:
                notebook = execute(path, args.fast, args.timeout, copy)
            finally:
                if copy.exists():
                    print(f"executed copy: {os.path.relpath(copy)}", flush=True)
            if args.expect or args.accept:
                size = " --fast" if args.fast else ""
                compare(notebook, path, args.accept, "environment/run" + size)
            if args.checks:
                write_text(args.checks / f"{path.stem}.json", json.dumps(all_records(notebook), indent=1, sort_keys=True) + "\n")

    guarded(work)


if __name__ == "__main__":
    main()
