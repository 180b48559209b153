"""`python -m django_pyz`."""

from django_pyz.cli import main

raise SystemExit(main())
