//! The simulated identity provider against a small target that answers as a test tells it.

#[path = "idp/fake.rs"]
mod fake;

#[path = "idp/meets.rs"]
mod meets;

#[path = "idp/directory.rs"]
mod directory;
#[path = "idp/entra.rs"]
mod entra;
#[path = "idp/entra_faults.rs"]
mod entra_faults;
#[path = "idp/entra_vectors.rs"]
mod entra_vectors;
#[path = "idp/moves.rs"]
mod moves;
#[path = "idp/okta.rs"]
mod okta;
#[path = "idp/okta_faults.rs"]
mod okta_faults;
#[path = "idp/okta_vectors.rs"]
mod okta_vectors;
#[path = "idp/profiles.rs"]
mod profiles;
