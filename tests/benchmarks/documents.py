"""``python -m tests.benchmarks.documents [--files 500]``: PDF pages read a second, beside other programs.

Everything takes turns, file by file, so that other load on the machine affects all alike. Needs the extra
``benchmark``; pdftotext is measured if it is installed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from bot.ingest.parse import parse_file
from bot.ingest.processes import ReaderProcess
from tests.ingest.pdf_samples import designs, typeset

PARAGRAPHS = 140
"""Of a file; they take about ten pages."""

Read = Callable[[Path], object]


def measure(files: int, folder: Path, paragraphs: int = PARAGRAPHS) -> tuple[dict[str, float], int]:
    """Pages a second by reader, and the most memory that the reader process has taken, in bytes."""
    process = ReaderProcess()
    readers: dict[str, Read] = {"pullquote": lambda path: _read(process, path)}
    try:
        from pypdf import PdfReader
    except ImportError:
        sys.stderr.write("pypdf is not installed, so it is not measured\n")
    else:
        readers["pypdf"] = lambda path: [page.extract_text() for page in PdfReader(path).pages]
    if command := shutil.which("pdftotext"):
        readers["pdftotext"] = lambda path: subprocess.run([command, str(path), "-"], check=True, capture_output=True)
    seconds: Counter[str] = Counter()
    pages = 0
    for number, design in enumerate(islice(cycle(designs()), files)):
        path = folder / f"{number}.pdf"
        path.write_bytes(typeset(replace(design, seed=number, paragraphs=paragraphs)).data)
        if number == 0:
            _read(process, path)  # starts the process
        pages += len(re.findall(rb"/Type /Page\b", path.read_bytes()))
        for name, read in readers.items():
            started = time.perf_counter()
            read(path)
            seconds[name] += time.perf_counter() - started
        path.unlink()
    memory = _peak_memory(process)
    process.stop()
    return {name: pages / spent for name, spent in seconds.items()}, memory


def _read(process: ReaderProcess, path: Path) -> list[object]:
    entries = list(process.run(parse_file, path, "pdf", module="bot.ingest.formats.pdf"))
    assert all(entry.draft for entry in entries), entries
    return list(entries)


def _peak_memory(process: ReaderProcess) -> int:
    child = process._process
    assert child is not None
    status = Path(f"/proc/{child.pid}/status")
    found = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) * 1024 if found else 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.documents", description="Measure reading PDFs.")
    parser.add_argument("--files", type=int, default=500)
    with tempfile.TemporaryDirectory(prefix="pullquote-documents-") as folder:
        rates, memory = measure(parser.parse_args().files, Path(folder))
    own = rates["pullquote"]
    for name, rate in rates.items():
        sys.stdout.write(f"{name:12} {rate:8.0f} pages a second (×{rate / own:.2f})\n")
    sys.stdout.write(f"the reader process took at most {memory / 1e6:.0f} MB\n")


if __name__ == "__main__":
    main()
