//! The protocol room: filters, paths, PATCH, resources, projections, queries and bulk.
mod scim {
    mod filter;
    mod helpers;
    mod idp_bodies;
    mod oracle;
    mod patch;
    mod properties;
    mod query;
    mod resource;
    mod vectors;
}
