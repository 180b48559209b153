import os

import gunicorn

worker_class = "uvicorn.workers.UvicornWorker"
tolerate_dangerous_framing = True


def post_fork(server, worker):
    os.environ["SHOP_HOOK"] = f"post_fork of gunicorn {gunicorn.__version__}"
