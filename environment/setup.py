"""Makes the private Python environment, builds the library and writes the Java kernel's specification.

Runs on a bare Python 3.10+ and does only what is missing, so a second call takes a second. Messages go to stderr;
the exit code is 2 where the machine lacks something, with a sentence that says what to install.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
VENV = HERE / ".venv"
STAMP = VENV / "complete.json"  # written last: without it a half-made environment is made anew
CLASSES = PROJECT / "notebooks" / "target" / "classes"  # the experiments
CLASS_PATH = PROJECT / "notebooks" / "target" / "classpath.txt"  # the library's, written by Maven, notebooks/pom.xml
POM = "{http://maven.apache.org/POM/4.0.0}"


class Missing(Exception):
    """What the machine lacks, in words for the user."""


def say(message):
    print(f"environment: {message}", file=sys.stderr, flush=True)


def check_path():
    bad = re.search(r'[:*?$"\n]', str(PROJECT))
    if bad:  # the kernel splits its class path at colons and expands the others
        raise Missing(f"the project's path must not contain {bad.group()!r}, got {PROJECT}. Move the folder.")


def find_java():
    """The java that Maven would take too: JAVA_HOME, else PATH. One call tells the version and whether it is a JDK."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=os.path.join(home, "bin")) if home else shutil.which("java")
    hint = "Install a JDK 17 or newer (Debian, Ubuntu: apt-get install openjdk-17-jdk-headless)."
    if java is None:
        raise Missing(f"no java in JAVA_HOME={home}. {hint}" if home else f"no java was found. {hint}")
    modules = subprocess.run([java, "--list-modules"], capture_output=True, text=True).stdout
    version = re.search(r"^java\.base@(\d+)", modules, re.MULTILINE)
    if version is None or int(version.group(1)) < 17:
        raise Missing(f"Java 17 or newer is needed, {java} is {version.group(1) if version else '8 or broken'}. {hint}")
    if "jdk.jshell@" not in modules:
        raise Missing(f"{java} is a Java run-time without compiler and jshell. {hint}")
    return java


def find_maven():
    maven = shutil.which("mvn")
    hint = "Install Maven 3.6.3 or newer (Debian, Ubuntu: apt-get install maven)."
    if maven is None:
        raise Missing(f"no mvn was found. {hint}")
    text = subprocess.run([maven, "-v"], capture_output=True, text=True).stdout
    version = re.search(r"Apache Maven (\d+)\.(\d+)\.(\d+)", text)
    if version is None or tuple(map(int, version.groups())) < (3, 6, 3):
        raise Missing(f"{maven} is too old or broken: {text.strip() or 'it printed nothing'}. {hint}")
    return maven


def make_venv(requirements):
    """The environment in which `requirements` is installed; a smaller one is extended, another one replaced."""
    digests = {
        "headless.txt": hashlib.sha256((HERE / "headless.txt").read_bytes()).hexdigest(),
        "requirements.txt": hashlib.sha256((HERE / "requirements.txt").read_bytes()).hexdigest(),
    }
    base = {"folder": str(VENV), "headless.txt": digests["headless.txt"]}  # an environment cannot be moved
    wanted = {**base, requirements: digests[requirements]}
    python = VENV / "bin" / "python"
    try:
        found = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        found = {}
    if base.items() <= found.items() and works(python):
        if wanted.items() <= found.items():
            return
    else:
        found = base
        if VENV.exists():
            say("the Python environment is out of date or half-made: making it anew")
            shutil.rmtree(VENV)
        call("make a virtual environment", [sys.executable, "-m", "venv", VENV])
    size = "about 60 MB" if requirements == "headless.txt" else "about 250 MB"
    say(f"installing Python packages, {size}, from environment/{requirements}")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--only-binary=:all:"]
    call("install the Python packages", [*pip, "-r", HERE / requirements])
    replace(STAMP, json.dumps({**found, **wanted}))


def works(python):
    try:
        return subprocess.run([python, "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


def build(allowed):
    """Builds library and experiments where a source is newer than the last build, and returns the kernel's class path."""
    if allowed and out_of_date():
        maven = find_maven()
        say("building gebm-lib (the first time downloads about 300 MB)")
        command = [maven, "-B", "-ntp", "-q", "-f", PROJECT / "pom.xml", "-pl", "notebooks", "-am"]
        call("build gebm-lib", [*command, "-Dmaven.test.skip=true", "package"])
    if not CLASS_PATH.exists():
        raise Missing(f"{CLASS_PATH} is missing: Maven writes it, so call this without --no-build.")
    return f"{CLASSES}:{CLASS_PATH.read_text().strip()}"


def out_of_date():
    if not CLASSES.exists() or not CLASS_PATH.exists():
        return True
    if not all(map(os.path.exists, CLASS_PATH.read_text().strip().split(":"))):
        return True
    built = CLASS_PATH.stat().st_mtime
    mains = [PROJECT / module / "src" / "main" for module in ("gebm-lib", "notebooks")]
    poms = [PROJECT / "pom.xml", PROJECT / "gebm-lib" / "pom.xml", PROJECT / "notebooks" / "pom.xml"]
    sources = [path for main in mains for path in [main, *main.rglob("*")]]  # a folder: a deleted file
    return any(path.stat().st_mtime > built for path in poms + sources)


def write_kernel(java, class_path):
    """The specification of the kernel `java`: absolute paths, and the options that the library's tests run with."""
    pom = xml.parse(PROJECT / "pom.xml").getroot()
    options = pom.findtext(f"{POM}properties/{POM}jvm.options").split()
    variables = {entry.tag.removeprefix(POM): entry.text for entry in pom.find(f".//{POM}environmentVariables")}
    # without JJava's launcher, whose options cannot hold blanks and which costs a second JVM
    argv = [java, *options, "-XX:+UseSerialGC", "--add-opens", "jdk.jshell/jdk.jshell=ALL-UNNAMED"]
    kernel = {
        "argv": [*argv, "-jar", "{resource_dir}/jjava.jar", "{connection_file}"],
        "display_name": "Java",
        "language": "java",
        "interrupt_mode": "message",
        "env": {**variables, "JJAVA_CLASSPATH": class_path},
    }
    share = VENV / "share" / "jupyter"
    replace(share / "kernels" / "java" / "kernel.json", json.dumps(kernel, indent=1))
    # JupyterLab asks at its first start whether to fetch news; the project answers no
    quiet = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    replace(share / "lab" / "settings" / "overrides.json", json.dumps(quiet, indent=1))


def call(what, command):
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=sys.stderr)
    if done.returncode != 0:
        raise Missing(f"could not {what}: {Path(command[0]).name} ended with {done.returncode}, see above "
            "(the first time needs the network).")


def replace(file, text):
    """Writes beside and moves into place, so that a reader never sees half a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(text)
    part.replace(file)


def main():
    parser = argparse.ArgumentParser(prog="environment/setup", description=__doc__.splitlines()[0])
    parser.add_argument("--headless", action="store_true", help="only what executing notebooks needs, no JupyterLab")
    parser.add_argument("--no-build", action="store_true", help="called from Maven: the library is built already")
    args = parser.parse_args()
    try:
        check_path()
        java = find_java()
        lock = HERE / ".cache" / "lock"
        lock.parent.mkdir(exist_ok=True)
        with lock.open("w") as held:  # two at once wait for each other; the system frees it when we end, however
            fcntl.flock(held, fcntl.LOCK_EX)
            make_venv("headless.txt" if args.headless else "requirements.txt")
            write_kernel(java, build(allowed=not args.no_build))
    except Missing as missing:
        say(missing)
        sys.exit(2)
    except KeyboardInterrupt:
        say("stopped; call again to go on")
        sys.exit(130)


if __name__ == "__main__":
    main()
