"""pytest plugin: refuses every connection and look-up that does not stay on this machine, at once."""

from __future__ import annotations

import errno
import socket
from typing import Any

_LOCAL = ("127.", "::1", "localhost", "0.0.0.0")
_INTERNET = (socket.AF_INET, socket.AF_INET6)
_look_up = socket.getaddrinfo
_connect_anywhere = socket.socket.connect
_connect_ex_anywhere = socket.socket.connect_ex


def _stays(host: Any) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    return not host or host == "::" or host.startswith(_LOCAL)


def _getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    if not _stays(host):
        raise socket.gaierror(socket.EAI_NONAME, f"not on this machine: {host!r}")
    return _look_up(host, *args, **kwargs)


def _connect(self: socket.socket, address: Any) -> None:
    if self.family in _INTERNET and not _stays(address[0]):
        raise ConnectionRefusedError(f"not on this machine: {address}")
    _connect_anywhere(self, address)


def _connect_ex(self: socket.socket, address: Any) -> int:
    if self.family in _INTERNET and not _stays(address[0]):
        return errno.ECONNREFUSED
    return _connect_ex_anywhere(self, address)


socket.getaddrinfo = _getaddrinfo
socket.socket.connect = _connect  # type: ignore[method-assign,assignment]
socket.socket.connect_ex = _connect_ex  # type: ignore[method-assign,assignment]
