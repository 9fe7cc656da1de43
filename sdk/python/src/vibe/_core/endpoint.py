"""Where the server is, and how gRPC speaks to it."""

from __future__ import annotations

import os
import platform
import sys
from typing import Final
from urllib.parse import urlsplit

_OPTIONS: Final[list[tuple[str, int]]] = [
    # One loop tries again, and it is ours.
    ("grpc.enable_retries", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 10_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 15_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_receive_message_length", -1),
    # The details of an error travel in trailers, and may list many fields.
    ("grpc.max_metadata_size", 65_536),
    ("grpc.absolute_max_metadata_size", 131_072),
]


def target_of(address: str) -> tuple[str, bool]:
    """Reads an address: what gRPC dials, and whether by TLS."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("An address is http://HOST:PORT or https://HOST:PORT.")
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("An address has nothing after its port.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_secure = parts.scheme == "https"
    return f"{host}:{parts.port or (443 if is_secure else 80)}", is_secure


def origin_of(address: str) -> str:
    """The address without what does not matter to where it leads."""
    target, is_secure = target_of(address)
    return f"{'https' if is_secure else 'http'}://{target}"


def channel_options(application: str | None) -> list[tuple[str, int | str]]:
    return [*_OPTIONS, ("grpc.primary_user_agent", user_agent(application))]


def user_agent(application: str | None) -> str:
    runtime = f"{platform.python_implementation().lower()}{sys.version_info.major}.{sys.version_info.minor}"
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, sys.platform)
    return f"vibe-python/{_version()} ({runtime}; {system}) {application or ''}".strip()


def _version() -> str:
    # Beside the package in the wheel: to ask for the metadata of packages takes longer than to load all of this one.
    try:
        with open(os.path.join(os.path.dirname(__file__), os.pardir, "VERSION"), encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        # A checkout that nobody installed has no version.
        return "0"
