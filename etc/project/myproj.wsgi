"""The site for a WSGI server of your own: mod_wsgi, uWSGI, gunicorn, waitress.

The server must run the Python that the executable was built for. A server that wants the name of a module instead of a
file gets one by a link: `ln -s myproj.wsgi myproj_wsgi.py`, then for example
`waitress-serve myproj_wsgi:application`, started in this folder.
"""

import sys

EXECUTABLE = "/usr/bin/project-script"

sys.path.insert(0, EXECUTABLE)

from django_pyz_runtime.launcher import wsgi_application  # noqa: E402

application = wsgi_application(EXECUTABLE)
