"""Hatch build hook: compile the C sources in ``bot/index`` into a library.

The compiler comes from the ``ziglang`` wheel, which pip installs for the build only, so the machine needs no compiler.
The library does not use Python's C API. If it cannot be compiled, the installation continues without it, and searches
use numpy, which is slower.
"""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("bot/index")
SOURCES = ("export.h", "postings.h", "kernel.c")
LIBRARY = FOLDER / "_kernel.so"


class CompileKernel(BuildHookInterface[Any]):
    """Compiles ``bot/index/_kernel.so`` and adds it to the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """See ``BuildHookInterface.initialize``."""
        if self.target_name != "wheel":
            return
        done = compiled(Path(self.root))
        if done.returncode:
            self.app.display_warning(f"The search library could not be compiled; searches are slower.\n{done.stderr}")
            return
        build_data["artifacts"].append(str(LIBRARY))
        build_data.update(pure_python=False, infer_tag=True)


def compiled(root: Path) -> subprocess.CompletedProcess[str]:
    """Compile the library under ``root`` for all machines of this architecture; the finished compiler process."""
    sources = [root.resolve() / FOLDER / name for name in SOURCES]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    # No floating-point contraction: sums must equal numpy's to the last bit. -mcpu is the baseline of numpy's wheels.
    flags = ["-O3", "-ffp-contract=off", "-fPIC", "-shared", "-s", f"-DSOURCES=0x{digest}ULL"]
    flags.append("-mcpu=x86_64_v2" if platform.machine().lower() in {"x86_64", "amd64"} else "-mcpu=baseline")
    if sys.platform == "linux":
        flags.append("-nostdlib")  # the library needs no libc, and zig takes ten seconds to build one
    units = [str(source) for source in sources if source.suffix == ".c"]
    with tempfile.TemporaryDirectory() as caches:
        return subprocess.run(
            [sys.executable, "-m", "ziglang", "cc", *flags, "-o", str(root.resolve() / LIBRARY), *units],
            cwd=caches,  # on Windows, zig also writes a file to the working directory
            env=os.environ | {"ZIG_GLOBAL_CACHE_DIR": caches, "ZIG_LOCAL_CACHE_DIR": caches},
            capture_output=True,
            text=True,
            check=False,
        )
