"""What a Java error means in one line: the deepest cause, Python's own message where Python raised it."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["deepest_cause", "is_input_error", "message_of"]

_INPUT_CLASSES = (
    "java.io.",
    "java.net.",
    "java.nio.",
    "java.util.zip.",
    "org.apache.flink.table.api.",
    "org.apache.kafka.",
    "org.apache.flink.kafka.shaded.",
)
_PYTHON_CLASS = "pemja.core.PythonException"
_PYTHON_TYPE = re.compile(r"^<class '(?:[\w.]*\.)?(\w+)'>: ")
_FRAME = re.compile(r'\s+File ".*?([^/"]+)", line (\d+)')
_TEMPLATE = re.compile(r"^(?:[\w$]+\.)+[\w$]*(?:Exception|Error)[\w$]*: ")


def message_of(error: BaseException) -> str:
    """Give the deepest cause's message of an error from py4j; any other error's own."""
    java = getattr(error, "java_exception", None)
    if java is None:
        return _short(str(error))
    deepest = _deepest(java)
    text = str(deepest.getMessage() or deepest.toString())
    if deepest.getClass().getName() == _PYTHON_CLASS:  # thread mode
        frames = deepest.getStackTrace()
        place = f" ({frames[0].getFileName()}:{frames[0].getLineNumber()})" if len(frames) else ""
        return _PYTHON_TYPE.sub(r"\1: ", text) + place
    traceback = text.rfind("Traceback (most recent call last)")
    if traceback >= 0:  # process mode: the worker's traceback is the message
        return _last_of(text[traceback:].splitlines())
    return _short(text)


def is_input_error(error: BaseException) -> bool:
    """Tell whether files, connections or tables are to blame."""
    java = getattr(error, "java_exception", None)
    return java is not None and str(_deepest(java).getClass().getName()).startswith(_INPUT_CLASSES)


def deepest_cause(error: BaseException) -> Any:
    """Give the Java exception at the bottom of an error from py4j; any other error is raised again."""
    java = getattr(error, "java_exception", None)
    if java is None:
        raise error
    return _deepest(java)


def _last_of(traceback: list[str]) -> str:
    """Give what a traceback ends with, and where that was raised."""
    frames = [match for line in traceback if (match := _FRAME.match(line))]
    said = [line.strip() for line in traceback if line and not line.startswith(" ")]
    return said[-1] + (f" ({frames[-1][1]}:{frames[-1][2]})" if frames else "")


def _deepest(java: Any) -> Any:
    while java.getCause() is not None:
        java = java.getCause()
    return java


def _short(text: str) -> str:
    """Give the first lines without stack frames and the class name before the message."""
    lines = [line.rstrip() for line in text.splitlines()]
    kept: list[str] = []
    for line in lines:
        if re.match(r"\s+at [\w.$/<>]+\(", line) or line.startswith("\tat "):
            break
        if line.strip():
            kept.append(line.strip())
    causes = [index for index, line in enumerate(lines) if line.startswith("Caused by: ")]
    if causes:
        kept = [lines[causes[-1]].removeprefix("Caused by: ")]
    return _TEMPLATE.sub("", " ".join(kept[:6]))
