"""Files for web servers in front of a site or instead of it: nginx, and servers that load a .wsgi file."""

from __future__ import annotations

import json

from django_pyz_runtime.release.files.site import Site

_ASK = """\
proxy_http_version 1.1;
# With the port, as the Origin of a form has it.
proxy_set_header Host $http_host;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Host $http_host;
proxy_set_header X-Forwarded-Port $server_port;
proxy_set_header X-Forwarded-Proto $scheme;
# One name for a request in all logs: that of whoever asks nginx, if it can stand in a log, else nginx's own. To have
# it in nginx's log as well, name $site_request_id in a log_format.
set $site_request_id $request_id;
if ($http_x_request_id ~ "^[\\w.:=@+/-]{1,128}$") {
    set $site_request_id $http_x_request_id;
}
proxy_set_header X-Request-ID $site_request_id;
"""
_ROOT = """\
# nginx in front of {name}: copy to /etc/nginx/conf.d/, set server_name, add TLS.

upstream {name} {{
    server unix:{socket} fail_timeout=0;
}}

server {{
    listen 80;
    server_name localhost;

    client_max_body_size 10m;

    location / {{
        proxy_pass http://{name};
{ask}    }}

    # Uploads, where the project has them at MEDIA_URL = /media/:
    #location /media/ {{
    #    alias {data}/media/;
    #}}

    # Static files are served by {script} itself. To let nginx do it, run
    # `{script} collectstatic --dir /srv/static` and uncomment:
    #location /static/ {{
    #    alias /srv/static/;
    #    gzip_static on;
    #}}
}}
"""
_BELOW = """\
# nginx in front of {name} below the path {path}/: copy to /etc/nginx/snippets/, and write in a server that there is
#
#     include snippets/{name}-below-a-path.conf;

location {path}/ {{
    client_max_body_size 10m;
    {pass_on}
{ask}}}
"""
_TOLD = """\
# Its settings.ini says where the site is: SCRIPT_NAME = {path} below [env]. With FORCE_SCRIPT_NAME in its place,
    # write http://unix:{socket}:/ with the slash: nginx takes {path} out of what it asks for.
    proxy_pass http://unix:{socket};"""
_TAKEN_OUT = """\
# FORCE_SCRIPT_NAME says where the site is; with the slash at the end, nginx takes that out of what it asks for.
    proxy_pass http://unix:{socket}:/;"""
_WSGI = '''\
"""The site for a WSGI server of your own: mod_wsgi, uWSGI, gunicorn, waitress.

The server must run the Python that the executable was built for. A server that wants the name of a module instead of a
file gets one by a link: `ln -s {file} {module}.py`, then for example
`waitress-serve {module}:application`, started in this folder.
"""

import sys

EXECUTABLE = {program}

sys.path.insert(0, EXECUTABLE)

from django_pyz_runtime.launcher import wsgi_application  # noqa: E402

application = wsgi_application(EXECUTABLE)
'''


def nginx(site: Site) -> str:
    """An nginx server for the site."""
    ask = _indented(_ASK, 8)
    return _ROOT.format(name=site.name, script=site.script, socket=site.socket, data=site.data, ask=ask)


def nginx_below_a_path(site: Site) -> str:
    """An nginx location for the site below a path: the one in its settings, else the name of the site."""
    path = site.path or f"/{site.name}"
    pass_on = (_TAKEN_OUT if site.path else _TOLD).format(socket=site.socket, path=path)
    return _BELOW.format(name=site.name, path=path, pass_on=pass_on, ask=_indented(_ASK, 4))


def wsgi(site: Site) -> str:
    """The file for another WSGI server."""
    file = site.wsgi_file.rpartition("/")[2]
    stem = file.removesuffix(".wsgi")
    module = "".join(char if char.isalnum() else "_" for char in stem) + "_wsgi"
    return _WSGI.format(
        file=file, module=f"_{module}" if module[0].isdigit() else module, program=json.dumps(site.program)
    )


def _indented(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}" for line in text.splitlines(keepends=True))
