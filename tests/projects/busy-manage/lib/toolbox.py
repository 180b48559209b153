import os


def greet():
    os.environ.setdefault("SHOP_GREETING", "welcome")
