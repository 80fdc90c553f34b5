-- Fewer indexes for a create to write: an external id that is not there needs no entry, a registration's id is never looked
-- up (it is random, as the id of a member is), and the e-mails of a User are kept in the order of their index. Foreign keys
-- are not enforced while a migration runs, so that dropping a table deletes nothing of others
-- (https://sqlite.org/lang_altertable.html, section 7); they are checked at its end.

CREATE TABLE members_9 (
  member_id       TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations ON DELETE CASCADE,
  email           TEXT NOT NULL,
  email_fold      TEXT NOT NULL,
  email_id        TEXT NOT NULL,
  email_verified  INTEGER NOT NULL,
  status          TEXT NOT NULL
    CHECK (status = 'pending' OR status = 'invited' OR status = 'active' OR status = 'deleted'),
  name            TEXT NOT NULL,
  external_id     TEXT,
  profile         TEXT NOT NULL,           -- everything else of the Member object (metadata, MFA, break-glass, retired e-mails)
  created_at      TEXT NOT NULL,
  updated_at      TEXT NOT NULL,
  UNIQUE (organization_id, email_fold)
);
INSERT INTO members_9 (member_id, organization_id, email, email_fold, email_id, email_verified, status, name, external_id,
    profile, created_at, updated_at)
  SELECT member_id, organization_id, email, email_fold, email_id, email_verified, status, name, external_id,
    profile, created_at, updated_at FROM members ORDER BY rowid;
DROP TABLE members;
ALTER TABLE members_9 RENAME TO members;
CREATE UNIQUE INDEX members_by_external_id ON members (organization_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX members_with_retired_emails ON members (organization_id)
  WHERE json_array_length(profile, '$.retired_email_addresses') > 0;

CREATE TABLE scim_users_9 (
  member_id       TEXT PRIMARY KEY REFERENCES members ON DELETE CASCADE,
  connection_id   TEXT NOT NULL REFERENCES scim_connections ON DELETE CASCADE,
  registration_id TEXT NOT NULL,
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
INSERT INTO scim_users_9 (member_id, connection_id, registration_id, user_name, user_name_fold, external_id,
    display_name_fold, active, resource, version, created_at, last_modified)
  SELECT member_id, connection_id, registration_id, user_name, user_name_fold, external_id,
    display_name_fold, active, resource, version, created_at, last_modified FROM scim_users ORDER BY rowid;
DROP TABLE scim_users;
ALTER TABLE scim_users_9 RENAME TO scim_users;
CREATE INDEX scim_users_by_external_id ON scim_users (connection_id, external_id);
CREATE INDEX scim_users_by_display_name ON scim_users (connection_id, display_name_fold);
CREATE INDEX scim_users_by_last_modified ON scim_users (connection_id, last_modified);
-- Pages of an unfiltered list, in the order of the ids.
CREATE INDEX scim_users_by_connection ON scim_users (connection_id, member_id);
CREATE TRIGGER scim_user_gone AFTER DELETE ON scim_users
  BEGIN DELETE FROM scim_unique_values WHERE resource_id = OLD.member_id; END;

CREATE TABLE scim_user_emails_9 (
  member_id     TEXT NOT NULL REFERENCES scim_users ON DELETE CASCADE,
  place         INTEGER NOT NULL,          -- tells the rows of a User apart
  connection_id TEXT NOT NULL,
  value_fold    TEXT NOT NULL,
  type_fold     TEXT,
  PRIMARY KEY (member_id, place)
) WITHOUT ROWID;
INSERT INTO scim_user_emails_9 (member_id, place, connection_id, value_fold, type_fold)
  SELECT member_id, row_number() OVER (PARTITION BY member_id ORDER BY rowid) - 1, connection_id, value_fold, type_fold
  FROM scim_user_emails;
DROP TABLE scim_user_emails;
ALTER TABLE scim_user_emails_9 RENAME TO scim_user_emails;
CREATE INDEX scim_user_emails_by_value ON scim_user_emails (connection_id, value_fold);
