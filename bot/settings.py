"""Settings: from a flag, else the environment, a systemd credential, or ``pullquote.toml`` in the working folder.

The only module that reads the environment.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError as SourceError

from bot.errors import SettingsError
from bot.models import ClusterAddress, ReadLimits

FILE = "pullquote.toml"
SLACK_API = "https://slack.com/api/"

# Slack's ids are upper case, its names lower case. E… is an organisation of several workspaces, D… a direct message.
_WORKSPACE = re.compile(r"[TE][A-Z0-9]+", re.ASCII)
_CHANNEL = re.compile(r"[CGD][A-Z0-9]+", re.ASCII)
_PERSON = re.compile(r"[UW][A-Z0-9]+", re.ASCII)
_IDS = {
    "workspaces": (_WORKSPACE, "T0123456789"),
    "channels": (_CHANNEL, "C0123456789"),
    "follow_ups": (_WORKSPACE, "T0123456789"),
    "editors": (_PERSON, "U0123456789"),
}

_POSTGRES = re.compile(r"postgres(?:ql)?://")
_CLUSTER_HOST = re.compile(r"https?://(?:[^\s/@:]+:[^\s/@]+@)?[^\s/@:]+(?::\d+)?/?")
_INDEX_NAME = re.compile(r"[a-z][a-z0-9-]{0,100}", re.ASCII)
# The visible parts of a secret, which may contain blanks or a line end; shorter ones are words of messages.
_SECRET_PART = re.compile(r"[!-~]{6,}")
_TOKEN = re.compile(r"\bx(?:ox[a-z]|app)-[\w-]{4,}", re.ASCII)  # in the wrong setting, say
_PASSWORD = re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)")
_secrets: set[str] = set()

_REASONS = {
    "int_parsing": "it must be a whole number",
    "bool_parsing": "it must be true or false",
    "extra_forbidden": f"there is no such setting; see {FILE}",
}
"""Plain words for pydantic's types of errors."""


class Settings(BaseSettings):
    """Every setting, with its default."""

    model_config = SettingsConfigDict(env_prefix="PULLQUOTE_", toml_file=FILE, extra="forbid")

    corpus: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(Path("corpus"),),
        description="Folders of articles or .jsonl files, separated by the system's path separator.",
    )
    state_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("pullquote"),
        description="Folder of the database and the saved index.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="URL of a Postgres database that the bots of several hosts share, in place of one in the folder.",
    )
    opensearch_url: SecretStr | None = Field(
        default=None,
        description="URLs of an OpenSearch cluster's nodes, separated by commas; questions are answered from it.",
    )
    opensearch_api_key: SecretStr | None = Field(
        default=None, description="An API key of the cluster, in place of user and password in the URL."
    )
    opensearch_ca: Path | None = Field(
        default=None, description="A file with the certificates of the authorities that the cluster's must be from."
    )
    opensearch_index: str = Field(default="pullquote", description="Name of the archive in the cluster.")
    slack_bot_token: SecretStr | None = Field(
        default=None, validation_alias="SLACK_BOT_TOKEN", description="The bot token (xoxb-…)."
    )
    slack_app_token: SecretStr | None = Field(
        default=None, validation_alias="SLACK_APP_TOKEN", description="The app-level token (xapp-…), for Socket Mode."
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None, validation_alias="SLACK_SIGNING_SECRET", description="The app's signing secret, for HTTP mode."
    )
    slack_api_url: str = Field(
        default=SLACK_API, validation_alias="SLACK_API_URL", description="URL of Slack's Web API."
    )
    workspaces: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Ids of the workspaces whose members may ask; empty for all."
    )
    channels: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Ids of the channels in which people may ask, besides direct messages; empty for all."
    )
    follow_ups: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Ids of the workspaces where follow-ups in a thread need no mention."
    )
    guests: bool = Field(default=False, description="Whether guests of the workspace may ask.")
    external: bool = Field(
        default=False, description="Whether people of other organisations, and anyone in shared channels, may ask."
    )
    workflows: bool = Field(default=True, description="Whether mentions by workflows of Workflow Builder are answered.")
    editors: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Ids of the users whose Home tab lists what the archive lacks."
    )
    editors_see_private: bool = Field(
        default=False, description="Whether that list includes questions from private channels and messages."
    )
    questions_per_person: int = Field(default=20, ge=1, description="Questions that one person may ask in a minute.")
    questions_per_channel: int = Field(
        default=60, ge=1, description="Questions that may be asked in a channel in a minute."
    )
    retention_days: int = Field(default=90, ge=1, description="Days after which the record of a question is deleted.")
    read_seconds: int = Field(
        default=10, ge=1, le=300, description="Seconds that reading one file may take; else it is skipped."
    )
    read_megabytes: int = Field(default=256, ge=64, description="Megabytes of memory that reading one file may take.")
    log_questions: bool = Field(default=False, description="Whether the log contains the text of questions.")
    metrics_public: bool = Field(default=False, description="Whether other machines may read /metrics.")

    @property
    def cluster(self) -> ClusterAddress | None:
        """Where the archive's index is, if in a cluster; user and password are those of the first URL with any."""
        urls = self.opensearch_url.get_secret_value() if self.opensearch_url else ""
        if not urls:
            return None
        parts = [urlsplit(url.strip()) for url in urls.split(",")]
        known = next((part for part in parts if part.username), parts[0])
        return ClusterAddress(
            tuple(f"{part.scheme}://{part.netloc.rpartition('@')[2]}" for part in parts),
            self.opensearch_index,
            unquote(known.username or ""),
            unquote(known.password or ""),
            self.opensearch_api_key.get_secret_value() if self.opensearch_api_key else "",
            self.opensearch_ca,
        )

    @property
    def read_limits(self) -> ReadLimits:
        """Limits of reading one file."""
        return ReadLimits(self.read_seconds, self.read_megabytes * 1_000_000)

    @field_validator("*")
    @classmethod
    def _remember_secrets(cls, value: Any) -> Any:
        """Runs also if another setting is invalid, so that ``redact`` knows every secret that was read."""
        if isinstance(value, SecretStr):
            _secrets.update(_SECRET_PART.findall(value.get_secret_value()))
        return value

    @field_validator("database_url")
    @classmethod
    def _check_url(cls, value: SecretStr | None) -> SecretStr | None:
        url = value.get_secret_value() if value else ""
        if url and not _POSTGRES.match(url):
            raise ValueError("it must begin with postgresql://, as in postgresql://user:password@host/name")
        if url.count("@") > 1:  # the rest of a password would be the host
            raise ValueError("an @ in the password must be written as %40, and other signs likewise")
        return value

    @field_validator("opensearch_url")
    @classmethod
    def _check_hosts(cls, value: SecretStr | None) -> SecretStr | None:
        for url in value.get_secret_value().split(",") if value and value.get_secret_value() else ():
            if not _CLUSTER_HOST.fullmatch(url.strip()):
                raise ValueError("it must be URLs such as https://user:password@host:9200, separated by commas")
            _secrets.update(_SECRET_PART.findall(unquote(urlsplit(url.strip()).password or "")))
        return value

    @field_validator("opensearch_index")
    @classmethod
    def _check_index(cls, value: str) -> str:
        if not _INDEX_NAME.fullmatch(value):
            raise ValueError("it must be small letters, digits and hyphens, and begin with a letter")
        return value

    @field_validator("corpus", mode="before")
    @classmethod
    def _split_paths(cls, value: Any) -> Any:
        return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value

    @field_validator("workspaces", "channels", "follow_ups", "editors", mode="before")
    @classmethod
    def _split_ids(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("workspaces", "channels", "follow_ups", "editors")
    @classmethod
    def _check_ids(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        pattern, example = _IDS[info.field_name or ""]
        for part in value:
            if not pattern.fullmatch(part):
                raise ValueError(
                    f"{part!r} is not an id like {example}; names are not accepted, because they can change"
                )
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _end_with_slash(cls, value: str) -> str:
        return value if value.endswith("/") else value + "/"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of the sources: flags, environment, systemd credentials (one file per setting), file."""
        credentials = SecretsSettingsSource(settings_cls, os.environ.get("CREDENTIALS_DIRECTORY"))
        return init_settings, env_settings, credentials, TomlConfigSettingsSource(settings_cls)


def load(**flags: Any) -> Settings:
    """Load the settings; flags that are None or empty are ignored. Raises ``SettingsError`` for the first wrong one."""
    try:
        return Settings(**{name: value for name, value in flags.items() if value})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or FILE
        why = _REASONS.get(first["type"]) or first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"The setting {_full_name(name)} is invalid: {why}. Correct it and try again.") from error
    except (SourceError, ValueError, OSError) as error:  # pullquote.toml is not TOML, or cannot be read
        raise SettingsError(f"{FILE} cannot be read: {error}. Correct or remove it.") from error


def redact(text: str) -> str:
    """Replace the secrets read so far in ``text``, other tokens of Slack, and passwords in URLs."""
    for secret in sorted(_secrets, key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return _PASSWORD.sub("[secret]", _TOKEN.sub("[secret]", text))


def _full_name(name: str) -> str:
    """The environment variable of a setting; an unknown name from the file stays as it is."""
    return f"{Settings.model_config['env_prefix']}{name.upper()}" if name in Settings.model_fields else name
