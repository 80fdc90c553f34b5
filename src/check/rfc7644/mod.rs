//! Checks of RFC 7644 (the protocol), one file a section.

pub(super) mod s3_12_errors;
