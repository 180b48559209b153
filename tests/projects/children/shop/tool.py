import os
import sys


def report():
    import django
    from django.conf import settings

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    django.setup()
    return f"colour {settings.COLOUR}"


def main():
    print(" ".join(sys.argv[1:]), report())


if __name__ == "__main__":
    main()
