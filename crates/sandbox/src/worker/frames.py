"""Frames of the protocol over the socket on descriptor 3."""

import json
import os

import _socket
import lumen_errors

JSON, BLOB = 1, 2
BODY_BYTES_MAX = 64 << 20

# Until `hello` says more.
message_bytes_max = 1 << 20

_socket_of_host = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, 3)


class Malformed(Exception):
    """A frame or message that breaks the protocol; carries the number of the answer."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def clean(text):
    """The text without lone surrogates, which no UTF-8 holds."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _header(length, kind, descriptors):
    return length.to_bytes(4, "little") + bytes([kind, descriptors, 0, 0])


def _send_frame(kind, body, descriptors=()):
    rights = []
    if descriptors:
        packed = b"".join(number.to_bytes(4, "little") for number in descriptors)
        rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, packed)]
    frame = memoryview(_header(len(body), kind, len(descriptors)) + body)
    sent = _socket_of_host.sendmsg([frame], rights)
    if sent < len(frame):
        _socket_of_host.sendall(frame[sent:])


def read_sealed(number):
    """The content of a memfd of the host; the descriptor is closed."""
    try:
        size = os.fstat(number).st_size
        parts = []
        offset = 0
        while offset < size:
            part = os.pread(number, size - offset, offset)
            if not part:
                break
            parts.append(part)
            offset += len(part)
        return b"".join(parts)
    finally:
        os.close(number)


def send(message, descriptors=()):
    """Sends one message; the host said in `hello` how long it may be."""
    body = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")
    if len(body) > message_bytes_max:
        told = f"a message of {len(body)} bytes, where the host takes {message_bytes_max}"
        raise lumen_errors.of(lumen_errors.OUTPUT_LIMIT, told, {"limit_bytes": message_bytes_max})
    _send_frame(JSON, body, descriptors)


def _receive(count, rights):
    received = bytearray()
    while len(received) < count:
        part, ancillary, _, _ = _socket_of_host.recvmsg(count - len(received), _socket.CMSG_SPACE(16))
        for level, kind, data in ancillary:
            if level == _socket.SOL_SOCKET and kind == _socket.SCM_RIGHTS:
                whole = len(data) - len(data) % 4
                rights.extend(int.from_bytes(data[at : at + 4], "little") for at in range(0, whole, 4))
        if not part:
            os._exit(0)
        received += part
    return bytes(received)


def receive():
    """The next message and the descriptors that came with it."""
    rights = []
    header = _receive(8, rights)
    length = int.from_bytes(header[:4], "little")
    kind, descriptors, zero = header[4], header[5], header[6:]
    if length > BODY_BYTES_MAX or kind not in (JSON, BLOB) or zero != b"\0\0":
        # The stream has lost its frames: nothing after this can be understood.
        os._exit(41)
    body = _receive(length, rights)
    if len(rights) != descriptors:
        os._exit(41)
    if kind == BLOB:
        if not rights:
            os._exit(41)
        body = read_sealed(rights.pop())
    try:
        return json.loads(body), rights
    except (ValueError, RecursionError) as error:
        for number in rights:
            os.close(number)
        raise Malformed(-32700, f"not JSON: {error}") from None
