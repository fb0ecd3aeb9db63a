-- Whose figures somebody who reads reports may see: departments by the name of the database's role.
CREATE TABLE report_reader (
    role        text PRIMARY KEY,
    departments text[] NOT NULL
);

-- Of whoever has logged in to the database; nobody may read the table itself.
CREATE FUNCTION report_departments() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, public
AS $$ SELECT coalesce((SELECT departments FROM public.report_reader WHERE role = session_user), '{}') $$;
