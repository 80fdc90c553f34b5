//! The simulated identity provider against a small target that answers as a test tells it.

#[path = "idp/fake.rs"]
mod fake;

#[path = "idp/entra.rs"]
mod entra;
#[path = "idp/entra_vectors.rs"]
mod entra_vectors;
#[path = "idp/moves.rs"]
mod moves;
#[path = "idp/okta.rs"]
mod okta;
#[path = "idp/okta_vectors.rs"]
mod okta_vectors;
#[path = "idp/profiles.rs"]
mod profiles;
#[path = "idp/walk.rs"]
mod walk;
