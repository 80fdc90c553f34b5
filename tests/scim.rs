//! The protocol room: filters, paths, PATCH, resources, projections, queries and bulk.
#[path = "../fuzz/src/targets.rs"]
mod fuzz_targets;
mod scim {
    mod bad;
    mod custom;
    mod filter;
    mod fuzz_smoke;
    mod helpers;
    mod idp_bodies;
    mod leniencies;
    mod oracle;
    mod patch;
    mod patch_matrix;
    mod properties;
    mod query;
    mod resource;
    mod scale;
    mod vectors;
}
