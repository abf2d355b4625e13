"""The command line: one module per command group; `main` is the entry point."""

from __future__ import annotations

import sys

__all__ = ["main"]

FAILED, WRONG_INPUT, INTERRUPTED = 1, 2, 130


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed, 2 the user's input is wrong."""
    from livesegments.core.errors import DefinitionError, EdgeError, LivesegmentsError

    try:
        from livesegments.cli.app import app

        app(arguments, prog_name="livesegments")
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)  # noqa: T201
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # such as `livesegments replay ... | head`
        sys.stderr.close()
        sys.exit(0)
    except (DefinitionError, EdgeError) as error:
        _fail(str(error), WRONG_INPUT)
    except LivesegmentsError as error:
        _fail(str(error), FAILED)


def _fail(message: str, code: int) -> None:
    print(f"error: {message}" if "\n" not in message else f"errors:\n{message}", file=sys.stderr)  # noqa: T201
    sys.exit(code)
