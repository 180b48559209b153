ALLOWED_HOSTS = []
SECRET_KEY = "for-the-build-only"
SLOGAN = "not built in"
