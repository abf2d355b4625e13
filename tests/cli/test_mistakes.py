"""Mistakes that people make: exit code 2, a message that says what to do, and no traceback."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

import livesegments as livesegments_package
from core.samples import line
from livesegments.cli import main

SECONDS_MAX = 120
DEFINITION = """\
features:
  orders_30d: {count: Order Completed, within: 30d}
segments:
  vip: {when: 'orders_30d >= 1'}
"""


def livesegments(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from livesegments.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "events.jsonl").write_bytes(line(day=1, event="Order Completed") + b"\n" + line(day=60) + b"\n")
    (tmp_path / "segments.yaml").write_text(DEFINITION)
    (tmp_path / "typo.yaml").write_text(DEFINITION.replace("orders_30d >=", "order_30d >="))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "old").write_text("a result of yesterday")
    (tmp_path / "empty").mkdir()
    (tmp_path / "cut.jsonl.gz").write_bytes(gzip.compress(line() * 100)[:-20])
    files = (Path(livesegments_package.__file__).parent / "edges" / "files.sql").read_text()
    (tmp_path / "wrong.sql").write_text(files.replace("'filesystem'", "'filesystm'"))
    (tmp_path / "none.sql").write_text("CREATE TABLE orders (payload BYTES) WITH ('connector' = 'datagen')\n")
    return tmp_path


def told(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr
    assert "\tat " not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["replay", "event.jsonl"], "event.jsonl: required a file or a folder of events, found nothing there"),
        (["replay", "event.jsonl"], 'did you mean "events.jsonl"?'),
        (["check", "segment.yaml"], 'found none; did you mean "segments.yaml"?'),
        (["test", "segments.yaml"], "expected a file of tests, with definition, events, tests; this is a definition"),
        (["replay", "empty"], "required a folder with .jsonl or .jsonl.gz files, found none in it"),
        (["replay", "cut.jsonl.gz"], "cut.jsonl.gz: required a complete file"),
        (["replay", "events.jsonl", "--until", "tomorrow"], "--until: expected a time such as"),
        (["replay", "events.jsonl", "--config", "typo.yaml"], 'unknown name "order_30d"; did you mean "orders_30d"?'),
        (["replay", "events.jsonl", "--config", "none.yaml"], "give one with --config FILE"),
        (["replay", "events.jsonl", "--untill", "2024-01-01"], "--until"),
        (["replay", "events.jsonl", "--profiles", "nowhere/profiles.jsonl"], "required a file that can be written"),
        (["replay", "--events", "x.jsonl"], "replay takes its events without an option: livesegments replay x.jsonl"),
        (["replay"], "Missing argument"),
        (["reply"], "No such command"),
        (["check", "typo.yaml"], "typo.yaml:4 segments.vip.when"),
        (["run"], "required --events PATH and --out DIR, or --edges FILE"),
        (["run", "--events", "event.jsonl", "--out", "out"], "event.jsonl: required a file or a folder"),
        (["run", "--events", "events.jsonl", "--out", "full"], "required an empty output folder"),
        (["run", "--edges", "none.sql", "--set", "TOPICS=x"], "--set TOPICS: required a variable that none.sql reads"),
        (["run", "--events", "events.jsonl", "--out", "out", "--config", "typo.yaml"], "did you mean"),
        (["import", "cdnoww"], "did you mean"),
        (["import", "online-retail"], "required your own file"),
        (["generate", "--users", "0", "--days", "1", "--out", "x.jsonl"], "--users"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_ends_with_2_and_says_what_to_do(
    folder: Path,
    arguments: list[str],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if arguments[0] == "run":  # may start Java, which a process has once
        assert expected in told(livesegments(folder, *arguments))
        return
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert expected in capsys.readouterr().err


@pytest.mark.flink
@pytest.mark.parametrize(("edges", "expected"), [("nowhere.sql", "nowhere.sql"), ("wrong.sql", "filesystm")])
def test_wrong_ddl_ends_with_2_and_says_what_to_do(folder: Path, edges: str, expected: str) -> None:
    done = livesegments(folder, "run", "--events", "events.jsonl", "--out", "out", "--edges", edges)
    assert expected in told(done)


def test_replay_writes_changes_to_stdout_and_the_sum_to_stderr(folder: Path) -> None:
    done = livesegments(folder, "replay", "events.jsonl", "--profiles", "profiles.jsonl")
    assert done.returncode == 0
    assert [text.split('"change":"')[1][:7] for text in done.stdout.splitlines()] == ["entered", 'exited"']
    assert "definition: segments.yaml" in done.stderr
    assert "2 events = 2 applied + 0 duplicates + 0 ignored + 0 dead letters; 2 changes" in done.stderr
    assert len((folder / "profiles.jsonl").read_bytes().splitlines()) == 1


def test_an_empty_file_is_no_error_but_told(folder: Path) -> None:
    (folder / "nothing.jsonl").touch()
    done = livesegments(folder, "replay", "nothing.jsonl")
    assert done.returncode == 0
    assert "nothing.jsonl: there is no event in it" in done.stderr


def test_check_says_where_nothing_looks_wrong(folder: Path) -> None:
    (folder / "good.jsonl").write_bytes(line(day=1, event="Order Completed"))
    assert "Nothing looks wrong." in livesegments(folder, "check", "--events", "good.jsonl").stdout


def test_check_does_not_say_that_all_is_well_where_a_feature_can_never_match(folder: Path) -> None:
    (folder / "other.jsonl").write_bytes(line(day=1, event="Newsletter Confirmed"))
    said = livesegments(folder, "check", "--events", "other.jsonl").stdout
    assert "Features that never matched" in said
    assert "Nothing looks misspelt. What never came, or never matched, is told above." in said
    assert "Nothing looks wrong" not in said


def test_a_reader_that_stops_reading_is_no_error(folder: Path) -> None:
    (folder / "many.jsonl").write_bytes(
        b"".join(line(f"u{number}", day=1, event="Order Completed") + b"\n" for number in range(3_000))
    )
    command = f"{sys.executable} -c 'from livesegments.cli import main; main()' replay many.jsonl | head -1"
    done = subprocess.run(
        command,
        shell=True,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr
