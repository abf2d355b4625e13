"""The README tells the truth: its example gives what it says, its commands exist, its test command is that of CI."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def livesegments(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from livesegments.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_the_first_segment_enters_and_leaves_as_told(tmp_path: Path) -> None:
    (tmp_path / "segments.yaml").write_text(block("yaml"))
    (tmp_path / "events.jsonl").write_text(block("json"))
    done = livesegments("replay", "events.jsonl", folder=tmp_path)
    changes = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(change["time"], change["data"]["change"]) for change in changes] == [
        ("2024-03-10T18:30:00.000Z", "entered"),
        ("2024-03-31T10:00:00.000Z", "exited"),
    ]
    assert all(change["time"] in README for change in changes)
    assert json.dumps(changes[0]["data"]["because"], separators=(",", ":")) in README
    assert done.stderr.splitlines()[-1] in README


def test_every_command_of_the_readme_exists(tmp_path: Path) -> None:
    commands = set(re.findall(r"livesegments (demo|[a-z]+) ", README)) - {"entered"}
    told = livesegments("--help", folder=tmp_path).stdout
    assert {"run", "replay", "explain", "check", "import"} <= commands
    assert [command for command in sorted(commands) if f"  {command} " not in told] == []


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert "\nuv run pytest\n" in README
    assert "\nuv run pytest\n" in (ROOT / ".ci" / "run").read_text()
