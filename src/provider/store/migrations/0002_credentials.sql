-- Machine clients (OAuth 2.0 client credentials), and project secrets that have a name and can end.

CREATE TABLE m2m_clients (
  client_id             TEXT PRIMARY KEY,
  client_name           TEXT NOT NULL,
  client_description    TEXT NOT NULL,
  status                TEXT NOT NULL CHECK (status IN ('active', 'inactive')),
  scopes                TEXT NOT NULL,     -- JSON array of texts
  trusted_metadata      TEXT NOT NULL,     -- JSON object
  connection_id         TEXT REFERENCES scim_connections ON DELETE CASCADE,  -- NULL: not for SCIM
  secret_hash           BLOB NOT NULL,
  secret_last_four      TEXT NOT NULL,
  next_secret_hash      BLOB,
  next_secret_last_four TEXT,
  created_at            TEXT NOT NULL
);

ALTER TABLE project_secrets ADD COLUMN name TEXT NOT NULL DEFAULT '';
-- NULL: does not end. A secret that has been rotated ends after the overlap.
ALTER TABLE project_secrets ADD COLUMN expires_at TEXT;
