"""Definition files: what is wrong is told all at once, with line, path and a near name."""

from pathlib import Path

import pytest

from livesegments.core.definition import Definition, load_definition, parse_definition
from livesegments.core.errors import DefinitionError

GOOD = """\
features:
  orders: {count: Order Completed}
  orders_30d: {count: Order Completed, within: 30d}
  days_since_order: {days_since: Order Completed}
segments:
  buyers: {when: 'orders > 0'}
"""
WRONG = [
    ("segments:\n  vip: {when: 'order_30d > 1'}", 2, 'segments.vip.when: unknown name "order_30d"'),
    ("features:\n  a: {counts: Order Completed}", 2, 'did you mean "count"?'),
    ("features:\n  a: {count: Order Completed, whithin: 3d}", 2, 'did you mean "within"?'),
    (
        "features:\n  a: {session: count, k: 3}",
        2,
        'unknown option of `session` "k"; there are: session, gap,',
    ),
    ("features:\n  a: {count: Order Completed, sum: Order Completed}", 2, "expected exactly one of"),
    ("features:\n  a: {count: x, within: 30 days}", 2, "expected a duration such as"),
    ("features:\n  a: {count: x, between: [30d, 90d]}", 2, "the longer duration first"),
    ("features:\n  a: {count: x, between: 90d}", 2, "expected two durations"),
    ("features:\n  a: {count: x, within: 1d, between: [2d, 1d]}", 2, "found both"),
    ("features:\n  a: {sum: x}", 2, "expected `of: PATH`"),
    ("features:\n  a: {decayed: x}", 2, "expected `half_life: DURATION`"),
    ("features:\n  a: {ratio: x}", 2, "expected two selectors"),
    ("features:\n  a: {peak: x, by: day}", 2, "expected one of season, month, weekday, hour"),
    ("features:\n  a: {session: lenght}", 2, "expected one of count"),
    ("features:\n  a: {count: 'a*b'}", 2, "expected an event name"),
    ("features:\n  a: {count: x, where: 'b = 1'}", 2, "equality is `==`"),
    ("features:\n  a: {recent: x, of: y, n: 0}", 2, "expected a whole number from 1"),
    ("features:\n  a: {value: 'b + 1'}\n  b: {value: 'a + 1'}", 2, "name each other in a circle: a -> b -> a"),
    ("features:\n  d: {days_since: x}\n  a: {value: 'd + 1'}", 3, "changes with time"),
    ("features:\n  d: {days_since: x}\nsegments:\n  s: {when: 'd == 3'}", 4, "changes with time"),
    ("features:\n  in: {count: x}", 2, "a word of the condition language"),
    ("features:\n  3d: {count: x}", 2, "begins with no digit"),
    ("features:\n  a: {count: x}\n  a: {count: y}", 3, "stands here twice"),
    ("features:\n  a: {count: x}\n  [b, c]: {count: y}", 3, "expected a text as the key, found a list; a text with"),
    ("features:\n  a: {count: x}\n  ? {b: c}\n  : {count: y}", 3, "expected a text as the key, found a mapping"),
    ("features:\n  <<: {[b]: 1}\n  a: {count: y}", 2, "expected a text as the key, found a list"),
    ("features:\n  a: {count: x}\nsegments:\n  a: {when: 'true'}", 4, "rename one of them"),
    (
        "features:\n  b: {count: A}\n  a: {cluster: engagment}\nclusters:\n  engagement: {features: [b]}",
        3,
        'did you mean "engagement"?',
    ),
    ("segments:\n  a: {when: 'b'}\n  b: {when: 'a'}", 2, "in a circle"),
    ("segments:\n  a: {title: A}", 2, "found neither"),
    ("segments:\n  a: {when: 'true', kind: static, cooldown: 1d}", 2, "takes no `cooldown`"),
    ("segments:\n  a: {when: 'true', kind: fixed}", 2, "expected dynamic or static"),
    ("segments:\n  a: {members: nobody.txt}", 2, "expected a file of user ids"),
    ("segments:\n  a: {when: '(true'}", 2, "column"),
    ("segment:\n  a: {when: 'true'}", 1, 'did you mean "segments"?'),
    ("timezone: Europe/Berlyn", 1, "expected a time zone"),
    ("limits: {samples: -1}", 1, "expected a whole number from 1"),
    ("version: 2", 1, "expected 1, found 2"),
    ("features: [a", 1, "expected YAML"),
    ("- a", 1, "expected a mapping with the sections"),
    ("profile:\n  demographics: {age: years}", 2, 'unknown feature "years"'),
]


def problems(text: str) -> list[str]:
    with pytest.raises(DefinitionError) as wrong:
        parse_definition(text, "segments.yaml")
    return [str(problem) for problem in wrong.value.problems]


@pytest.mark.parametrize(("text", "line", "told"), WRONG)
def test_a_mistake_is_told_with_line_and_what_to_do(text: str, line: int, told: str) -> None:
    found = problems(text)
    assert len(found) == 1, found
    assert found[0].startswith(f"segments.yaml:{line} ")
    assert told in found[0]


def test_all_mistakes_are_told_at_once_in_line_order() -> None:
    text = "features:\n  a: {count: x, within: never}\n  b: {sum: y}\nsegments:\n  c: {when: 'd'}\n"
    assert [found.split(" ")[0] for found in problems(text)] == [f"segments.yaml:{line}" for line in (2, 3, 5)]


def test_a_name_not_known_gets_the_near_one() -> None:
    text = GOOD + "  vip: {when: 'order_30d >= 3'}\n"
    assert problems(text) == ['segments.yaml:7 segments.vip.when: unknown name "order_30d"; did you mean "orders_30d"?']


def test_bytes_carry_the_definition_with_its_members(tmp_path: Path) -> None:
    (tmp_path / "vips.txt").write_text("a\n\nb \n")
    (tmp_path / "segments.yaml").write_text(GOOD + "  vips: {members: vips.txt}\n")
    definition = load_definition(tmp_path / "segments.yaml")
    (tmp_path / "vips.txt").unlink()
    again = Definition.from_bytes(definition.to_bytes())
    assert again.segments["vips"].members == {"a", "b"}
    assert again.digest == definition.digest


def test_a_path_may_be_a_text(tmp_path: Path) -> None:
    (tmp_path / "segments.yaml").write_text(GOOD + "  vip: {when: 'orders_30d >= 3'}\n")
    for path in (tmp_path / "segments.yaml", tmp_path):
        assert load_definition(str(path)).digest == load_definition(path).digest
    with pytest.raises(DefinitionError, match=r"none\.yaml:1 expected a definition file, found none"):
        load_definition("none.yaml")


def test_titles_do_not_count_for_the_fingerprint_and_conditions_do() -> None:
    def fingerprint(segment: str, features: str = GOOD) -> str:
        return parse_definition(features + segment).fingerprint("vip")

    plain = fingerprint("  vip: {when: 'orders_30d >= 3'}\n")
    assert len(plain) == 12
    assert fingerprint("  vip: {title: VIP, when: 'orders_30d   >= 3.0'}\n") == plain
    assert fingerprint("  vip: {when: 'orders_30d >= 4'}\n") != plain
    assert fingerprint("  vip: {when: 'orders_30d >= 3'}\n", GOOD.replace("30d}", "31d}")) != plain


def test_the_packaged_definition_is_right() -> None:
    assert load_definition(None).segments
