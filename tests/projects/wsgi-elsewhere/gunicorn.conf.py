workers = 3


def post_fork(server, worker):
    server.log.info("post_fork of the project in worker %s", worker.pid)
