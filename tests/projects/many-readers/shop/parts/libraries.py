import os

import environ
import environs
import starlette.config
from decouple import Csv, config
from everett.manager import ConfigManager
from prettyconf import config as pretty
from shop.helpers import env_bool, must

env = environ.Env(SHOP_ENVIRON_WORKERS=(int, 3))
WORKERS = env("SHOP_ENVIRON_WORKERS")
HOSTS = env.list("SHOP_ENVIRON_HOSTS", default=[])
REDIS = env.cache_url("SHOP_ENVIRON_REDIS", default="redis://localhost:6379/0")
DECOUPLED = config("SHOP_DECOUPLE_ADMINS", default="a,b", cast=Csv())
reader = environs.Env()
with reader.prefixed("SHOP_ENVIRONS_"):
    PORT = reader.int("PORT", 25)
everett = ConfigManager.basic_config()
SMTP = everett("host", namespace=["shop", "everett"], default="localhost")
FLAG = pretty("SHOP_PRETTYCONF_FLAG", cast=pretty.boolean, default=False)
starlet = starlette.config.Config(env_prefix="SHOP_STARLETTE_")
TITLE = starlet("TITLE", default="Shop")
VERBOSE = env_bool("SHOP_VERBOSE")
NODES = {name: os.environ.get(f"SHOP_NODE_{name}") for name in ("A", "B")}

MISSED = {
    "environ": lambda: env.int("SHOP_MISSED_BY_ENVIRON"),
    "decouple": lambda: config("SHOP_MISSED_BY_DECOUPLE"),
    "environs": lambda: reader.str("SHOP_MISSED_BY_ENVIRONS"),
    "everett": lambda: everett("missed", namespace=["shop", "everett"]),
    "prettyconf": lambda: pretty("shop_missed_by_prettyconf"),
    "starlette": lambda: starlet("MISSED_" + "TOO"),
    "must": lambda: must("SHOP_MISSED_BY_HELPER"),
}
MISSED.get(os.environ.get("SHOP_MISSES"), lambda: None)()
