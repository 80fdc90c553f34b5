//! Checks of RFC 7643, one file a section.
