"""Print what models cost `replay`: CPU seconds of the command without models, with known ones, and learning them.

    uv run --no-sync livesegments import cdnow --out /tmp/cdnow.jsonl
    uv run --no-sync python tests/bench/models_cost.py /tmp/cdnow.jsonl

One clustering and four predictions, `gru` among them, that no feature reads, over six plain features. Where no profiles
are written, nobody reads these predictions, and they are not learned; so all is timed with `--profiles` as well. The
commands take turns; told are user and system time of the whole process and its children, and the ratios of the medians
to the one without models.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from customers_ours import PLAIN, READ, WILL

from livesegments.core.definition import parse_definition
from livesegments.models.passes import learn_models

DEFINITION = f"version: 1{PLAIN}segments: {{}}\n"
RFM = "features: [orders, revenue, mean_order, days_since_order], when: 'orders > 0', active: 730d, margin: 0.1"
MODELS = f"""
clusters:
  k4: {{{RFM}, clusters: 4}}
predictions:
  logistic_regression: {{{WILL}, model: logistic_regression, {READ}}}
  bg_nbd: {{{WILL}, model: bg_nbd}}
  gru: {{{WILL}, model: gru}}
  lifetime: {{value: customer_lifetime_value, horizon: 180d}}
"""


def main() -> None:
    """Learn once for the file of models, then let the three commands take turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("events", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with TemporaryDirectory() as folder, options.events.open("rb") as lines:
        plain, models, known = (Path(folder) / name for name in ("plain.yaml", "models.yaml", "known.jsonl"))
        plain.write_text(DEFINITION)
        models.write_text(DEFINITION + MODELS)
        definition = parse_definition(DEFINITION + MODELS)
        known.write_bytes(b"".join(row.payload + b"\n" for row in learn_models(definition, lines)))
        commands = {
            "without models": ["--config", str(plain)],
            "with --models FILE": ["--config", str(models), "--models", str(known)],
            "learning included": ["--config", str(models)],
        }
        for written in ([], ["--profiles", str(Path(folder) / "profiles.jsonl")]):
            spent: dict[str, list[float]] = {name: [] for name in commands}
            for _ in range(options.runs):
                for name, arguments in commands.items():
                    spent[name].append(_cpu([str(options.events), *arguments, *written]))
            print("with --profiles" if written else "without --profiles")
            _tell(spent)


def _tell(spent: dict[str, list[float]]) -> None:
    base = median(spent["without models"])
    for name, seconds in spent.items():
        told = " ".join(f"{one:.2f}" for one in seconds)
        print(f"{name:20}{median(seconds):8.2f} s CPU  {median(seconds) / base:5.1f} times   ({told})")


def _cpu(arguments: list[str]) -> float:
    """Run `replay` and give the CPU seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", "from livesegments.cli import main; main()", "replay", "--quiet", *arguments]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, env=dict(os.environ))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
