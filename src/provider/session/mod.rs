//! Sessions of members: opaque tokens and JWTs, and the decision whether one still stands.
//!
//! A session is a row. Its token is 285 random bits, stored only as a hash; its JWT is signed anew on every
//! authentication and lives five minutes ([`jwt`]). Whether somebody is let in is decided by the row alone: a token and a
//! JWT both lead to it ([`find`]), and a row that is revoked or expired is answered as one that never was. Roles are
//! computed whenever a session is shown, so that a change of roles needs nothing to be done here.
//!
//! Deprovisioning revokes through the effects' rule table; [`revoke`] is for who asks for it.

pub mod jwt;
pub mod keys;
pub mod rbac;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Map, Value, json};
use time::{Duration, OffsetDateTime};

use crate::provider::{
    clock, ids,
    model::{RoleSource, roles_of},
    store::{StoreError, Transaction},
};

/// The shortest and the longest life of a session, and the usual one
/// (<https://stytch.com/docs/api-reference/b2b/api/sessions/overview>).
pub const LIFE: std::ops::RangeInclusive<i64> = 5..=527_040;

/// The life of a session that asks for none.
pub const USUAL_LIFE: i64 = 60;

/// A session as its row holds it.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // the names of the MemberSession object
pub struct Session {
    pub member_session_id: String,
    pub member_id: String,
    pub organization_id: String,
    pub started_at: String,
    pub last_accessed_at: String,
    pub expires_at: String,
    pub authentication_factors: Value,
    pub custom_claims: Map<String, Value>,
    pub revoked_at: Option<String>,
    pub revoked_by: Option<String>,
}

/// How a session is named in a request.
#[derive(Debug, Clone)]
pub enum Name<'a> {
    /// `member_session_id`.
    Id(&'a str),
    /// `session_token`.
    Token(&'a str),
}

const SELECT: &str = "SELECT member_session_id, member_id, organization_id, started_at, last_accessed_at, expires_at, \
    factors, custom_claims, revoked_at, revoked_by FROM sessions ";

fn from_row(row: &Row) -> rusqlite::Result<Session> {
    let factors: String = row.get(6)?;
    let claims: Option<String> = row.get(7)?;
    Ok(Session {
        member_session_id: row.get(0)?,
        member_id: row.get(1)?,
        organization_id: row.get(2)?,
        started_at: row.get(3)?,
        last_accessed_at: row.get(4)?,
        expires_at: row.get(5)?,
        authentication_factors: serde_json::from_str(&factors).unwrap_or_else(|_| json!([])),
        custom_claims: claims.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        revoked_at: row.get(8)?,
        revoked_by: row.get(9)?,
    })
}

/// The session of that name, in whatever state.
pub fn find(conn: &Connection, name: &Name) -> Result<Option<Session>, StoreError> {
    let session = match name {
        Name::Id(id) => conn
            .prepare_cached(&format!("{SELECT} WHERE member_session_id = ?1"))?
            .query_row([id], from_row)
            .optional()?,
        // The look-up by hash gives away nothing: whoever can time it does not know the hash of the token he is after.
        Name::Token(token) => conn
            .prepare_cached(&format!("{SELECT} WHERE token_hash = ?1"))?
            .query_row([ids::hash(token)], from_row)
            .optional()?,
    };
    Ok(session)
}

/// The sessions of a member that stand at `now`, oldest first.
pub fn open_of(conn: &Connection, member_id: &str, now: OffsetDateTime) -> Result<Vec<Session>, StoreError> {
    let mut statement = conn.prepare_cached(&format!(
        "{SELECT} WHERE member_id = ?1 AND revoked_at IS NULL AND expires_at > ?2 ORDER BY started_at, member_session_id"
    ))?;
    let sessions = statement.query_map(params![member_id, clock::text(now)], from_row)?;
    Ok(sessions.collect::<Result<_, _>>()?)
}

/// The sessions of a member that stand at `now` or were revoked, oldest first: when and by whom is in the row.
pub fn with_revoked(conn: &Connection, member_id: &str, now: OffsetDateTime) -> Result<Vec<Session>, StoreError> {
    let mut statement = conn.prepare_cached(&format!(
        "{SELECT} WHERE member_id = ?1 AND (revoked_at IS NOT NULL OR expires_at > ?2)
         ORDER BY started_at, member_session_id"
    ))?;
    let sessions = statement.query_map(params![member_id, clock::text(now)], from_row)?;
    Ok(sessions.collect::<Result<_, _>>()?)
}

/// What a new session is made of.
#[derive(Debug)]
pub struct Opening<'a> {
    /// Whose it is.
    pub member_id: &'a str,
    /// Where the member belongs.
    pub organization_id: &'a str,
    /// How long it lives; within [`LIFE`].
    pub minutes: i64,
    /// The caller's own claims.
    pub custom_claims: Map<String, Value>,
    /// The e-mail that the factor names.
    pub email_id: &'a str,
    /// The address that the factor names.
    pub email_address: &'a str,
    /// The factors of the session that this one is exchanged for; `None`: a new sign-in.
    pub factors: Option<Value>,
}

/// Opens a session. Returns it with its token, which is not stored and cannot be shown again.
///
/// The caller has made sure that the member is active.
pub fn open(tx: &Transaction, opening: &Opening, now: OffsetDateTime) -> Result<(Session, String), StoreError> {
    let token = ids::new_secret();
    let at = clock::text(now);
    let factors = opening.factors.clone().unwrap_or_else(|| {
        json!([{
            "type": "magic_link",
            "delivery_method": "email",
            "sequence_order": "PRIMARY",
            "created_at": at,
            "updated_at": at,
            "last_authenticated_at": at,
            "email_factor": {"email_id": opening.email_id, "email_address": opening.email_address},
        }])
    });
    let session = Session {
        member_session_id: ids::new_id("member-session"),
        member_id: opening.member_id.to_owned(),
        organization_id: opening.organization_id.to_owned(),
        started_at: at.clone(),
        last_accessed_at: at,
        expires_at: clock::text(now + Duration::minutes(opening.minutes)),
        authentication_factors: factors,
        custom_claims: opening.custom_claims.clone(),
        revoked_at: None,
        revoked_by: None,
    };
    tx.prepare_cached(
        "INSERT INTO sessions (member_session_id, member_id, organization_id, token_hash, started_at, last_accessed_at,
           expires_at, factors, custom_claims) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        session.member_session_id,
        session.member_id,
        session.organization_id,
        ids::hash(&token),
        session.started_at,
        session.expires_at,
        session.authentication_factors.to_string(),
        Value::Object(session.custom_claims.clone()).to_string(),
    ])?;
    Ok((session, token))
}

/// What an authentication changes in a session.
#[derive(Debug, Default)]
pub struct Renewal {
    /// A new life from now, in minutes; within [`LIFE`]. `None` leaves the end where it is.
    pub minutes: Option<i64>,
    /// Claims to set; null removes one.
    pub custom_claims: Map<String, Value>,
}

/// Notes that a session was used at `now`, and renews it.
pub fn touch(
    tx: &Transaction,
    session: &mut Session,
    renewal: &Renewal,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    session.last_accessed_at = clock::text(now);
    if let Some(minutes) = renewal.minutes {
        session.expires_at = clock::text(now + Duration::minutes(minutes));
    }
    for (name, value) in &renewal.custom_claims {
        if value.is_null() {
            session.custom_claims.shift_remove(name);
        } else {
            session.custom_claims.insert(name.clone(), value.clone());
        }
    }
    tx.prepare_cached(
        "UPDATE sessions SET last_accessed_at = ?2, expires_at = ?3, custom_claims = ?4 WHERE member_session_id = ?1",
    )?
    .execute(params![
        session.member_session_id,
        session.last_accessed_at,
        session.expires_at,
        Value::Object(session.custom_claims.clone()).to_string()
    ])?;
    Ok(())
}

/// Revokes a session at the wish of a caller of the API. Returns whether it stood.
pub fn revoke(tx: &Transaction, session: &Session, now: OffsetDateTime) -> Result<bool, StoreError> {
    let stood = session.stands(now);
    tx.prepare_cached(
        "UPDATE sessions SET revoked_at = ?2, revoked_by = 'direct:revoke' WHERE member_session_id = ?1 AND revoked_at IS NULL",
    )?
    .execute(params![session.member_session_id, clock::text(now)])?;
    Ok(stood)
}

impl Session {
    /// Whether it lets anybody in at `now`: neither revoked nor expired.
    #[must_use]
    pub fn stands(&self, now: OffsetDateTime) -> bool {
        self.revoked_at.is_none() && clock::parse(&self.expires_at).is_some_and(|end| end > now)
    }

    /// The ids of the roles that count in this session now. A role that single sign-on alone gives counts in sessions that
    /// began with it (<https://stytch.com/docs/multi-tenant-auth/enterprise-ready/rbac/assigning-roles-to-members>).
    pub fn roles(&self, conn: &Connection) -> Result<Vec<String>, StoreError> {
        let counts = |source: &RoleSource| source.sso_connection().is_none_or(|connection| self.came_by(connection));
        let held = roles_of(conn, &self.member_id)?.into_iter();
        Ok(held.filter(|role| role.sources.iter().any(counts)).map(|role| role.role_id).collect())
    }

    /// Whether it began with a sign-on by this connection.
    #[must_use]
    pub fn came_by(&self, sso_connection: &str) -> bool {
        let mut factors = self.authentication_factors.as_array().into_iter().flatten();
        factors.any(|factor| factor["saml_sso_factor"]["provider_id"] == sso_connection)
    }

    /// The MemberSession object.
    #[must_use]
    pub fn to_json(&self, organization_slug: &str, roles: &[String]) -> Value {
        json!({
            "member_session_id": self.member_session_id,
            "member_id": self.member_id,
            "organization_id": self.organization_id,
            "organization_slug": organization_slug,
            "started_at": self.started_at,
            "last_accessed_at": self.last_accessed_at,
            "expires_at": self.expires_at,
            "authentication_factors": self.authentication_factors,
            "roles": roles,
            "custom_claims": self.custom_claims,
        })
    }
}
