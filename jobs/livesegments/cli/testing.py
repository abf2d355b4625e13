"""`livesegments test`: tests of a definition, as files beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from livesegments.cli.console import print_line, say
from livesegments.cli.options import Config, Json, Quiet
from livesegments.core.errors import LivesegmentsError

if TYPE_CHECKING:
    from livesegments.core.step import Engine
    from livesegments.preview import CaseFile, Verdict

__all__ = ["run_tests"]


def run_tests(
    files: Annotated[list[Path], typer.Argument(help="Files of tests, such as tests/*.yaml.")],
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Test a definition: given events and a time, the segments, features and changes that a user must have.

    A test file names its definition; --config is for those that do not. A failure shows what was expected, what was
    found, and the clauses that decided.
    """
    import msgspec

    from livesegments.preview import judge, read_cases

    verdicts = [verdict for file in files for verdict in judge(read_cases(file, config), _engine)]
    failed = [verdict for verdict in verdicts if verdict.failures]
    if json:
        print_line(msgspec.json.encode(verdicts))
    else:
        for verdict in failed:
            _show(verdict)
    say(f"{len(verdicts) - len(failed):,} of {len(verdicts):,} tests passed", quiet=quiet and not failed)
    if failed:
        raise LivesegmentsError(f"{len(failed):,} of {len(verdicts):,} tests failed")


def _engine(cases: CaseFile, until_ms: int) -> Engine:
    """Give an engine with the models that the events of a test teach, but for predictions that no feature reads."""
    from livesegments.models.engine import engine_with_models

    book = None
    if cases.definition.has_models:
        from livesegments.models.book import ModelBook
        from livesegments.models.passes import learn_models  # loads River: only where something is learned

        rows = learn_models(cases.definition, cases.lines, until_ms, judged=False, unread=False)
        book = ModelBook(row.payload for row in rows)
    return engine_with_models(cases.definition, book, unread=False)


def _show(verdict: Verdict) -> None:
    from livesegments.cli.wording import plain, value_words

    lines = [f"FAILED {verdict.file}:{verdict.line} {verdict.name}"]
    for failure in verdict.failures:
        expected, found = value_words(failure.expected), value_words(failure.found)
        lines.append(f"  {failure.of}: expected {expected}, found {found}")
        lines.extend(f"    {why}" for why in failure.why)
    for line in lines:
        print(plain(line))  # noqa: T201
