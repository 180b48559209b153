import sys

from shop import prices

if __name__ == "__main__":
    print(__package__, __spec__.name if __spec__ else None, sys.argv[1:], prices.read()["pear"])
