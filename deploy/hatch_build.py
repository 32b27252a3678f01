"""What Hatch does besides while it builds Pullquote: it compiles the search over postings, and what numbers words.

Keeps secret which compiler does it: the one in the ``ziglang`` wheel, which pip brings into the build alone, so that no
machine needs one of its own. What it makes is a plain library without Python in it; where it cannot be made, the
installation goes on without, and searches are answered by numpy.
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

ROOM = Path("bot/index")
SOURCES = ("export.h", "postings.h", "kernel.c", "numbering.c")
LIBRARY = ROOM / "_kernel.so"


class CompileKernel(BuildHookInterface[Any]):
    """Makes ``bot/index/_kernel.so`` of the sources beside it, and has it packed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """See ``BuildHookInterface.initialize``."""
        if self.target_name != "wheel":
            return
        made = compiled(Path(self.root))
        if made.returncode:
            self.app.display_warning(f"The fast search could not be compiled; searches are slower.\n{made.stderr}")
            return
        build_data["artifacts"].append(str(LIBRARY))
        build_data.update(pure_python=False, infer_tag=True)


def compiled(root: Path) -> subprocess.CompletedProcess[str]:
    """Compile the library below ``root``, for any machine of this kind."""
    sources = [root.resolve() / ROOM / name for name in SOURCES]
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    # Sums in the order of the source, so that they are numpy's to the last bit. numpy asks for the same processors.
    flags = ["-O3", "-ffp-contract=off", "-fPIC", "-shared", "-s", f"-DSOURCES=0x{digest}ULL"]
    flags.append("-mcpu=x86_64_v2" if platform.machine().lower() in {"x86_64", "amd64"} else "-mcpu=baseline")
    if sys.platform == "linux":
        flags.append("-nostdlib")  # it needs none, and not making one takes a second instead of ten
    units = [str(source) for source in sources if source.suffix == ".c"]
    with tempfile.TemporaryDirectory() as caches:
        return subprocess.run(
            [sys.executable, "-m", "ziglang", "cc", *flags, "-o", str(root.resolve() / LIBRARY), *units],
            cwd=caches,  # on Windows it leaves another file beside what it makes
            env=os.environ | {"ZIG_GLOBAL_CACHE_DIR": caches, "ZIG_LOCAL_CACHE_DIR": caches},
            capture_output=True,
            text=True,
            check=False,
        )
