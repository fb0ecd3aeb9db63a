"""Who may do what in the database, as SQL made of the catalogue of personal data, for a superuser to run.

hotline_audit owns the audit, so that the server adds and reads lines and can do nothing else to them. hotline_reports
reads the columns that say nothing of who it was, and the rows of its own departments [PostgreSQL §5.9, row security].
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from telephony.core.personal_data.model import Holds, Table
from telephony.core.personal_data.tables import TABLES

READ_BY_REPORTS: Final = (Holds.FACT, Holds.CALL, Holds.TICKET, Holds.STAFF)
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def statements(server: str) -> str:
    """All of it; running it again changes nothing. `server` is the role of the server. Errors: ValueError."""
    if not _NAME.fullmatch(server):
        raise ValueError(f"{server!r} is no role: small letters, digits and _")
    return "\n".join(("BEGIN;", *_roles(), *_audit(server), *_reports(), "COMMIT;", ""))


def _roles() -> Iterator[str]:
    for role in ("hotline_audit", "hotline_reports"):
        yield (
            f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN"
            f" CREATE ROLE {role} NOLOGIN; END IF; END $$;"
        )


def _audit(server: str) -> Iterator[str]:
    yield "-- The audit: whoever owns the schema could drop the table."
    yield "ALTER TABLE audit OWNER TO hotline_audit;"
    yield "ALTER FUNCTION audit_stays() OWNER TO hotline_audit;"
    yield "ALTER SCHEMA public OWNER TO hotline_audit;"
    yield "REVOKE ALL ON SCHEMA public FROM PUBLIC;"
    yield f"GRANT USAGE, CREATE ON SCHEMA public TO {server};"
    yield f"REVOKE ALL ON audit FROM PUBLIC, {server};"
    yield f"GRANT SELECT, INSERT ON audit TO {server};"


def _reports() -> Iterator[str]:
    yield "-- Reports: figures of one's own departments, and nobody's numbers, names or words."
    yield "GRANT USAGE ON SCHEMA public TO hotline_reports;"
    yield "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM hotline_reports;"
    yield "REVOKE ALL ON FUNCTION report_departments() FROM PUBLIC;"
    yield "GRANT EXECUTE ON FUNCTION report_departments() TO hotline_reports;"
    for table in (each for each in TABLES if each.department):
        yield f"GRANT SELECT ({', '.join(table.of(*READ_BY_REPORTS))}) ON {table.name} TO hotline_reports;"
        yield f"ALTER TABLE {table.name} ENABLE ROW LEVEL SECURITY;"
        yield f"DROP POLICY IF EXISTS own_departments ON {table.name};"
        yield (
            f"CREATE POLICY own_departments ON {table.name} FOR SELECT TO hotline_reports"
            f" USING ({_department(table)} = ANY (report_departments()));"
        )


def _department(table: Table) -> str:
    return table.department.format(table=table.name)
