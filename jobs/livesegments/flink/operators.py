"""Operators written in Java; Flink compiles them at run time with what it ships for SQL: no build step, no jar."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

from pyflink.common import Types
from pyflink.common.typeinfo import TypeInformation
from pyflink.datastream.data_stream import DataStream, KeyedStream
from pyflink.java_gateway import get_gateway

__all__ = [
    "BATCHER",
    "IDENTITY",
    "MODEL_KEEPER",
    "UNBATCHER",
    "generated",
    "generated_ahead",
    "java_source",
    "keyed_by_first_field",
    "output_tag",
    "rescaled",
    "side_output",
]

BATCHER = ("Batcher", "EventReader", "EventTime", "EventClock", "EventBatch", "Pace", "Sample")
IDENTITY = (
    *("Identity", "IdentityStep", "IdentityState", "KnownUsers", "Visitors", "Visitor", "SeenIds"),
    *("EventReader", "EventTime", "EventClock", "EventBatch"),
)
MODEL_KEEPER = ("ModelKeeper", "KeptModels", "EventBatch")
UNBATCHER = ("Unbatcher",)


def java_source(classes: tuple[str, ...]) -> str:
    """Give one compilation unit of several classes: all imports, then all bodies."""
    folder = resources.files("livesegments.flink") / "java"
    imports: set[str] = set()
    bodies: list[str] = []
    for name in classes:
        lines = (folder / f"{name}.java").read_text(encoding="utf-8").splitlines()
        imports.update(line for line in lines if line.startswith("import "))
        bodies += [line for line in lines if not line.startswith("import ")]
    return "\n".join([*sorted(imports), *bodies])


def generated(
    stream: DataStream,
    name: str,
    classes: tuple[str, ...],
    options: Mapping[str, Any],
    output: TypeInformation,
    parallelism: int,
    *,
    has_keys: bool = False,
) -> DataStream:
    """Put a Java operator behind a stream; the first class is the operator, its uid is its name.

    Options are texts, or Java objects that can be serialised. An operator that has keys sets each (an Integer) itself,
    so it must be alone: of one subtask.
    """
    jvm = get_gateway().jvm
    upstream, factory = stream._j_data_stream, _factory(classes, options)
    transformation = jvm.org.apache.flink.streaming.api.transformations.OneInputTransformation(
        upstream.getTransformation(), name, factory, output.get_java_type_info(), parallelism
    )
    transformation.setUid(name)
    if has_keys:
        transformation.setStateKeySelector(jvm.org.apache.flink.api.java.functions.NullByteKeySelector())
        transformation.setStateKeyType(Types.INT().get_java_type_info())
    environment = upstream.getExecutionEnvironment()
    return DataStream(jvm.org.apache.flink.streaming.api.datastream.DataStream(environment, transformation))


def generated_ahead(
    keyed: KeyedStream, everywhere: DataStream, name: str, classes: tuple[str, ...], options: Mapping[str, Any]
) -> KeyedStream:
    """Put a Java operator of two inputs ahead of what will read a keyed stream, in the same task.

    Each of its subtasks has the elements of its own keys, which it passes on, and all of the other stream.
    """
    jvm = get_gateway().jvm
    streaming = jvm.org.apache.flink.streaming.api
    main, environment = keyed._j_data_stream, keyed._j_data_stream.getExecutionEnvironment()
    transformation = streaming.transformations.TwoInputTransformation(
        main.getTransformation(),
        everywhere._j_data_stream.broadcast().getTransformation(),
        name,
        _factory(classes, options),
        main.getType(),
        environment.getParallelism(),
    )
    transformation.setUid(name)
    passed = streaming.datastream.DataStream(environment, transformation)
    selector, key_type = main.getKeySelector(), main.getKeyType()
    again = streaming.datastream.DataStreamUtils.reinterpretAsKeyedStream(passed, selector, key_type)
    return KeyedStream(again, keyed._original_data_type_info, DataStream(passed))


def _factory(classes: tuple[str, ...], options: Mapping[str, Any]) -> Any:
    """Give what makes the operator of the first class on a worker."""
    jvm = get_gateway().jvm
    references = get_gateway().new_array(jvm.java.lang.Object, 1)
    references[0] = jvm.java.util.HashMap()
    for key, value in options.items():
        references[0].put(key, value)
    operator = jvm.org.apache.flink.table.runtime.generated.GeneratedOperator(
        classes[0], java_source(classes), references, jvm.org.apache.flink.configuration.Configuration()
    )
    return jvm.org.apache.flink.table.runtime.operators.CodeGenOperatorFactory(operator)


def keyed_by_first_field(stream: DataStream, value_type: TypeInformation) -> KeyedStream:
    """Key Row(key, value) by its first field without a hop through Python; functions see the value."""
    selector = get_gateway().jvm.KeyByKeySelector()
    key_type = Types.ROW([Types.STRING()]).get_java_type_info()
    return KeyedStream(stream._j_data_stream.keyBy(selector, key_type), value_type, stream)


def output_tag(name: str, output: TypeInformation) -> Any:
    """Give what an operator needs to emit to a side output."""
    return get_gateway().jvm.org.apache.flink.util.OutputTag(name, output.get_java_type_info())


def side_output(stream: DataStream, tag: Any) -> DataStream:
    """Give what the operator of a stream emits to a side output."""
    streaming = get_gateway().jvm.org.apache.flink.streaming.api
    main = stream._j_data_stream
    transformation = streaming.transformations.SideOutputTransformation(main.getTransformation(), tag)
    return DataStream(streaming.datastream.DataStream(main.getExecutionEnvironment(), transformation))


def rescaled(stream: DataStream) -> DataStream:
    """Let what follows run on a thread of its own."""
    return DataStream(stream._j_data_stream.rescale())
