"""Fairlead: a sales-process CRM that leads every inquiry from first contact to handed-over job."""

import sys

# The SQLite that ships with most Pythons can corrupt a WAL database (fixed in 3.51.3);
# this wheel brings a newer one and must be in place before Django imports sqlite3.
try:
    import pysqlite3
except ImportError:  # no wheel for this platform: `fairlead check` says what to do
    pass
else:
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2

__version__ = "0.1.0"
