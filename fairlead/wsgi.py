"""The WSGI application, for Fairlead's own server or any other."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fairlead.settings")

from fairlead.web.proxies import behind_proxies
from fairlead.web.routes import demand_declared

application = behind_proxies(get_wsgi_application(), settings.TRUSTED_PROXIES)
demand_declared()
if "requests" in settings.LOG:
    from fairlead.work.log import logged

    application = logged(application)
