"""Runs notebooks at full size and writes their outputs into them, with the digest of the code that made them.

Notebooks whose stored digest fits their code are passed over, so a stopped call is taken up by calling again. The
checks' records go to notebooks/expected/, from where the README's numbers come.
"""

import argparse
import hashlib
import json
import os
from pathlib import Path

import nbformat
from execute import all_records, execute, guarded, write, write_text

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"


def digest(notebook):
    """SHA-256 of the code cells' sources, each followed by a zero byte. NotebookStyle.java computes the same."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256("".join(source + "\0" for source in sources).encode()).hexdigest()


def expected(path):
    return path.parent / "expected" / f"{path.stem}.json"


def is_kept(path):
    notebook = nbformat.read(path, as_version=4)
    return notebook.metadata.get("gebm", {}).get("digest") == digest(notebook) and expected(path).exists()


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


def main():
    parser = argparse.ArgumentParser(prog="environment/keep", description=__doc__.splitlines()[0])
    parser.add_argument("notebook", nargs="*", type=Path, help="default: all in notebooks/")
    parser.add_argument("--force", action="store_true", help="also those whose code has not changed")
    parser.add_argument("--timeout", type=float, metavar="SECONDS", default=5400, help="for each; default: %(default)s")
    args = parser.parse_args()

    def work():
        for path in args.notebook or sorted(NOTEBOOKS.glob("*.ipynb")):
            shown = os.path.relpath(path)
            if not args.force and path.exists() and is_kept(path):
                print(f"{shown}: kept already", flush=True)
                continue
            print(f"{shown}: running at full size", flush=True)
            notebook = execute(path, fast=False, timeout=args.timeout)
            records = all_records(notebook)
            reduce(notebook)
            write_text(expected(path), json.dumps(records, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
            write(notebook, path)  # last: it holds the digest that says it is done

    guarded(work)


if __name__ == "__main__":
    main()
