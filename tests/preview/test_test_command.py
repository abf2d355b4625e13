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


@pytest.mark.parametrize(
    ("value", "found"), [("[a.yaml]", "a list"), ("5", "5"), ("", "nothing"), ("{a: b}", "a mapping"), ("''", '""')]
)
def test_a_definition_that_is_no_file_is_not_passed_over(
    value: str, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("vip.yaml").write_text(
        EVENTS.replace("definition: segments.yaml", f"definition: {value}")
        + "\ntests:\n  - {at: 2024-01-02, segments: [vip]}\n"
    )
    with pytest.raises(SystemExit) as done:
        main(["test", "vip.yaml", "--config", "segments.yaml"])
    assert done.value.code == 2
    assert f"vip.yaml:2 definition: expected the name of a file, found {found}; leave" in capsys.readouterr().err


def test_without_a_definition_that_of_the_folder_is_tested() -> None:
    Path("vip.yaml").write_text(
        EVENTS.replace("definition: segments.yaml", "") + "\ntests:\n  - {at: 2024-01-02, segments: [vip]}\n"
    )
    with pytest.raises(SystemExit) as done:
        main(["test", "vip.yaml"])
    assert not done.value.code


@pytest.mark.parametrize(
    ("test", "found"),
    [
        ("segments: [[vip]]", "tests.0.segments: expected a segment of segments.yaml, found a list"),
        ("segments: [{vip: true}]", "tests.0.segments: expected a segment of segments.yaml, found a mapping"),
        ("changes: [{entered: [vip]}]", "tests.0.changes.0: expected a segment of segments.yaml, found a list"),
        ("changes: [{left: {a: b}}]", "tests.0.changes.0: expected a segment of segments.yaml, found a mapping"),
        ("changes: [{entered: vip, cause: [time]}]", "expected one of event, time, model, definition, identity"),
        ("changes: [{entered: vip, at: [1]}]", "expected a time such as"),
    ],
)
def test_lists_and_mappings_where_a_name_must_stand_are_told(
    test: str, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(f"\ntests:\n  - {{at: 2024-01-02, {test}}}\n") == 2
    assert found in capsys.readouterr().err


@pytest.mark.parametrize(("value", "shown"), [(".nan", "nan"), (".inf", "inf"), ("-.inf", "-inf")])
def test_numbers_that_no_feature_has_fail(value: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(f"\ntests:\n  - {{at: 2024-01-02, features: {{orders: {value}}}}}\n") == 1
    assert f"  orders: expected {shown}, found 2\n" in capsys.readouterr().out


def test_ids_that_the_definition_refuses_are_no_users(capsys: pytest.CaptureFixture[str]) -> None:
    Path("segments.yaml").write_text(DEFINITION + "limits: {refuse_users: [undefined]}\n")
    more = (
        "  - {type: page, userId: undefined, timestamp: 2024-01-01T00:00:00Z}\n"
        "  - {type: page, userId: undefined, anonymousId: ann, timestamp: 2024-01-01T00:00:00Z}\n"
    )
    assert run(more + "tests:\n  - {at: 2024-01-02, features: {orders: 2}}\n") == 0
    assert run(more + "tests:\n  - {at: 2024-01-02, user: undefined, features: {orders: 2}}\n") == 2
    assert 'expected a user of the events, found "undefined"' in capsys.readouterr().err


def test_a_visitor_who_became_the_only_user_is_none_beside_them(capsys: pytest.CaptureFixture[str]) -> None:
    Path("segments.yaml").write_text(DEFINITION + "identity: {}\n")
    more = (
        "  - {type: page, anonymousId: device, timestamp: 2024-01-02T00:00:00Z}\n"
        "  - {type: identify, userId: ann, anonymousId: device, timestamp: 2024-01-03T00:00:00Z}\n"
        "  - {type: track, event: Order Completed, anonymousId: device, timestamp: 2024-01-04T00:00:00Z}\n"
    )
    assert run(more + "tests:\n  - {at: 2024-01-05, features: {orders: 3}}\n") == 0
    other = "  - {type: page, anonymousId: another, timestamp: 2024-01-04T00:00:00Z}\n"
    assert run(more + other + "tests:\n  - {at: 2024-01-05, features: {orders: 3}}\n") == 2
    assert "expected `user`, as there are 3 users in the events" in capsys.readouterr().err
