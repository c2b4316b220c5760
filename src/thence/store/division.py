"""A store on PostgreSQL, divided among tenants: what the database is told, and who has asked.

Theory. ``tract_id`` is the first column of every key, so a tract is all that there is to keep apart: equal content in
two tracts is two rows. The table ``tract_roles`` says whose each tract is, and one policy on every table admits a row
whose tract is among those of the role that asks: the one that has logged in, or any that it is a member of. No setting
of the session has a say, so a tenant may be given the database itself, and any SQL.

The ledger of the journal belongs to no tract. In a divided store each tenant has its own, ``@`` and the role's name; no
tract's id begins like that. The owner of the tables, and superusers, pass by all of this: they migrate, collect and
erase.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from thence.store.dialects import define
from thence.store.schema import metadata

__all__ = ["divide", "divided", "grant", "ledger_of", "passes_by", "renew", "revoke"]

_MAKE = """CREATE TABLE IF NOT EXISTS tract_roles
    (tract_id varchar(64) CONSTRAINT pk_tract_roles PRIMARY KEY, role varchar(63) NOT NULL)"""
_OWN = "EXISTS (SELECT FROM pg_roles r WHERE r.rolname = role AND pg_has_role(r.oid, 'USAGE'))"
_ADMITTED = "tract_id = ANY (ARRAY(SELECT tract_id FROM tract_roles UNION ALL SELECT '@' || role FROM tract_roles))"
_POLICY = "tenants"


def divided(connection: Connection) -> bool:
    """Whether tenants are kept apart here."""
    if connection.dialect.name != "postgresql":
        return False
    return connection.scalar(text("SELECT to_regclass('tract_roles')")) is not None


def ledger_of(connection: Connection) -> str:
    """The tract under which the ledger of whoever asks stands: empty, but for a tenant."""
    if not divided(connection):
        return ""
    mine = "SELECT CASE WHEN row_security_active('tract_roles') THEN (SELECT '@' || min(role) FROM tract_roles) END"
    return connection.scalar(text(mine)) or ""


def passes_by(connection: Connection, role: str) -> bool | None:
    """Whether row-level security does not hold for a role; None where there is no such role."""
    query = """SELECT r.rolsuper OR r.rolbypassrls OR pg_has_role(r.oid, c.relowner, 'MEMBER')
               FROM pg_roles r, pg_class c WHERE r.rolname = :role AND c.oid = to_regclass('calls')"""
    found: bool | None = connection.scalar(text(query), {"role": role})
    return found


def divide(connection: Connection) -> None:
    """Keep tenants apart from now on. May be repeated."""
    connection.execute(text(_MAKE))
    for statement in (
        "ALTER TABLE tract_roles ENABLE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS {_POLICY} ON tract_roles",
        f"CREATE POLICY {_POLICY} ON tract_roles FOR SELECT USING ({_OWN})",
    ):
        define(connection, statement)
    renew(connection)


def renew(connection: Connection) -> None:
    """Put the policy on every table, and give the tenants their rights: tables may be new."""
    if not divided(connection):
        return
    for table in metadata.sorted_tables:
        for statement in (
            "ALTER TABLE %(table)s ENABLE ROW LEVEL SECURITY",
            f"DROP POLICY IF EXISTS {_POLICY} ON %(table)s",
            f"CREATE POLICY {_POLICY} ON %(table)s USING ({_ADMITTED}) WITH CHECK ({_ADMITTED})",
        ):
            define(connection, statement, table)
    for role in connection.scalars(text("SELECT DISTINCT role FROM tract_roles ORDER BY role")).all():
        grant(connection, role)


def grant(connection: Connection, role: str) -> None:
    """Give a role the rights that a tenant needs: to read and write rows, and nothing else."""
    schema = str(connection.scalar(text("SELECT current_schema()")))
    define(connection, "GRANT USAGE ON SCHEMA %(schema)s TO %(role)s", role=role, schema=schema)
    for name in ("alembic_version", "tract_roles"):
        define(connection, f"GRANT SELECT ON {name} TO %(role)s", role=role)
    for table in metadata.sorted_tables:
        define(connection, "GRANT SELECT, INSERT, UPDATE, DELETE ON %(table)s TO %(role)s", table, role=role)


def revoke(connection: Connection, role: str) -> None:
    """Take those rights away."""
    for name in ("alembic_version", "tract_roles", *(table.name for table in metadata.sorted_tables)):
        define(connection, f"REVOKE ALL ON {name} FROM %(role)s", role=role)
