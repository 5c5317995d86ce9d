"""Runs the tests lane by lane, as CI does, and says how long each took.

    python3 tests/lanes.py            every lane
    python3 tests/lanes.py long       one of them
    python3 tests/lanes.py --write    every lane, and the times into docs/test-lanes.md

A test that `cargo test` leaves out says in its `#[ignore]` which lane it is in; tests/it/architecture.rs holds them to these lanes. The build is not part of the times.
"""

import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "test-lanes.md"
BEGIN, END = "<!-- times -->\n", "<!-- end of times -->"

# By name: the arguments behind `cargo test --locked`.
LANES = {
    "plain": [],
    "long": ["--test", "it", "--", "--ignored", "--skip", "strangers::"],
    "interop": ["--test", "it", "--", "--ignored", "strangers::"],
}


def run(name: str) -> tuple[int, float]:
    """Runs a lane; how many of its tests passed, and its seconds."""
    command = ["cargo", "test", "--locked", *LANES[name]]
    print(f"\n-- lane {name}: {' '.join(command)}", flush=True)
    began = time.monotonic()
    tests = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    passed = 0
    for line in tests.stdout:
        print(line, end="", flush=True)
        if result := re.match(r"test result: \w+\. (\d+) passed", line):
            passed += int(result[1])
    if tests.wait() != 0:
        sys.exit(f"lane {name} failed")
    if passed == 0:
        sys.exit(f"lane {name} has no tests")
    return passed, time.monotonic() - began


def main() -> None:
    named = [argument for argument in sys.argv[1:] if argument != "--write"]
    if unknown := set(named) - set(LANES):
        sys.exit(f"there is no lane {', '.join(sorted(unknown))}; there are {', '.join(LANES)}")
    subprocess.run(["cargo", "test", "--locked", "--no-run", "--quiet"], cwd=ROOT, check=True)
    rows = [(name, *run(name)) for name in named or LANES]
    table = "| lane | tests | minutes |\n|---|---:|---:|\n"
    table += "".join(f"| {name} | {passed} | {seconds / 60:.1f} |\n" for name, passed, seconds in rows)
    print(f"\n{table}on {os.cpu_count()} cores, without the build")
    if "--write" in sys.argv and not named:
        before, rest = PAGE.read_text().split(BEGIN)
        _, after = rest.split(END)
        when = time.strftime("%Y-%m-%d", time.gmtime())
        said = f"\nOn {os.cpu_count()} cores on {when}, without the build:\n\n{table}\n"
        PAGE.write_text(f"{before}{BEGIN}{said}{END}{after}")


if __name__ == "__main__":
    main()
