import os

bind = "0.0.0.0:80"
pidfile = "/run/chat.pid"
workers = 1


def post_fork(server, worker):
    os.environ["CHAT_HOOK"] = "post_fork ran"
