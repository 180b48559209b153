"""Where an HTTP/1 request ends, found while it comes in (RFC 9112, sections 2, 6 and 7.1).

The server's own parser reads the same bytes again. This one only finds the end of the request, so it rejects whatever
makes the end ambiguous: a proxy in front could see another end, and take the rest for somebody else's request (request
smuggling).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus

from django_pyz_runtime.serve.limits import Limits
from django_pyz_runtime.serve.requests.refusals import Refusal, bad_request, too_large

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]++"
_REQUEST_LINE = re.compile(_TOKEN + rb" [^\x00-\x20\x7f]++ HTTP/1\.[01]")
_FIELD_LINES = re.compile(rb"(?:" + _TOKEN + rb":[^\x00-\x08\x0a-\x1f\x7f]*+\r\n)*+")
_FIELDS = re.compile(rb"^(host|content-length|transfer-encoding|expect):[ \t]*([^\r]*)", re.IGNORECASE | re.MULTILINE)
_NO_LINE_END = re.compile(rb"(?<!\r)\n|\r[^\n]")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:[ \t]*;[^\x00-\x08\x0a-\x1f\x7f]*+)?\r\n")
_LINE_BYTES = 8190
_TRAILER_BYTES = 64 * 1024


class Framing:
    """One request, from its first byte to its last.

    Args:
        limits: for the request.

    Attributes:
        is_complete: whether all of it was fed.
        expects_continue: whether its client waits for 100 Continue before it sends the body (RFC 9110, section 10.1.1).
        body_left: bytes missing from a body whose length is known.
        has_head: whether its head was fed.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._head = bytearray()
        self._has_request_line = False
        self._chunks: _Chunks | None = None
        self._body_bytes = 0
        self.has_head = False
        self.is_complete = False
        self.expects_continue = False
        self.body_left = 0

    @property
    def unchunked_bytes(self) -> int | None:
        """The number of body bytes received, without chunk sizes; None for a body that is not chunked."""
        return self._chunks.data_bytes if self._chunks else None

    def feed(self, data: bytes) -> int:
        """Check the next data, and return how many bytes of it belong to this request.

        Raises:
            Refusal: the request is rejected.
        """
        used = 0 if self.has_head else self._feed_head(data)
        if used < len(data) and not self.is_complete:
            used += self._feed_body(data, used)
        return used

    def _feed_head(self, data: bytes) -> int:
        before = len(self._head)
        self._head += data
        end = self._head.find(b"\r\n\r\n", max(0, before - 3))
        self._check_line_ends(before, end + 4 if end >= 0 else len(self._head))
        if not self._has_request_line:
            self._check_request_line()
        if (end if end >= 0 else len(self._head)) > self._limits.head_bytes:
            raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "its head is too large")
        if end < 0:
            return len(data)
        self.has_head = True
        self._begin_body(bytes(self._head[: end + 2]))
        return end + 4 - before

    def _check_line_ends(self, start: int, end: int) -> None:
        if _NO_LINE_END.search(self._head, max(0, start - 1), end):
            raise bad_request("a line of its head does not end with CRLF")

    def _check_request_line(self) -> None:
        # One empty line before it is passed over, as in gunicorn (RFC 9112, section 2.2).
        begin = 2 if self._head.startswith(b"\r\n") else 0
        end = self._head.find(b"\r\n", begin)
        if end - begin > _LINE_BYTES or (end < 0 and len(self._head) > _LINE_BYTES + 2):
            raise Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, "its request line is too long")
        if end >= 0:
            self._has_request_line = True
            if not _REQUEST_LINE.fullmatch(self._head, begin, end):
                raise bad_request("not an HTTP/1 request line")

    def _begin_body(self, head: bytes) -> None:
        """Find out how the body is framed.

        Args:
            head: up to the end of its last line.
        """
        request_line, _, lines = head.removeprefix(b"\r\n").partition(b"\r\n")
        if not _FIELD_LINES.fullmatch(lines):
            raise bad_request("a header field is malformed")
        fields: dict[bytes, bytes] = {}
        for name, value in _FIELDS.findall(lines):
            if name.lower() in fields:
                raise bad_request(f"it has two {name.decode()} fields")
            fields[name.lower()] = value.strip(b" \t").lower()
        is_old = request_line.endswith(b"0")
        if b"transfer-encoding" in fields:
            self._begin_chunks(fields, is_old)
        else:
            self._begin_length(fields.get(b"content-length", b"0"))
        self._begin_expectation(b"" if is_old else fields.get(b"expect", b""))

    def _begin_expectation(self, expectation: bytes) -> None:
        if expectation not in (b"", b"100-continue"):
            raise Refusal(HTTPStatus.EXPECTATION_FAILED, "unsupported Expect header")
        self.expects_continue = bool(expectation) and not self.is_complete

    def _begin_chunks(self, fields: dict[bytes, bytes], is_old: bool) -> None:
        if b"content-length" in fields or is_old:
            raise bad_request("ambiguous length: Transfer-Encoding with Content-Length, or in HTTP/1.0")
        if fields[b"transfer-encoding"] != b"chunked":
            raise Refusal(HTTPStatus.NOT_IMPLEMENTED, "its transfer coding is not chunked")
        self._chunks = _Chunks()

    def _begin_length(self, length: bytes) -> None:
        if not re.fullmatch(rb"[0-9]{1,15}", length):
            raise bad_request("its Content-Length is not a number")
        self.body_left = int(length)
        self._check_body_bytes(self.body_left)
        self.is_complete = self.body_left == 0

    def _check_body_bytes(self, count: int) -> None:
        if self._limits.body_bytes is not None and count > self._limits.body_bytes:
            raise too_large(self._limits.body_bytes)

    def _feed_body(self, data: bytes, start: int) -> int:
        if not self._chunks:
            used = min(len(data) - start, self.body_left)
            self.body_left -= used
            self.is_complete = self.body_left == 0
            return used
        used = self._chunks.feed(data, start)
        self._body_bytes += used
        self._check_body_bytes(self._body_bytes)
        self.is_complete = self._chunks.is_complete
        return used


class _Chunks:
    """A chunked body (RFC 9112, section 7.1), from its first chunk's size to the end of the trailer.

    Attributes:
        is_complete: whether all of it was fed.
        data_bytes: what was fed of the data in the chunks.
    """

    def __init__(self) -> None:
        self.is_complete = False
        self.data_bytes = 0
        self._line = bytearray()
        self._end_line: Callable[[bytes], None] = self._end_size
        self._data_left = 0
        self._trailer_bytes = 0

    def feed(self, data: bytes, start: int) -> int:
        """Check data from an offset on, and return how many bytes of it belong to the body."""
        at = start
        while at < len(data) and not self.is_complete:
            if self._data_left:
                used = min(len(data) - at, self._data_left)
                self._data_left -= used
                self.data_bytes += used
            else:
                used = self._feed_line(data, at)
            at += used
        return at - start

    def _feed_line(self, data: bytes, start: int) -> int:
        end = data.find(b"\n", start) + 1
        piece = data[start : end or len(data)]
        self._line += piece
        if len(self._line) > _LINE_BYTES:
            raise bad_request("a line of its chunked body is too long")
        if end:
            line = bytes(self._line)
            self._line.clear()
            self._end_line(line)
        return len(piece)

    def _end_size(self, line: bytes) -> None:
        match = _CHUNK_SIZE.fullmatch(line)
        if not match:
            raise bad_request("the size of a chunk is malformed")
        self._data_left = int(match[1], 16)
        self._end_line = self._end_data if self._data_left else self._end_trailer

    def _end_data(self, line: bytes) -> None:
        if line != b"\r\n":
            raise bad_request("a chunk is longer than its size")
        self._end_line = self._end_size

    def _end_trailer(self, line: bytes) -> None:
        self._trailer_bytes += len(line)
        if self._trailer_bytes > _TRAILER_BYTES:
            raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "its trailer is too large")
        self.is_complete = line == b"\r\n"
        if not self.is_complete and not _FIELD_LINES.fullmatch(line):
            raise bad_request("a trailer field is malformed")
