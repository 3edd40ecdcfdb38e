"""Runs notebooks at full size and writes their outputs into them, with the digest of the code that made them.

Notebooks whose stored digest fits their code, imports left out, are passed over, so a stopped call is taken up by calling
again. What the checks measure must be what notebooks/expected/ says. Of a cell tagged `readme`, a picture becomes a file in
notebooks/expected/, for README, and the records of a check become rows of a table in notebooks/RESULTS.md. The other table
there is that of the densities kept in notebooks/results/uci.
"""

import argparse
import base64
import hashlib
import math
import os
import subprocess
import sys
from pathlib import Path

import nbformat
from execute import Failed, all_records, compare, execute, guarded, write, write_bytes, write_text
from expectations import file_for

PROJECT = Path(__file__).resolve().parent.parent
NOTEBOOKS = PROJECT / "notebooks"
RESULTS = NOTEBOOKS / "RESULTS.md"


def digest(notebook):
    """SHA-256 of the code cells' sources without their lines that begin with `import `, each followed by a zero byte.

    An import computes nothing, and that it compiles is seen whenever the notebook runs. NotebookStyle.java computes the same.
    """
    sha = hashlib.sha256()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            lines = [line for line in cell.source.split("\n") if not line.startswith("import ")]
            sha.update(("\n".join(lines) + "\0").encode())
    return sha.hexdigest()


def is_kept(path):
    notebook = nbformat.read(path, as_version=4)
    return notebook.metadata.get("gebm", {}).get("digest") == digest(notebook) and file_for(path).exists()


def reduce(notebook):
    """Only what stays the same from run to run: no counts, no times, no editor's state; of each picture the PNG."""
    notebook.metadata = nbformat.from_dict(
        {
            "gebm": {"digest": digest(notebook)},
            "kernelspec": {"display_name": "Java", "language": "java", "name": "java"},
        }
    )
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type != "code":
            continue
        cell.execution_count = None
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = None
            if "image/png" in output.get("data", {}):
                for other in [kind for kind in output.data if kind not in ("image/png", "text/plain")]:
                    del output.data[other]


def tagged(notebook, tag):
    return [cell for cell in notebook.cells if tag in cell.metadata.get("tags", [])]


def pictures(notebook, path):
    """The PNG outputs of cells tagged readme, by the file that holds each; of several in a cell, the last."""
    return {
        path.parent / "expected" / f"{path.stem}-{cell.id}.png": base64.b64decode(output.data["image/png"])
        for cell in tagged(notebook, "readme")
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    }


def with_results(text):
    """The text of RESULTS.md with both tables as they are now."""
    rows = [row for path in sorted(NOTEBOOKS.glob("*.ipynb")) for row in table_rows(path)]
    checks = "".join(["| notebook | what | value | claim |\n", "|---|---|---|---|\n", *rows])
    return with_table(with_table(text, "results", checks), "uci", densities())


def with_table(text, name, table):
    begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->\n"
    head, begun, rest = text.partition(begin)
    _, ended, tail = rest.partition(end)
    if not begun or not ended:
        raise Failed(f"{RESULTS.name} must hold the lines {begin.strip()} and {end.strip()}, in this order")
    return head + begin + table + end + tail


def densities():
    command = [sys.executable, PROJECT / "environment" / "java.py", "gebm.experiment.UciTable"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode != 0:
        raise Failed(f"the table of densities could not be made:\n{done.stderr.strip()}")
    return done.stdout


def table_rows(path):
    notebook = nbformat.read(path, as_version=4)
    cells = {cell.id for cell in tagged(notebook, "readme")}
    for record in all_records(notebook):
        if record["cell"] in cells:
            name = record["name"].replace("|", "\\|")
            row = [f"[{path.stem}]({path.name})", name, number(record["value"]), record.get("rule", "")]
            yield f"| {' | '.join(row)} |\n"


def number(value):
    """As gebm.notebook.Check prints it; NaN and infinities are texts already."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    if not 1e-3 <= abs(value) < 1e6:
        return f"{value:.3e}"
    return f"{value:.{max(0, 3 - math.floor(math.log10(abs(value))))}f}"


def check():
    """Compares what RESULTS.md and README show with what is kept, and changes nothing."""
    results = RESULTS.read_text(encoding="utf-8")
    if results != with_results(results):
        raise Failed("notebooks/RESULTS.md: its tables are not of what is kept: run environment/keep")
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for file, content in pictures(nbformat.read(path, as_version=4), path).items():
            if not file.exists() or file.read_bytes() != content:
                shown = os.path.relpath(file, PROJECT)
                raise Failed(f"{shown} is not the picture in {path.name}: run environment/keep")


def update_results():
    before = RESULTS.read_text(encoding="utf-8")
    after = with_results(before)
    if after != before:
        write_text(RESULTS, after)
        print("notebooks/RESULTS.md: wrote the tables", flush=True)


def keep_pictures(notebook, path):
    for file, content in pictures(notebook, path).items():
        if not file.exists() or file.read_bytes() != content:
            write_bytes(file, content)


def main():
    parser = argparse.ArgumentParser(prog="environment/keep", description=__doc__.splitlines()[0])
    parser.add_argument("notebook", nargs="*", type=Path, help="default: all in notebooks/")
    parser.add_argument("--force", action="store_true", help="also those whose code has not changed")
    parser.add_argument("--accept", action="store_true", help="write what checks measure to notebooks/expected/")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", default=5400, help="for each; default: %(default)s")
    parser.add_argument("--check", action="store_true", help="run nothing: do RESULTS.md and README show what is kept?")
    args = parser.parse_args()

    def work():
        if args.check:
            check()
            return
        for path in args.notebook or sorted(NOTEBOOKS.glob("*.ipynb")):
            shown = os.path.relpath(path)
            if not args.force and path.exists() and is_kept(path):
                print(f"{shown}: kept already", flush=True)
                keep_pictures(nbformat.read(path, as_version=4), path)  # a tag may be new
                continue
            print(f"{shown}: running at full size", flush=True)
            notebook = execute(path, fast=False, timeout=args.timeout)
            compare(notebook, path, args.accept, "environment/keep --force")
            reduce(notebook)
            keep_pictures(notebook, path)
            write(notebook, path)  # last: it holds the digest that says it is done
        if not args.notebook or any(path.resolve().parent == NOTEBOOKS for path in args.notebook):
            update_results()

    guarded(work)


if __name__ == "__main__":
    main()
