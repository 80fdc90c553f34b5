//! Machine clients: programs that call with an access token instead of the project's secret (OAuth 2.0 client credentials,
//! RFC 6749 section 4.4).
//!
//! A client is a row with a hashed secret. For its secret it gets an access token, a JWT of an hour signed with the keys
//! of the sessions ([`token`]); what the token lets it do is a list of scopes ([`scope`]). The row decides on every call
//! whether the client is still there and active, so that disabling one works at once.
//!
//! Names of fields and paths: the vendor's SDK (stytch-node, `lib/b2c/m2m.ts` and `m2m_clients.ts`). That the scopes open
//! the management API and SCIM is ours.

pub mod client;
pub mod scope;
pub mod token;
