"""What a person can set, from where, and what each setting means. The only module that reads the environment.

A flag beats the environment, the environment beats ``pullquote.toml`` in the working folder.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from pydantic_settings.exceptions import SettingsError as SourceError

from bot.errors import SettingsError

FILE = "pullquote.toml"
SLACK_API = "https://slack.com/api/"

# A workspace, or an organisation of several (E…); a channel, a private one or a direct message; a person. Slack's ids
# are upper case, its names lower.
_WORKSPACE = re.compile(r"[TE][A-Z0-9]+", re.ASCII)
_CHANNEL = re.compile(r"[CGD][A-Z0-9]+", re.ASCII)
_PERSON = re.compile(r"[UW][A-Z0-9]+", re.ASCII)
_IDS = {
    "workspaces": (_WORKSPACE, "T0123456789"),
    "channels": (_CHANNEL, "C0123456789"),
    "follow_ups": (_WORKSPACE, "T0123456789"),
    "editors": (_PERSON, "U0123456789"),
}


class Settings(BaseSettings):
    """Every setting, with its default."""

    model_config = SettingsConfigDict(env_prefix="PULLQUOTE_", toml_file=FILE, extra="forbid")

    corpus: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(Path("corpus"),),
        description="Folders of articles, or .jsonl files, parted by the system's path separator.",
    )
    state_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("pullquote"),
        description="Where records are kept, and the index of the archive.",
    )
    slack_bot_token: SecretStr | None = Field(
        default=None, validation_alias="SLACK_BOT_TOKEN", description="The bot user's token (xoxb-…)."
    )
    slack_app_token: SecretStr | None = Field(
        default=None, validation_alias="SLACK_APP_TOKEN", description="The app-level token (xapp-…) for Socket Mode."
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None, validation_alias="SLACK_SIGNING_SECRET", description="The app's signing secret, for HTTP mode."
    )
    slack_api_url: str = Field(
        default=SLACK_API, validation_alias="SLACK_API_URL", description="Where Slack's Web API is."
    )
    workspaces: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="The ids of the workspaces whose people may ask; none means all."
    )
    channels: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="The ids of the channels and direct messages in which people may ask; none means all."
    )
    follow_ups: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="The ids of the workspaces in whose threads a question that goes on with an answered one needs no "
        "mention.",
    )
    guests: bool = Field(default=False, description="Whether guests of the workspace may ask.")
    external: bool = Field(
        default=False, description="Whether people of other organisations may ask, and anybody in channels shared so."
    )
    editors: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="The ids of the people whose Home tab says what the archive lacks."
    )
    editors_see_private: bool = Field(
        default=False,
        description="Whether editors also see what was asked elsewhere than in public channels.",
    )
    questions_per_person: int = Field(default=20, ge=1, description="Questions a minute that one person may ask.")
    questions_per_channel: int = Field(default=60, ge=1, description="Questions a minute that a channel may ask.")
    retention_days: int = Field(default=90, ge=1, description="Days after which the record of a question is deleted.")
    log_questions: bool = Field(default=False, description="Whether a question's text stands in its log line.")
    metrics_public: bool = Field(
        default=False, description="Whether other machines may read /metrics, where serve listens."
    )

    @field_validator("corpus", mode="before")
    @classmethod
    def _part(cls, value: Any) -> Any:
        return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value

    @field_validator("workspaces", "channels", "follow_ups", "editors", mode="before")
    @classmethod
    def _part_ids(cls, value: Any) -> Any:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("workspaces", "channels", "follow_ups", "editors")
    @classmethod
    def _are_ids(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        pattern, like = _IDS[info.field_name or ""]
        for part in value:
            if not pattern.fullmatch(part):
                raise ValueError(f"{part!r} is no id like {like}; a name may change or be another's, so none is taken")
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
        """Flag, environment, file: the first that names a setting wins."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load(**flags: Any) -> Settings:
    """The settings in force; a flag that is None or empty was not given.

    Raises ``SettingsError`` naming the first setting that is wrong.
    """
    try:
        return Settings(**{name: value for name, value in flags.items() if value})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or FILE
        why = first["msg"].removeprefix("Value error, ")
        raise SettingsError(f"The setting {_shown(name)} cannot be used: {why}. Correct it and try again.") from error
    except (SourceError, ValueError, OSError) as error:  # a pullquote.toml that is not TOML, or cannot be read
        raise SettingsError(f"{FILE} cannot be read: {error}. Correct or remove it.") from error


def _shown(name: str) -> str:
    """A setting as people write it: the variable's name; what is none in the file stays as it was written there."""
    return f"{Settings.model_config['env_prefix']}{name.upper()}" if name in Settings.model_fields else name
