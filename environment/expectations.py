"""What a notebook's checks are expected to measure: reviewed values in notebooks/expected/NOTEBOOK.json.

A file has a section for each size and data set, such as "fast, mnist", and in it for each check `cell / name` its value,
a tolerance (absolute) and the reason for that tolerance. A value outside of its tolerance, one that is missing and one
that is new are differences; accepting them writes the file anew, and a person reviews the change.
"""

import json
from pathlib import Path

DATA = "data set: "  # the check with this name tells which data the notebook has used
USUAL = 0.1  # of the value: the tolerance proposed for a new check, until somebody writes a reason


def file_for(notebook):
    notebook = Path(notebook)
    return notebook.parent / "expected" / f"{notebook.stem}.json"


def section(records):
    sizes = {record["size"] for record in records}
    data = [record["name"][len(DATA) :] for record in records if record["name"].startswith(DATA)]
    return f"{', '.join(sorted(sizes))}, {data[0] if data else 'no data'}"


def read(file):
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def named(records):
    """The records by `cell / name`; a name that comes twice in a cell is counted."""
    found = {}
    for record in records:
        name = f"{record['cell']} / {record['name']}"
        number = 2
        while name in found:
            name = f"{record['cell']} / {record['name']} ({number})"
            number += 1
        found[name] = record["value"]
    return found


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def differences(records, expected):
    """In words, what differs between the records of a run and the expectations in `expected`."""
    if not records:
        return []
    key = section(records)
    if key not in expected:
        return [f"there are no expectations for \"{key}\", only for {', '.join(map(repr, sorted(expected))) or 'nothing'}"]
    found, known = named(records), expected[key]
    told = [f"{name}: vanished, {known[name]['value']} was expected" for name in known if name not in found]
    for name, value in found.items():
        if name not in known:
            told.append(f"{name}: new, {value}")
            continue
        entry = known[name]
        if is_number(value) and is_number(entry["value"]):
            if not abs(value - entry["value"]) <= entry["tolerance"]:
                told.append(f"{name}: {value:g}, expected {entry['value']:g} ± {entry['tolerance']:g} ({entry['reason']})")
        elif value != entry["value"]:
            told.append(f"{name}: {value}, expected {entry['value']}")
    return told


def accepted(records, expected):
    """`expected` with the values of a run; tolerances and their reasons stay, new ones wait for theirs."""
    known = expected.get(section(records), {})
    entries = {}
    for name, value in named(records).items():
        entry = {"value": value}
        if is_number(value):
            before = known.get(name, {})
            entry["tolerance"] = before.get("tolerance", float(f"{abs(value) * USUAL:.2g}"))
            entry["reason"] = before.get("reason", "")
        entries[name] = entry
    return {**expected, section(records): entries}


def text(expected):
    return json.dumps(dict(sorted(expected.items())), indent=1, ensure_ascii=False) + "\n"
