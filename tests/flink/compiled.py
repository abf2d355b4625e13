"""Our Java classes, compiled in the test's JVM as Flink does it and reached through py4j."""

from __future__ import annotations

from typing import Any

from livesegments.flink.operators import java_source


def java_class(gateway: Any, *classes: str) -> Any:
    """Compile and give the first class."""
    jvm = gateway.jvm
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    compile_utils = jvm.org.apache.flink.table.runtime.generated.CompileUtils
    return compile_utils.compile(loader, classes[0], java_source(classes))


def new(gateway: Any, java_class: Any, *arguments: Any) -> Any:
    """Call the only constructor."""
    values = gateway.new_array(gateway.jvm.java.lang.Object, len(arguments))
    for index, argument in enumerate(arguments):
        values[index] = argument
    return java_class.getConstructors()[0].newInstance(values)
