//! Checks of RFC 7644 (the protocol), one file a section.

pub(super) mod s2_authentication;
pub(super) mod s3_11_me;
pub(super) mod s3_12_errors;
pub(super) mod s3_14_versions;
pub(super) mod s3_1_messages;
pub(super) mod s3_3_create;
pub(super) mod s3_4_1_read;
pub(super) mod s3_4_2_2_filter;
pub(super) mod s3_4_2_3_sort;
pub(super) mod s3_4_2_4_paging;
pub(super) mod s3_4_2_query;
pub(super) mod s3_5_1_replace;
pub(super) mod s3_5_2_patch;
pub(super) mod s3_6_delete;
pub(super) mod s3_7_bulk;
pub(super) mod s3_8_media_types;
pub(super) mod s3_9_projection;
pub(super) mod s4_discovery;
pub(super) mod s7_security;
