"""Opening a file: what packs it, and UTF-16, are told by the first bytes, whatever the name; read as UTF-8."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zstandard

from livesegments.core.errors import EdgeError

__all__ = ["GZIP", "is_plain", "opened", "readable", "utf8"]

GZIP, ZSTANDARD, BZIP2, XZ = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ\0"
_PACKED = (GZIP, ZSTANDARD, BZIP2, XZ)
_MARKS = {  # the mark of UTF-32 begins with that of UTF-16
    codecs.BOM_UTF8: "",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_CHUNK = 1 << 16
_LAYERS_MAX = 3  # a proxy or an exporter packs again what is packed


def readable(file: Path) -> bytes:
    """Give the first bytes of a file, none of a pipe, which can be read once only.

    Raises EdgeError when it cannot be read.
    """
    if file.exists() and not file.is_file():
        return b""
    try:
        with file.open("rb") as source:
            start = source.read(6)
    except OSError as error:
        raise EdgeError(f"{file}: required a file that can be read, found: {error.strerror}") from None
    return start


def is_plain(file: Path) -> bool:
    """Tell whether Flink can read the file as it lies there: no byte order mark, and gzip at most, once."""
    if readable(file).startswith(_PACKED[1:]):
        return False
    with opened(file, keep_mark=True, layers=1) as source:
        return _mark_of(source) is None and not source.peek(6).startswith(_PACKED)


@contextmanager
def opened(file: Path, *, keep_mark: bool = False, layers: int = _LAYERS_MAX) -> Iterator[io.BufferedReader]:
    """Open a file for reading UTF-8 text as bytes: unpacked, without a byte order mark unless it is to be kept.

    What was packed several times is unpacked up to `layers` times.
    Raises EdgeError for a file that cannot be read, and for one that is cut off when its end is met.
    """
    try:
        raw = file.open("rb")
    except OSError as error:
        raise EdgeError(f"{file}: required a file that can be read, found: {error.strerror}") from None
    try:
        with raw:
            unpacked = _unpacked(raw, layers)
            yield unpacked if keep_mark else utf8(unpacked)
    except (EOFError, zlib.error, gzip.BadGzipFile, lzma.LZMAError, zstandard.ZstdError, UnicodeDecodeError) as error:
        raise EdgeError(f"{file}: {_wrong(error)}") from None


def _wrong(error: Exception) -> str:
    if isinstance(error, gzip.BadGzipFile) and "Not a gzipped file" in str(error):  # the first member was one
        return "required nothing behind the end of the gzip, found other bytes; `gzip -dc` gives what is before them"
    return f"required a complete file, found: {error}"


def utf8(source: io.BufferedReader) -> io.BufferedReader:
    """Give the same text in UTF-8 without its byte order mark."""
    mark = _mark_of(source)
    if mark is None:
        return source
    source.read(len(mark))
    encoding = _MARKS[mark]
    return io.BufferedReader(_Recoded(source, encoding), _CHUNK) if encoding else source


def _unpacked(raw: io.BufferedReader, layers: int) -> io.BufferedReader:
    for _ in range(layers):
        raw = _unpacked_once(raw)
    return raw


def _unpacked_once(raw: io.BufferedReader) -> io.BufferedReader:
    start = raw.peek(6)
    packed: Any
    if start.startswith(GZIP):
        packed = gzip.GzipFile(fileobj=raw, mode="rb")  # all members, one after the other
    elif start.startswith(ZSTANDARD):
        packed = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
    elif start.startswith(BZIP2):
        packed = bz2.BZ2File(raw)
    elif start.startswith(XZ):
        packed = lzma.LZMAFile(raw)  # noqa: SIM115 - closed with the file below it
    else:
        return raw
    return io.BufferedReader(packed, _CHUNK)


def _mark_of(source: io.BufferedReader) -> bytes | None:
    start = source.peek(4)[:4]
    return next((mark for mark in _MARKS if start.startswith(mark)), None)


class _Recoded(io.RawIOBase):
    """Bytes of another encoding, read as UTF-8."""

    def __init__(self, source: io.BufferedReader, encoding: str) -> None:
        self.source = source
        self.decoder = codecs.getincrementaldecoder(encoding)()
        self.ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self.ready:
            chunk = self.source.read(_CHUNK)
            text = self.decoder.decode(chunk, final=not chunk)
            self.ready = text.encode("utf-8", "surrogatepass")
            if not chunk and not self.ready:
                return 0
        count = min(len(buffer), len(self.ready))
        buffer[:count] = self.ready[:count]
        self.ready = self.ready[count:]
        return count
