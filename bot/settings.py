"""What a person can set, from where, and what each setting means. The only module that reads the environment.

A flag beats the environment, the environment beats ``pullquote.toml`` in the working folder.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
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


class Settings(BaseSettings):
    """Every setting, with its default."""

    model_config = SettingsConfigDict(env_prefix="PULLQUOTE_", toml_file=FILE, extra="forbid")

    corpus: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(Path("corpus"),),
        description="Folders of articles, or .jsonl files, parted by the system's path separator.",
    )
    state_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("pullquote"),
        description="Where records are kept.",
    )
    slack_bot_token: SecretStr | None = Field(
        default=None, validation_alias="SLACK_BOT_TOKEN", description="The bot user's token (xoxb-…)."
    )
    slack_app_token: SecretStr | None = Field(
        default=None, validation_alias="SLACK_APP_TOKEN", description="The app-level token (xapp-…) for Socket Mode."
    )
    slack_api_url: str = Field(
        default=SLACK_API, validation_alias="SLACK_API_URL", description="Where Slack's Web API is."
    )

    @field_validator("corpus", mode="before")
    @classmethod
    def _part(cls, value: Any) -> Any:
        return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value

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
        raise SettingsError(f"The setting {name} cannot be used: {first['msg']}. Correct it and try again.") from error
    except (SourceError, ValueError, OSError) as error:  # a pullquote.toml that is not TOML, or cannot be read
        raise SettingsError(f"{FILE} cannot be read: {error}. Correct or remove it.") from error
