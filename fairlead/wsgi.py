"""The WSGI application, for Fairlead's own server or any other."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.settings")
application = get_wsgi_application()
