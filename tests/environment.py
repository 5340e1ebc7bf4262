"""Loaded by pytest before anything of the product: tests have a data folder of their own and never touch a real one."""

import atexit
import os
import shutil
import tempfile

OWN = "FAIRLEAD_TEST_DATA"

if OWN not in os.environ:
    os.environ[OWN] = tempfile.mkdtemp(prefix="fairlead-test-")
    atexit.register(shutil.rmtree, os.environ[OWN], ignore_errors=True)
for name in [name for name in os.environ if name.startswith("FAIRLEAD_") and name not in {OWN, "FAIRLEAD_CHROMIUM"}]:
    del os.environ[name]
os.environ["FAIRLEAD_DATA"] = os.path.join(os.environ[OWN], os.environ.get("PYTEST_XDIST_WORKER", "main"))
os.environ["FAIRLEAD_SECRET_KEY"] = "for tests alone"
os.makedirs(os.path.join(os.environ["FAIRLEAD_DATA"], "static"), exist_ok=True)  # as after the first start
