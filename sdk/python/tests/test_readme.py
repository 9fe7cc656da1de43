"""The blocks of the README run, one after another, as a reader would paste them."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from vibe.testing import VibeServer

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_each_block_of_the_readme_runs(vibe_server: VibeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIBE_SERVER", vibe_server.address)
    monkeypatch.setenv("VIBE_TOKEN", vibe_server.person("reader").token()._value)
    monkeypatch.setenv("VIBE_COMMAND", os.environ["VIBE_COMMAND"])
    names: dict[str, Any] = {"__name__": "readme"}
    assert len(BLOCKS) >= 10
    for block in BLOCKS:
        exec(compile(block, "README.md", "exec"), names)
