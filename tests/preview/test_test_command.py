"""`livesegments test`: what passes, how a failure reads, and what is said of a file that is wrong."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from livesegments.cli import main
from livesegments.preview import Verdict

DEFINITION = """
features:
  orders:           {count: Order Completed}
  revenue:          {sum: Order Completed, of: revenue}
  basket:           {value: 'revenue / orders'}
  days_since_order: {days_since: Order Completed}
segments:
  vip:   {when: 'revenue >= 100 && orders >= 2', exit_when: 'days_since_order > 30'}
  quiet: {when: 'orders >= 1 && days_since_order > 7'}
  never: {when: 'orders > 99'}
"""
EVENTS = """
definition: segments.yaml
events:
  - {type: track, event: Order Completed, userId: ann, timestamp: 2024-01-01T00:00:00Z, properties: {revenue: 60}}
  - {type: track, event: Order Completed, userId: ann, timestamp: 2024-01-02T00:00:00Z, properties: {revenue: 70.5}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("segments.yaml").write_text(DEFINITION)


def run(tests: str, *arguments: str) -> int:
    Path("vip.yaml").write_text(EVENTS + tests)
    with pytest.raises(SystemExit) as done:
        main(["test", "vip.yaml", *arguments])
    return int(done.value.code or 0)


def test_what_is_as_expected_passes(capsys: pytest.CaptureFixture[str]) -> None:
    tests = """
tests:
  - {at: 2024-01-02, segments: [vip], features: {basket: 65.25, days_since_order: 0}}
  - at: 2024-02-10
    user: ann
    segments: {vip: false, quiet: true}
    changes: [{entered: vip, at: 2024-01-02, cause: event}, {entered: quiet, cause: time}, {left: vip}]
"""
    assert run(tests) == 0
    assert capsys.readouterr().err == "2 of 2 tests passed\n"


def test_a_failure_shows_the_difference_and_the_clauses(capsys: pytest.CaptureFixture[str]) -> None:
    tests = """
tests:
  - name: one order is enough
    at: 2024-01-01
    segments: [vip]
    features: {basket: 60}
  - name: stays for good
    at: 2024-02-10
    segments: {vip: true, quiet: false}
    features: {orders: 3}
    changes: [{entered: vip}, {entered: quiet, at: 2024-01-09}, {left: vip}]
"""
    assert run(tests, "--quiet") == 1
    told = capsys.readouterr()
    assert told.out == (
        "FAILED vip.yaml:8 one order is enough\n"
        "  vip: expected in, found out\n"
        "    revenue >= 100 does not hold [revenue 60.0]\n"
        "    orders >= 2 does not hold [orders 1]\n"
        "FAILED vip.yaml:12 stays for good\n"
        "  vip: expected in, found out\n"
        "    leaves when days_since_order > 30 holds [days_since_order 39.0]\n"
        "  quiet: expected out, found in\n"
        "    orders >= 1 holds [orders 2]\n"
        "    days_since_order > 7 holds [days_since_order 39.0]\n"
        "    in since 2024-01-09T00:00:00.001Z\n"
        "  orders: expected 3, found 2\n"
        "  change 2: expected entered quiet at 2024-01-09T00:00:00.000Z, "
        "found entered quiet at 2024-01-09T00:00:00.001Z by time\n"
        "    orders >= 1 holds [orders 2]\n"
        "    days_since_order > 7 holds [days_since_order 7.000000011574074]\n"
    )
    assert told.err == "0 of 2 tests passed\nerror: 2 of 2 tests failed\n"


def test_a_clause_below_a_not_is_told_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("segments.yaml").write_text(DEFINITION.replace("orders >= 1 && days_since_order > 7", "!vip && !(orders < 1)"))
    tests = "\ntests:\n  - {at: 2024-01-01, segments: {quiet: false}, changes: []}\n"
    tests += "  - {at: 2024-01-05, segments: {quiet: true}}\n"
    assert run(tests) == 1
    told = capsys.readouterr().out
    assert told.count("    !vip holds [vip false]\n    !(orders < 1) holds [orders 1]\n") == 2
    assert "    !vip does not hold [vip true]\n" in told


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ("[]", "change 1: expected no more changes, found entered vip"),
        ("[{entered: vip}, {left: vip}]", "change 2: expected left vip, found no more changes"),
        ("[{entered: vip, cause: time}]", "change 1: expected entered vip by time, found entered vip"),
    ],
)
def test_changes_are_all_changes(changes: str, found: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(f"\ntests:\n  - {{at: 2024-01-05, changes: {changes}}}\n") == 1
    assert found in capsys.readouterr().out


def test_json_has_every_test(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run("\ntests:\n  - {at: 2024-01-05, segments: [vip]}\n  - {at: 2024-01-05, segments: []}\n", "--json") == 1
    verdicts = msgspec.json.decode(capsysbinary.readouterr().out, type=list[Verdict])
    assert [len(verdict.failures) for verdict in verdicts] == [0, 1]
    assert (verdicts[1].failures[0].expected, verdicts[1].failures[0].found) == ("out", "in")


def test_all_mistakes_of_a_file_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    tests = """
tests:
  - {at: soon, user: an, segments: [vipp], features: {order: 1}, chances: []}
  - {at: 2024-01-01}
"""
    assert run(tests) == 2
    told = capsys.readouterr().err
    for part in (
        'vip.yaml:8 tests.0.at: expected a time such as 2024-12-31T00:00:00Z or 2024-12-31, found "soon"',
        'tests.0.user: expected a user of the events, found "an"; did you mean "ann"?',
        'expected a segment of segments.yaml, found "vipp"; did you mean "vip"?',
        'expected a feature of segments.yaml, found "order"; did you mean "orders"?',
        'unknown key of a test "chances"; did you mean "changes"?',
        "vip.yaml:9 tests.1: expected `segments`, `features` or `changes`, found nothing to test",
    ):
        assert part in told
