//! Checks of RFC 9865 (cursor-based pagination), one file a section.

pub(super) mod s2_cursors;
