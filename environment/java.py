"""Runs a main class of the experiments in the project's folder, as the notebooks' kernel runs: java.py CLASS [ARGUMENT...]."""

import json
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

kernel = json.loads((HERE / ".venv" / "share" / "jupyter" / "kernels" / "java" / "kernel.json").read_text())
options = kernel["argv"][: kernel["argv"].index("-jar")]
class_path = kernel["env"].pop("JJAVA_CLASSPATH")
os.chdir(HERE.parent)
os.execve(options[0], [*options, "-cp", class_path, *sys.argv[1:]], {**os.environ, **kernel["env"]})
