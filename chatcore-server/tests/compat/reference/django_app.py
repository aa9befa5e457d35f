"""What clients of Django back ends are used to: djoser and simplejwt by address, simplejwt by name, tokens of the framework.

Three sites, one a process: `django_app.py <site> <database> <port file>`. Nothing of it is a chat: it is there for how the
libraries answer.
"""

import sys
from datetime import timedelta
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings

SITE, DATABASE, PORT = sys.argv[1:]
BY_ADDRESS = SITE == "sentx"

settings.configure(
    DEBUG=False,
    SECRET_KEY="a key of a server that nobody reaches" * 2,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="urls",
    USE_TZ=True,
    TIME_ZONE="UTC",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": DATABASE}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "rest_framework",
        "rest_framework.authtoken",
        "rest_framework_simplejwt",
        "rest_framework_simplejwt.token_blacklist",
        "djoser",
        "people",
    ],
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"],
    AUTH_USER_MODEL="people.Person" if BY_ADDRESS else "auth.User",
    MIGRATION_MODULES={"people": None},
    AUTH_PASSWORD_VALIDATORS=[
        {"NAME": f"django.contrib.auth.password_validation.{name}"}
        for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
    ]
    if BY_ADDRESS
    else [],
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "rest_framework.authentication.TokenAuthentication"
            if SITE == "chatbot"
            else "rest_framework_simplejwt.authentication.JWTAuthentication"
        ],
    },
    SIMPLE_JWT={
        "ACCESS_TOKEN_LIFETIME": timedelta(days=1),
        "REFRESH_TOKEN_LIFETIME": timedelta(days=7),
        "ROTATE_REFRESH_TOKENS": BY_ADDRESS,
        "BLACKLIST_AFTER_ROTATION": BY_ADDRESS,
    },
    DJOSER={
        "USER_CREATE_PASSWORD_RETYPE": True,
        "TOKEN_MODEL": None,
        "HIDE_USERS": True,
        "PERMISSIONS": {"user_list": ["rest_framework.permissions.IsAdminUser"]},
        "SERIALIZERS": {"current_user": "people.serializers.Shown"} if BY_ADDRESS else {},
    },
    EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
)
sys.path.insert(0, str(Path(__file__).parent))
django.setup()

from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


call_command("migrate", run_syncdb=True, verbosity=0)
with make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet) as server:
    Path(PORT).write_text(str(server.server_port))
    server.serve_forever()
