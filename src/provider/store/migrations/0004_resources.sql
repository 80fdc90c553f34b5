-- Resources of the types that a schema file defines, one row each.
CREATE TABLE scim_resources (
  resource_id   TEXT PRIMARY KEY,
  connection_id TEXT NOT NULL REFERENCES scim_connections ON DELETE CASCADE,
  type          TEXT NOT NULL,             -- meta.resourceType
  external_id   TEXT,
  resource      TEXT NOT NULL,             -- the attributes as stored, without id and meta
  version       INTEGER NOT NULL,
  created_at    TEXT NOT NULL,
  last_modified TEXT NOT NULL
);
CREATE INDEX scim_resources_by_type ON scim_resources (connection_id, type, resource_id);
CREATE INDEX scim_resources_by_external_id ON scim_resources (connection_id, type, external_id);
CREATE INDEX scim_resources_by_last_modified ON scim_resources (connection_id, type, last_modified);

-- Values that no other resource of the type and connection may have, by the key under which they are equal; what has a
-- UNIQUE column of its own (userName) is not here.
CREATE TABLE scim_unique_values (
  connection_id TEXT NOT NULL REFERENCES scim_connections ON DELETE CASCADE,
  type          TEXT NOT NULL,
  path          TEXT NOT NULL,
  value         TEXT NOT NULL,
  resource_id   TEXT NOT NULL,
  PRIMARY KEY (connection_id, type, path, value)
) WITHOUT ROWID;
CREATE INDEX scim_unique_values_by_resource ON scim_unique_values (resource_id);
CREATE TRIGGER scim_resource_gone AFTER DELETE ON scim_resources
  BEGIN
    DELETE FROM scim_unique_values WHERE resource_id = OLD.resource_id;
    DELETE FROM scim_other_members WHERE value_fold = OLD.resource_id;
  END;
CREATE TRIGGER scim_user_gone AFTER DELETE ON scim_users
  BEGIN DELETE FROM scim_unique_values WHERE resource_id = OLD.member_id; END;
CREATE TRIGGER scim_group_gone AFTER DELETE ON scim_groups
  BEGIN DELETE FROM scim_unique_values WHERE resource_id = OLD.group_id; END;

-- Members of a group that are no User and no Group of the connection: resources of other types, and ids that name
-- nothing. A table of their own, so that no look-up of groups or roles can take one for a member: an id of another
-- connection grants nothing and shows nothing.
CREATE TABLE scim_other_members (
  group_id   TEXT NOT NULL REFERENCES scim_groups ON DELETE CASCADE,
  value_fold TEXT NOT NULL,
  value      TEXT NOT NULL,                -- as sent
  type       TEXT,                         -- the resource type's name; NULL: the id names nothing
  display    TEXT,
  PRIMARY KEY (group_id, value_fold)
) WITHOUT ROWID;
CREATE INDEX scim_other_members_by_value ON scim_other_members (value_fold);
