"""The relational database: state that must last, by URL.

`engine` opens it, `tables` is its schema, `migrations` bring an older one up to date. Each table
has one writing process: the brain writes what it decides, the server what people ask for.
"""

from commonwatt.platform.database.engine import Database, sqlite_url

__all__ = ["Database", "sqlite_url"]
