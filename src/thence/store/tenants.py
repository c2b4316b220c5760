"""Whose the tracts are of a store that several share: see :mod:`thence.store.division` for how they are kept apart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from thence.errors import NotFound, ThenceError
from thence.store import division, partitioning
from thence.store.engine import explained
from thence.store.naming import tract_id_of
from thence.store.store import Store

__all__ = ["Tenant", "admit", "dismiss", "partition", "tenants"]


class Tenant(NamedTuple):
    """A role of the server, and a tract that it may use."""

    role: str
    tract: str


def tenants(store: Store) -> list[Tenant]:
    """Who is admitted to what; a tenant sees itself only. Empty where the store is not divided.

    Raises:
        StoreUnavailable: the store can't be read.
    """
    with _told(store) as connection:
        if not division.divided(connection):
            return []
        found = connection.execute(text("SELECT role, tract_id FROM tract_roles ORDER BY role, tract_id"))
        return [Tenant(*row) for row in found]


def admit(store: Store, role: str, tract: str) -> None:
    """Let a role, and its members, use a tract, beside those that it was admitted to before. A tract has one role.

    The first admission divides the store: from then on every role but the owner of the tables sees what it was admitted
    to, and nothing else.

    Args:
        store: opened as the owner of its tables.
        role: a role of the server, which no superuser is and no member of the owner.
        tract: the tract's name; it need not be there yet.

    Raises:
        ThenceError: the store is no PostgreSQL database, row-level security does not hold for the role, or another
            role has the tract.
        NotFound: the server has no such role.
        StoreUnavailable: the store was not opened as the owner of its tables.
    """
    with _told(store) as connection:
        passes = division.passes_by(connection, role)
        if passes is None:
            raise NotFound(f"the server has no role {role}", hint=f'CREATE ROLE "{role}" LOGIN')
        if passes:
            raise ThenceError(
                f"row-level security does not hold for {role}",
                hint="admit a role that is no superuser and no member of the tables' owner",
            )
        if not division.divided(connection):
            division.divide(connection)
        row = {"tract": tract_id_of(tract), "role": role}
        connection.execute(text("INSERT INTO tract_roles VALUES (:tract, :role) ON CONFLICT DO NOTHING"), row)
        holder = connection.scalar(text("SELECT role FROM tract_roles WHERE tract_id = :tract"), row)
        if holder != role:
            raise ThenceError(f"the tract {tract} is {holder}'s", hint=f'GRANT "{holder}" TO "{role}"')
        division.grant(connection, role)


def dismiss(store: Store, role: str, tract: str) -> None:
    """Let a role no longer use a tract; of its last one, take the rights to the tables away too. Rows stay.

    Raises:
        NotFound: the role was not admitted to the tract.
        ThenceError: the store is no PostgreSQL database.
        StoreUnavailable: the store was not opened as the owner of its tables.
    """
    row = {"tract": tract_id_of(tract), "role": role}
    with _told(store) as connection:
        gone = division.divided(connection) and connection.execute(
            text("DELETE FROM tract_roles WHERE tract_id = :tract AND role = :role"), row
        )
        if not gone or not gone.rowcount:
            raise NotFound(f"{role} is not admitted to {tract}", hint="thence tenants lists who is")
        if not connection.scalar(text("SELECT count(*) FROM tract_roles WHERE role = :role"), row):
            division.revoke(connection, role)


def partition(store: Store, number: int) -> bool:
    """Part every table into so many partitions, by a hash of the tract; False where they are parted already.

    Rows are written anew, in one transaction, which needs the tables for itself.

    Args:
        store: opened as the owner of its tables.
        number: how many partitions each table gets: as many as there will be machines, or discs, or more.

    Raises:
        ThenceError: the store is no PostgreSQL database.
        StoreUnavailable: the store was not opened as the owner of its tables.
    """
    with _told(store) as connection:
        if partitioning.partitions_of(connection):
            return False
        partitioning.partition(connection, number)
        division.renew(connection)
        return True


@contextmanager
def _told(store: Store) -> Iterator[Connection]:
    """A transaction on PostgreSQL, whose errors are ours."""
    try:
        with store.writing() as connection:
            if connection.dialect.name != "postgresql":
                said = "only a store on PostgreSQL has tenants and partitions"
                raise ThenceError(said, hint="name one with --store")
            yield connection
    except SQLAlchemyError as error:
        raise explained(error, store._engine.url) from error
