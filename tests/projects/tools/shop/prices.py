from pathlib import Path

FILE = Path(__file__).parent / "data" / "prices.txt"


def read():
    lines = FILE.read_text().splitlines()
    return {name: int(price) for name, price in map(str.split, lines)}
