# Copy this to configuration.py and fill it in.
ALLOWED_HOSTS = ["*"]
SECRET_KEY = ""
SLOGAN = "an example"
