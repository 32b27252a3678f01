"""Files that the app uploads: the URLs to upload them to, and their contents."""

from __future__ import annotations

import mimetypes
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.models import Json
from bot.playground.models import RefusedError, UploadedFile


@dataclass(frozen=True, slots=True)
class PendingUpload:
    """An upload until it is completed; ``content`` is None until the file has arrived."""

    name: str
    length: int
    alt_text: str
    content: bytes | None = None


class FileUploads:
    """The files of the app, and the upload URLs that were issued, below ``base``.

    Slack does not document what it does with a file of another length than was announced; here it is refused.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self._ids: dict[str, str] = {}
        """By the last part of the URL."""
        self._pending: dict[str, PendingUpload] = {}
        self._contents: dict[str, bytes] = {}

    def issue(self, name: str, length: int, alt_text: str) -> Json:
        """Return the id of a new file, and the URL at which its ``length`` bytes are expected."""
        file_id, key = f"F{secrets.token_hex(5).upper()}", secrets.token_hex(12)
        self._ids[key] = file_id
        self._pending[file_id] = PendingUpload(name, length, alt_text)
        return {"upload_url": self.base + key, "file_id": file_id}

    def take(self, key: str, content: bytes) -> None:
        """Take the file for which the URL that ends in ``key`` was issued. RefusedError if it is not expected."""
        file_id = self._ids.get(key, "")
        upload = self._pending.get(file_id)
        if upload is None:
            raise RefusedError("file_not_found")
        if upload.length != len(content):
            raise RefusedError("length_mismatch")
        self._pending[file_id] = replace(upload, content=content)

    def complete(self, titles: Mapping[str, str]) -> tuple[UploadedFile, ...]:
        """Complete the uploads with these ids, each once; a file without a title has its name.

        RefusedError if one is unknown, has not arrived, or was completed before.
        """
        uploads = {file_id: self._pending.get(file_id) for file_id in titles}
        if any(upload is None or upload.content is None for upload in uploads.values()):
            raise RefusedError("file_not_found")
        completed = []
        for file_id, upload in uploads.items():
            assert upload is not None and upload.content is not None
            del self._pending[file_id]
            self._contents[file_id] = upload.content
            kind = mimetypes.guess_type(upload.name)[0] or "application/octet-stream"
            title = titles[file_id] or upload.name
            completed.append(UploadedFile(upload.name, kind, upload.length, file_id, title, upload.alt_text))
        return tuple(completed)

    def content(self, file_id: str) -> bytes | None:
        """Return the content of a file; None if it does not exist."""
        return self._contents.get(file_id)

    def delete(self, file_id: str) -> None:
        """Delete a file. RefusedError if it does not exist."""
        if self._contents.pop(file_id, None) is None:
            raise RefusedError("file_not_found")
