//! Checks of RFC 9865, one file a section.
