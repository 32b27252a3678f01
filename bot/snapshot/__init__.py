"""Named flat arrays and a text in one file, which is mapped into memory and shared by every process that opens it.

Keeps secret how the file is laid out, how damage is found, and how a new file takes the place of an old one:

- A file that has its name is whole, and is never written to again. Each save writes a file beside it under a passing
  name, has the system put it on the disk, and only then gives it the next number: ``name.1.snapshot``,
  ``name.2.snapshot``. The highest number counts. So a killed writer leaves the old one or the new one, and a file that
  a process has mapped is never replaced, which Windows would refuse.
- Older files are deleted after that. Where the system refuses, since a process has one mapped (Windows), a later save
  deletes it. Elsewhere a mapping outlives its file.
- Writers take turns, so one passing name is enough, and what a killed writer left under it is overwritten. Readers wait
  for nobody.
- Opening reads and checks the head alone. Each block of the arrays is checked when something in it is first read.

What no checksum can catch is a disk that fails under a mapped file: there the system ends the process.
"""

from __future__ import annotations

from bot.snapshot.reading import Snapshot, load
from bot.snapshot.writing import save

__all__ = ["Snapshot", "load", "save"]
