"""The database: engine, sessions and column types, prepared statements, migrations, backups, file
integrity, and the handling of a full or damaged disk.

The lowest sub-package of the platform: it may import only the single modules beside it.
"""
