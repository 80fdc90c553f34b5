//! The provider over HTTP: its SCIM surface, and the effects of what comes in there. One running provider a test.

#[path = "provider/support.rs"]
mod support;

// The requests that need a leniency, and the resources that they are about, are those of the protocol room.
#[allow(dead_code)]
#[path = "scim/helpers.rs"]
mod helpers;
#[allow(dead_code)]
#[path = "scim/leniencies.rs"]
mod leniencies;

#[path = "provider/bad_inputs.rs"]
mod bad_inputs;
#[path = "provider/custom_types.rs"]
mod custom_types;
#[path = "provider/defects.rs"]
mod defects;
#[path = "provider/effects.rs"]
mod effects;
#[path = "provider/filter_equality.rs"]
mod filter_equality;
#[path = "provider/groups.rs"]
mod groups;
#[path = "provider/large.rs"]
mod large;
#[path = "provider/policies.rs"]
mod policies;
#[path = "provider/protocol.rs"]
mod protocol;
#[path = "provider/reads.rs"]
mod reads;
#[path = "provider/rows.rs"]
mod rows;
#[path = "provider/security_events.rs"]
mod security_events;
#[path = "provider/strict.rs"]
mod strict;
#[path = "provider/users.rs"]
mod users;
#[path = "provider/work.rs"]
mod work;
