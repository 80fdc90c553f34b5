-- Subjects that the receiver of a stream has taken out of it: without a row a subject is in.
CREATE TABLE removed_event_subjects (
  stream_id  TEXT NOT NULL REFERENCES event_streams ON DELETE CASCADE,
  subject_id TEXT NOT NULL,                -- the id of the SCIM resource
  PRIMARY KEY (stream_id, subject_id)
) WITHOUT ROWID;
