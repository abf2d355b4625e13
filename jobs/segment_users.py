"""The job for a Flink cluster.

    flink run -pyfs jobs -py jobs/segment_users.py --config FILE --edges FILE [--set KEY=VALUE ...]
Started by Python itself it runs embedded, as `livesegments run` does, with the same options.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from livesegments.core.definition import load_definition
from livesegments.core.errors import DefinitionError, EdgeError, LivesegmentsError
from livesegments.core.times import parse_time
from livesegments.flink.embedded import RunOptions, run


def options_of(arguments: list[str]) -> RunOptions:
    """Read the command line; no flag is the beginning of one of Flink's, which would swallow it."""
    parser = argparse.ArgumentParser(prog="segment_users.py", description="Events to segment changes, on Flink.")
    parser.add_argument("--config", type=Path, help="definition file; else ./segments.yaml, else the packaged one")
    parser.add_argument("--edges", type=Path, help="DDL file; else the packaged files.sql")
    parser.add_argument("--events", type=Path, help="file or folder of events, ${EVENTS} in the DDL")
    parser.add_argument("--out", type=Path, help="folder for the output, ${OUT} in the DDL")
    parser.add_argument("--models", type=Path, help="models to begin with: file, folder, or topic")
    parser.add_argument("--until", type=parse_time, help="end of time of an input that ends, RFC 3339")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="DDL variable or option")
    found = parser.parse_args(arguments)
    paths = {"edges": found.edges, "events": found.events, "out": found.out, "models": found.models}
    given = {**paths, "settings": dict(text.partition("=")[::2] for text in found.set), "until_ms": found.until}
    return RunOptions(definition=load_definition(found.config), say=say, **given)


def say(text: str) -> None:
    """Tell people."""
    sys.stderr.write(f"{text}\n")


def main(arguments: list[str]) -> int:
    """Run the job; returns 0, 2 when the input is wrong, 1 when the job fails, 130 when it was interrupted."""
    try:
        if "PYFLINK_GATEWAY_PORT" in os.environ:  # set by `flink run`
            from livesegments.flink.cluster import run_on_cluster  # needs that gateway

            run_on_cluster(options_of(arguments))
        else:
            say(str(run(options_of(arguments)).counts))
    except LivesegmentsError as error:
        say(str(error))
        return 2 if isinstance(error, DefinitionError | EdgeError) else 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
