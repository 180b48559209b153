import os

from goodconf import GoodConf
from pydantic import AliasChoices, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Mail(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_MAIL_")
    host: str = "localhost"
    ports: list[int] = Field(default_factory=list)
    sender: str | None = Field(None, validation_alias=AliasChoices("SHOP_SENDER", "SHOP_FROM"))


class Good(GoodConf):
    SHOP_GOOD: bool = False


class Missed(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SHOP_MISSED_")
    by_pydantic: int
    too: str


mail = Mail()
good = Good()
good.load()
if os.environ.get("SHOP_MISSES") == "pydantic":
    Missed()
