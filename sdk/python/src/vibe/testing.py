"""For tests of apps: a real server with people and apps, and snapshots that need none.

`pytest_plugins = ["vibe.testing"]` in a `conftest.py` gives the fixture `vibe_server`, one server for a whole run.
The server is the program `vibe`, found on the path or by the environment variable `VIBE_COMMAND`.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from ._blocking.client import VibeClient
from ._core.access_token import AccessToken
from ._core.acl import Operation
from ._core.codec import text_codec
from ._core.documents import DocumentSnapshot

T = TypeVar("T")

_STARTING_PATIENCE: Final = 60.0
_STOPPING_PATIENCE: Final = 15.0


@dataclasses.dataclass(frozen=True, slots=True)
class Allow:
    """What a person lets an app do with one collection."""

    collection: str
    """The collection's id."""

    operations: Sequence[Operation]
    """The operations, at least one."""

    fields: Sequence[str] = ("*",)
    """JSON Pointers of top-level members, such as `/name`; `*` is all of them."""

    include_shared: bool = False
    """Whether it covers documents of other people, where their lists admit the person."""


class VibeServer:
    """A server of its own on a free port of this machine, with data that goes with it.

    `command` is the program and its first arguments; None takes `VIBE_COMMAND`, or `vibe` on the path.
    """

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._command = list(command) if command is not None else [os.environ.get("VIBE_COMMAND", "vibe")]
        if shutil.which(self._command[0]) is None:
            raise FileNotFoundError(f"There is no program '{self._command[0]}'; VIBE_COMMAND says where it is.")
        # What names another server or another folder in the caller's environment must not reach this one.
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("VIBE_")}
        self._data = tempfile.TemporaryDirectory(prefix="vibe-")
        self._people: dict[str, Person] = {}
        self.address = ""
        """The address for a client."""

        self._process: subprocess.Popen[str] | None = None
        try:
            self._start()
        except BaseException:
            self.close()
            raise

    def person(self, name: str) -> Person:
        """A person of that name, made when asked for first."""
        if name not in self._people:
            self.run("account", "add", name)
            self._people[name] = Person(self, name)
        return self._people[name]

    def run(self, *arguments: str) -> Any:
        """Runs a command of `vibe` on this server's data; gives the first line of its output as JSON, if any."""
        done = subprocess.run(
            [*self._command, *arguments, "--data", self._data.name, "--json"],
            capture_output=True,
            text=True,
            env=self._environment,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"vibe {' '.join(arguments[:2])} failed: {done.stderr.strip()}")
        lines = done.stdout.splitlines()
        return json.loads(lines[0]) if lines else None

    def close(self) -> None:
        """Stops the server and drops its data. Twice is fine."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOPPING_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()
        self._data.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> None:
        log = Path(self._data.name) / "server.log"
        with log.open("w") as errors:
            # With a folder of its own and not in memory, so that commands can make people and tokens beside it.
            self._process = subprocess.Popen(
                [*self._command, "dev", "--port", "0", "--json", "--data", self._data.name],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=self._environment,
            )
        assert self._process.stdout is not None
        giving_up = threading.Timer(_STARTING_PATIENCE, self._process.kill)
        giving_up.start()
        first = self._process.stdout.readline()
        giving_up.cancel()
        if not first:
            raise RuntimeError(f"The server did not start: {log.read_text().strip()}")
        self.address = json.loads(first)["grpc"]


class Person:
    """A person with an account on the server."""

    def __init__(self, server: VibeServer, name: str) -> None:
        self.server = server
        self.name = name

    def token(self) -> AccessToken:
        """A fresh first-party token; itself a token source."""
        return _mint(self.server, "--as", self.name)

    def client(self, **options: Any) -> VibeClient:
        """A client that acts as the person; `options` are those of `VibeClient`."""
        return VibeClient(self.server.address, token=self.token, **options)

    def app(self, name: str, *allowed: Allow) -> App:
        """An app of that name which the person lets do this much."""
        access = [
            {
                "collection": each.collection,
                "operations": [f"OPERATION_{operation.name}" for operation in each.operations],
                "fields": list(each.fields),
                "includeShared": each.include_shared,
            }
            for each in allowed
        ]
        asked = [{**entry, "purpose": "For a test."} for entry in access]
        granted = [{**entry, "mode": "ACCESS_MODE_ALWAYS"} for entry in access]
        with tempfile.TemporaryDirectory(prefix="vibe-") as folder:
            manifest, grant = Path(folder) / "manifest.json", Path(folder) / "grant.json"
            manifest.write_text(json.dumps({"id": name, "displayName": name, "access": asked}))
            grant.write_text(json.dumps({"access": granted}))
            self.server.run("app", "add", str(manifest), "--as", self.name)
            made = self.server.run("grant", "add", name, "--as", self.name, "--file", str(grant))
        return App(self, name, made["name"])


class App:
    """An app that a person uses."""

    def __init__(self, person: Person, name: str, grant: str) -> None:
        self.person = person
        self.name = name
        self._grant = grant

    def token(self) -> AccessToken:
        """A fresh token of the app for the person; itself a token source."""
        return _mint(self.person.server, "--as", self.person.name, "--app", self.name)

    def client(self, **options: Any) -> VibeClient:
        """A client that acts as the app for the person; `options` are those of `VibeClient`."""
        return VibeClient(self.person.server.address, token=self.token, **options)

    def revoke(self) -> None:
        """The person ends the grant."""
        self.person.server.run("grant", "revoke", self._grant, "--as", self.person.name)


def snapshot(id: str, value: T, *, etag: str = "") -> DocumentSnapshot[T]:
    """Makes a snapshot of a value, for tests of code that takes one."""
    codec = text_codec(type(value))
    return DocumentSnapshot(id, codec.encode(value), codec, etag=etag)


def _mint(server: VibeServer, *whom: str) -> AccessToken:
    minted = server.run("token", *whom)
    return AccessToken(minted["token"], datetime.fromisoformat(minted["expires"]))


def _server_for_all_tests() -> Iterator[VibeServer]:
    with VibeServer() as server:
        yield server


try:
    import pytest
except ImportError:
    pass
else:
    vibe_server: Callable[[], VibeServer] = pytest.fixture(scope="session", name="vibe_server")(_server_for_all_tests)
