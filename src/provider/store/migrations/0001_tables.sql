-- The tables of the first release. Released: a change is a new file beside this one, never an edit here.
-- Times are RFC 3339 UTC texts with microseconds, so that they sort as text; JSON is TEXT.
-- `*_fold` columns are lower-cased copies for comparisons that ignore case (RFC 7643 section 2.1, caseExact false).

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE project_secrets (
  secret_id   TEXT PRIMARY KEY,
  secret_hash BLOB NOT NULL UNIQUE,
  last_four   TEXT NOT NULL,
  created_at  TEXT NOT NULL
);

-- One row, key 1: the RBAC policy of the project (roles, resources, permissions) as JSON.
CREATE TABLE rbac_policy (id INTEGER PRIMARY KEY CHECK (id = 1), policy TEXT NOT NULL);

CREATE TABLE organizations (
  organization_id TEXT PRIMARY KEY,
  name            TEXT NOT NULL,
  slug            TEXT NOT NULL UNIQUE,
  external_id     TEXT UNIQUE,
  settings        TEXT NOT NULL,           -- everything else of the Organization object, and the named policies
  created_at      TEXT NOT NULL,
  updated_at      TEXT NOT NULL
);

CREATE TABLE scim_connections (
  connection_id         TEXT PRIMARY KEY,
  organization_id       TEXT NOT NULL REFERENCES organizations ON DELETE CASCADE,
  display_name          TEXT NOT NULL,
  identity_provider     TEXT NOT NULL,
  status                TEXT NOT NULL CHECK (status IN ('active', 'deleted')),
  token_hash            BLOB NOT NULL,
  token_last_four       TEXT NOT NULL,
  token_expires_at      TEXT NOT NULL,
  next_token_hash       BLOB,
  next_token_last_four  TEXT,
  next_token_expires_at TEXT,
  created_at            TEXT NOT NULL
);
CREATE UNIQUE INDEX one_active_connection ON scim_connections (organization_id) WHERE status = 'active';

CREATE TABLE group_role_assignments (
  connection_id TEXT NOT NULL REFERENCES scim_connections ON DELETE CASCADE,
  group_id      TEXT NOT NULL,
  role_id       TEXT NOT NULL,
  PRIMARY KEY (connection_id, group_id, role_id)
) WITHOUT ROWID;
CREATE INDEX group_role_assignments_by_group ON group_role_assignments (group_id);

CREATE TABLE members (
  member_id       TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations ON DELETE CASCADE,
  email           TEXT NOT NULL,
  email_fold      TEXT NOT NULL,
  email_id        TEXT NOT NULL,
  email_verified  INTEGER NOT NULL,
  status          TEXT NOT NULL CHECK (status IN ('pending', 'invited', 'active', 'deleted')),
  name            TEXT NOT NULL,
  external_id     TEXT,
  profile         TEXT NOT NULL,           -- everything else of the Member object (metadata, MFA, break-glass, retired e-mails)
  created_at      TEXT NOT NULL,
  updated_at      TEXT NOT NULL,
  UNIQUE (organization_id, email_fold),
  UNIQUE (organization_id, external_id)
);

-- Few members have retired addresses: whether one is taken must not cost a walk over all members.
CREATE INDEX members_with_retired_emails ON members (organization_id)
  WHERE json_array_length(profile, '$.retired_email_addresses') > 0;

-- Explicit roles only (source direct_assignment). Implicit roles are computed from their sources whenever they are read,
-- so that they can never be out of date.
CREATE TABLE explicit_roles (
  member_id TEXT NOT NULL REFERENCES members ON DELETE CASCADE,
  role_id   TEXT NOT NULL,
  PRIMARY KEY (member_id, role_id)
) WITHOUT ROWID;

-- The SCIM User of a member. Its SCIM id is the member_id.
CREATE TABLE scim_users (
  member_id       TEXT PRIMARY KEY REFERENCES members ON DELETE CASCADE,
  connection_id   TEXT NOT NULL REFERENCES scim_connections ON DELETE CASCADE,
  registration_id TEXT NOT NULL UNIQUE,
  user_name       TEXT NOT NULL,
  user_name_fold  TEXT NOT NULL,
  external_id     TEXT,
  display_name_fold TEXT,
  active          INTEGER NOT NULL,
  resource        TEXT NOT NULL,           -- the attributes as stored, without id, meta and groups
  version         INTEGER NOT NULL,
  created_at      TEXT NOT NULL,
  last_modified   TEXT NOT NULL,
  UNIQUE (connection_id, user_name_fold)
);
CREATE INDEX scim_users_by_external_id ON scim_users (connection_id, external_id);
CREATE INDEX scim_users_by_display_name ON scim_users (connection_id, display_name_fold);
CREATE INDEX scim_users_by_last_modified ON scim_users (connection_id, last_modified);
-- Pages of an unfiltered list, in the order of the ids.
CREATE INDEX scim_users_by_connection ON scim_users (connection_id, member_id);

CREATE TABLE scim_user_emails (
  member_id     TEXT NOT NULL REFERENCES scim_users ON DELETE CASCADE,
  connection_id TEXT NOT NULL,
  value_fold    TEXT NOT NULL,
  type_fold     TEXT
);
CREATE INDEX scim_user_emails_by_value ON scim_user_emails (connection_id, value_fold);
CREATE INDEX scim_user_emails_by_member ON scim_user_emails (member_id);

CREATE TABLE scim_groups (
  group_id          TEXT PRIMARY KEY,
  connection_id     TEXT NOT NULL REFERENCES scim_connections ON DELETE CASCADE,
  organization_id   TEXT NOT NULL,
  display_name      TEXT NOT NULL,
  display_name_fold TEXT NOT NULL,
  external_id       TEXT,
  resource          TEXT NOT NULL,         -- the attributes as stored, without id, meta and members
  version           INTEGER NOT NULL,
  created_at        TEXT NOT NULL,
  last_modified     TEXT NOT NULL
);
CREATE INDEX scim_groups_by_display_name ON scim_groups (connection_id, display_name_fold);
CREATE INDEX scim_groups_by_external_id ON scim_groups (connection_id, external_id);
CREATE INDEX scim_groups_by_last_modified ON scim_groups (connection_id, last_modified);
CREATE INDEX scim_groups_by_connection ON scim_groups (connection_id, group_id);

-- One row a member: a PATCH of one member of a very large group touches one row.
CREATE TABLE scim_group_members (
  group_id TEXT NOT NULL REFERENCES scim_groups ON DELETE CASCADE,
  value    TEXT NOT NULL,                  -- a member_id or a group_id
  type     TEXT NOT NULL CHECK (type IN ('User', 'Group')),
  display  TEXT,
  PRIMARY KEY (group_id, value)
) WITHOUT ROWID;
CREATE INDEX scim_group_members_by_value ON scim_group_members (value);

CREATE TABLE sessions (
  member_session_id TEXT PRIMARY KEY,
  member_id         TEXT NOT NULL REFERENCES members ON DELETE CASCADE,
  organization_id   TEXT NOT NULL,
  token_hash        BLOB NOT NULL UNIQUE,
  started_at        TEXT NOT NULL,
  last_accessed_at  TEXT NOT NULL,
  expires_at        TEXT NOT NULL,
  factors           TEXT NOT NULL,
  custom_claims     TEXT,
  revoked_at        TEXT,
  revoked_by        TEXT                   -- the cause: scim, direct, dashboard, connection-removed, …
);
CREATE INDEX sessions_by_member ON sessions (member_id) WHERE revoked_at IS NULL;

CREATE TABLE jwt_keys (
  kid         TEXT PRIMARY KEY,
  private_key BLOB NOT NULL,               -- PKCS#8
  created_at  TEXT NOT NULL,
  retired_at  TEXT
);

CREATE TABLE webhook_endpoints (
  endpoint_id          TEXT PRIMARY KEY,
  url                  TEXT NOT NULL,
  organization_id      TEXT REFERENCES organizations ON DELETE CASCADE,  -- NULL: events of all organizations
  event_types          TEXT NOT NULL,      -- JSON array; empty: all
  secret               TEXT NOT NULL,      -- whsec_…; needed in clear to sign
  previous_secret      TEXT,
  previous_secret_until TEXT,
  failing_since        TEXT,               -- the first failure after the last success
  disabled_at          TEXT,
  created_at           TEXT NOT NULL
);

-- The outbox: one row an event, written in the transaction of the change that it tells of.
CREATE TABLE outbox (
  seq             INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id        TEXT NOT NULL UNIQUE,
  organization_id TEXT NOT NULL,
  event_type      TEXT NOT NULL,           -- scim.member.create
  payload         TEXT NOT NULL,           -- the body without `timestamp`, which is the time of sending
  created_at      TEXT NOT NULL
);

-- One row an event and endpoint, written with the event. Delivered in `seq` order per endpoint and organization.
CREATE TABLE deliveries (
  delivery_id     TEXT PRIMARY KEY,        -- the webhook-id header: the same on every attempt
  seq             INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,
  endpoint_id     TEXT NOT NULL REFERENCES webhook_endpoints ON DELETE CASCADE,
  organization_id TEXT NOT NULL,
  status          TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
  attempts        INTEGER NOT NULL DEFAULT 0,
  next_attempt_at TEXT NOT NULL,
  last_status     INTEGER,
  last_error      TEXT,
  delivered_at    TEXT
);
-- What was committed since the worker's last look; and the cascade from `outbox`.
CREATE INDEX deliveries_by_seq ON deliveries (seq);
CREATE INDEX deliveries_pending ON deliveries (endpoint_id, organization_id, seq) WHERE status = 'pending';
