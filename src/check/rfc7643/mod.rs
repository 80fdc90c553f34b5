//! Checks of RFC 7643 (the core schema), one file a section.

pub(super) mod s2_4_multi_valued;
pub(super) mod s2_data_types;
pub(super) mod s3_1_common;
pub(super) mod s3_1_times;
pub(super) mod s3_resources;
pub(super) mod s4_1_user;
pub(super) mod s4_2_group;
pub(super) mod s5_provider_config;
pub(super) mod s6_resource_types;
pub(super) mod s7_disputes;
pub(super) mod s7_schemas;
