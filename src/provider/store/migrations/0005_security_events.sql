-- Streams of security event tokens: who of a connection's partners hears of which events, and how.
CREATE TABLE event_streams (
  stream_id            TEXT PRIMARY KEY,
  connection_id        TEXT NOT NULL REFERENCES scim_connections ON DELETE CASCADE,
  organization_id      TEXT NOT NULL,
  endpoint_url         TEXT,               -- where to push; NULL: the receiver polls
  authorization_header TEXT,               -- sent with every push; needed in clear
  events_requested     TEXT,               -- JSON array; NULL: whatever there is
  description          TEXT,
  status               TEXT NOT NULL CHECK (status IN ('enabled', 'paused', 'disabled')),
  reason               TEXT,
  created_at           TEXT NOT NULL,
  closed_at            TEXT                -- the connection is gone: what is pending goes out, nothing new comes in
);
CREATE INDEX event_streams_by_organization ON event_streams (organization_id) WHERE closed_at IS NULL;
CREATE INDEX event_streams_by_connection ON event_streams (connection_id);

-- One row a token and stream, written in the transaction of the change that it tells of; signed when it is sent.
CREATE TABLE security_events (
  seq             INTEGER PRIMARY KEY AUTOINCREMENT,
  jti             TEXT NOT NULL UNIQUE,
  stream_id       TEXT NOT NULL REFERENCES event_streams ON DELETE CASCADE,
  claims          TEXT NOT NULL,           -- without iss and aud, which are the stream's
  status          TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
  attempts        INTEGER NOT NULL DEFAULT 0,
  next_attempt_at TEXT NOT NULL,
  last_status     INTEGER,
  last_error      TEXT,
  created_at      TEXT NOT NULL
);
CREATE INDEX security_events_pending ON security_events (stream_id, seq) WHERE status = 'pending';
CREATE INDEX security_events_by_stream ON security_events (stream_id);

-- Receivers are known by the token of their connection alone.
CREATE INDEX scim_connections_by_token ON scim_connections (token_hash) WHERE status = 'active';
CREATE INDEX scim_connections_by_next_token ON scim_connections (next_token_hash) WHERE status = 'active';
