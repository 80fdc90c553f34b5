-- Single sign-on connections: only what roles and registrations need of them, since no sign-on is spoken here.
CREATE TABLE sso_connections (
  connection_id     TEXT PRIMARY KEY,
  organization_id   TEXT NOT NULL REFERENCES organizations ON DELETE CASCADE,
  display_name      TEXT NOT NULL,
  identity_provider TEXT NOT NULL,
  settings          TEXT NOT NULL,         -- everything else of the SAML Connection object
  created_at        TEXT NOT NULL
);
CREATE INDEX sso_connections_by_organization ON sso_connections (organization_id);

-- Roles of who comes by a connection; with a group: of who is in that group there.
CREATE TABLE sso_role_assignments (
  connection_id TEXT NOT NULL REFERENCES sso_connections ON DELETE CASCADE,
  group_name    TEXT NOT NULL,             -- empty: everybody
  role_id       TEXT NOT NULL,
  PRIMARY KEY (connection_id, group_name, role_id)
) WITHOUT ROWID;

-- Who has come by a connection, and the groups that it named the last time.
CREATE TABLE sso_registrations (
  registration_id TEXT PRIMARY KEY,
  member_id       TEXT NOT NULL REFERENCES members ON DELETE CASCADE,
  connection_id   TEXT NOT NULL REFERENCES sso_connections ON DELETE CASCADE,
  external_id     TEXT NOT NULL,
  groups          TEXT NOT NULL,           -- JSON array of names
  UNIQUE (member_id, connection_id)
);
CREATE INDEX sso_registrations_by_connection ON sso_registrations (connection_id);
