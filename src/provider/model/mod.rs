//! What members look like to the outside: one reader and one JSON renderer, shared by the management API and by the
//! events, so that a webhook and a read never tell different stories.

mod member;
mod roles;
mod scim_attributes;
pub mod sso;

pub use member::{Member, MemberStatus, Profile, Registration, RetiredEmail};
pub use roles::{EVERY_MEMBER, MemberRole, RoleSource, roles_of};
