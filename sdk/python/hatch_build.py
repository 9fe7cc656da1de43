"""Puts the generated contract, and the version, beside the client: one package, in the wheel and in the source
distribution.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GeneratedContract(BuildHookInterface[Any]):
    """Includes the generated packages from the checkout; a source distribution holds them already."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        generated = Path(self.root).parent / "generated" / "python" / "vibe"
        if not generated.is_dir():
            return
        inside = "vibe" if self.target_name == "wheel" else "src/vibe"
        for package in sorted(generated.iterdir()):
            build_data["force_include"][str(package)] = f"{inside}/{package.name}"
        build_data["force_include"][str(Path(self.root).parent / "VERSION")] = f"{inside}/VERSION"
