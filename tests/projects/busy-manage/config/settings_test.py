from config.settings import *  # noqa: F403

COUNTRY = "test"
