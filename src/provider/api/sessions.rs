//! `/v1/b2b/sessions`: authenticate, list, exchange, revoke, the JWKS; and, ours, open a session for a test and rotate the
//! signing key.
//!
//! What is revoked, expired, foreign or never was is one answer: `session_not_found`.

use axum::{
    Extension, Router,
    extract::{Path, State},
    routing,
};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::{
    context::{self, Context},
    envelope::{Answer, Reply},
    error::{self, ApiError},
    extract::{Args, Body, flag},
    member_session::{Acting, may},
    members,
    organizations::record::Organization,
};
use crate::provider::{
    effects::{Change, Via},
    model::{Member, MemberStatus},
    session::{
        self, LIFE, Name, Opening, Renewal, Session, USUAL_LIFE,
        jwt::{self, Claims, RESERVED_CLAIMS},
        rbac::{self, Policy},
    },
    store::Transaction,
};

/// The routes that need credentials.
pub fn routes() -> Router<Context> {
    Router::new()
        .route("/v1/b2b/sessions", routing::get(list))
        .route("/v1/b2b/sessions/create", routing::post(create))
        .route("/v1/b2b/sessions/authenticate", routing::post(authenticate))
        .route("/v1/b2b/sessions/exchange", routing::post(exchange))
        .route("/v1/b2b/sessions/revoke", routing::post(revoke))
        .route("/v1/b2b/sessions/jwks/rotate", routing::post(rotate))
}

/// The JWKS, which verifiers fetch without credentials.
pub fn public_routes() -> Router<Context> {
    Router::new().route("/v1/b2b/sessions/jwks/{project_id}", routing::get(jwks))
}

pub(super) fn duration(minutes: Option<i64>) -> Result<Option<i64>, ApiError> {
    match minutes {
        Some(minutes) if !LIFE.contains(&minutes) => Err((&error::SESSION_DURATION).into()),
        minutes => Ok(minutes),
    }
}

/// Bytes of custom claims: four kilobytes (stytch-node, `lib/b2b/sessions.ts`).
const CLAIMS_LIMIT: usize = 4096;

fn claims(claims: Option<Map<String, Value>>) -> Result<Map<String, Value>, ApiError> {
    let claims = claims.unwrap_or_default();
    if Value::Object(claims.clone()).to_string().len() > CLAIMS_LIMIT {
        return Err((&error::CLAIMS_TOO_LARGE).into());
    }
    match claims.keys().find(|name| RESERVED_CLAIMS.contains(&name.as_str())) {
        Some(name) => {
            Err(ApiError::new(&error::RESERVED_CLAIM, format!("session_custom_claims may not name {name:?}")))
        }
        None => Ok(claims),
    }
}

/// A session as it is to be answered.
pub(super) struct Answered {
    session: Session,
    organization: Organization,
    member: Value,
    session_json: Value,
}

impl Answered {
    pub(super) fn of(conn: &Connection, session: Session) -> Result<Answered, ApiError> {
        let organization = context::organization(conn, &session.organization_id)?;
        let member = Member::get(conn, &session.member_id)?.ok_or(&error::SESSION_NOT_FOUND)?.to_json(conn)?;
        let session_json = session.to_json(&organization.organization_slug, &session.roles(conn)?);
        Ok(Answered { session, organization, member, session_json })
    }

    /// Signs the JWT, and gives the documented answer. The token is known only to who has just sent or made it: for a
    /// session that was named by its JWT it stays empty, because it is stored as a hash.
    pub(super) async fn reply(self, context: &Context, token: &str, verdict: Option<Value>) -> Answer {
        let key = context.keys.signing().await?;
        let organization = &self.organization;
        let claims = Claims {
            project_id: &context.state.settings.project_id,
            member_id: &self.session.member_id,
            organization_id: &organization.organization_id,
            organization_slug: &organization.organization_slug,
            session: &self.session_json,
            custom: &self.session.custom_claims,
        };
        let jwt = jwt::sign(&key, &claims, context.state.clock.now())
            .map_err(|error| ApiError::from(session::keys::KeyError::from(error)))?;
        let organization = context.read(|conn| Ok(organization.to_json(conn)?))?;
        let mut body = json!({
            "member_session": self.session_json,
            "session_token": token,
            "session_jwt": jwt,
            "member": self.member,
            "member_id": self.session.member_id,
            "organization": organization,
        });
        if let Some(verdict) = verdict {
            body["verdict"] = verdict;
        }
        Ok(Reply::of(body))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Create {
    organization_id: String,
    member_id: Option<String>,
    email_address: Option<String>,
    session_duration_minutes: Option<i64>,
    session_custom_claims: Option<Map<String, Value>>,
}

/// Ours: what a sign-in by magic link, SSO or password does in the real service. Only an active member gets in.
async fn create(State(context): State<Context>, Body(body): Body<Create>) -> Answer {
    let minutes = duration(body.session_duration_minutes)?.unwrap_or(USUAL_LIFE);
    let custom_claims = claims(body.session_custom_claims)?;
    let now = context.state.clock.now();
    let (answered, token) = context.write(|tx| {
        let organization = context::organization(tx, &body.organization_id)?;
        let member = members::named(tx, &organization, body.member_id.as_deref(), body.email_address.as_deref())?;
        if member.status != MemberStatus::Active {
            return Err((&error::MEMBER_NOT_ACTIVE).into());
        }
        let opening = Opening {
            member_id: &member.member_id,
            organization_id: &organization.organization_id,
            minutes,
            custom_claims,
            email_id: &member.email_id,
            email_address: &member.email_address,
            factors: None,
        };
        let (session, token) = session::open(tx, &opening, now)?;
        Ok((Answered::of(tx, session)?, token))
    })?;
    answered.reply(&context, &token, None).await
}

/// The session that a token or a JWT belongs to, if it stands.
pub(super) fn presented(
    context: &Context,
    conn: &Connection,
    keys: &[std::sync::Arc<jwt::SigningKey>],
    token: Option<&str>,
    jwt: Option<&str>,
) -> Result<Session, ApiError> {
    let session = match (token, jwt) {
        (Some(token), None) => session::find(conn, &Name::Token(token))?,
        (None, Some(jwt)) => {
            let project_id = &context.state.settings.project_id;
            let verified = jwt::verify(jwt, keys.iter().map(AsRef::as_ref), project_id)
                .map_err(|_| ApiError::from(&error::INVALID_SESSION_JWT))?;
            session::find(conn, &Name::Id(&verified.member_session_id))?
                .filter(|session| session.member_id == verified.member_id)
        }
        (None, None) => return Err((&error::NO_SESSION_ARGUMENTS).into()),
        (Some(_), Some(_)) => return Err((&error::TOO_MANY_SESSION_ARGUMENTS).into()),
    };
    session
        .filter(|session| session.stands(context.state.clock.now()))
        .ok_or_else(|| (&error::SESSION_NOT_FOUND).into())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Authenticate {
    session_token: Option<String>,
    session_jwt: Option<String>,
    session_duration_minutes: Option<i64>,
    session_custom_claims: Option<Map<String, Value>>,
    authorization_check: Option<Check>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    organization_id: String,
    resource_id: String,
    action: String,
}

async fn authenticate(State(context): State<Context>, Body(body): Body<Authenticate>) -> Answer {
    let renewal = Renewal {
        minutes: duration(body.session_duration_minutes)?,
        custom_claims: claims(body.session_custom_claims)?,
    };
    let keys = if body.session_jwt.is_some() { context.keys.published()? } else { Vec::new() };
    let now = context.state.clock.now();
    let (answered, verdict) = context.write(|tx| {
        let mut session = presented(&context, tx, &keys, body.session_token.as_deref(), body.session_jwt.as_deref())?;
        let verdict = body.authorization_check.as_ref().map(|check| authorize(tx, &session, check)).transpose()?;
        session::touch(tx, &mut session, &renewal, now)?;
        Ok((Answered::of(tx, session)?, verdict))
    })?;
    answered.reply(&context, body.session_token.as_deref().unwrap_or_default(), verdict).await
}

/// Whether the member's roles allow what is asked, in its own organization only.
fn authorize(conn: &Connection, session: &Session, check: &Check) -> Result<Value, ApiError> {
    let own = Organization::find(conn, &check.organization_id)?
        .is_some_and(|organization| organization.organization_id == session.organization_id);
    if !own {
        return Err((&error::AUTHORIZATION_TENANCY).into());
    }
    let granting = granting(conn, session, &check.resource_id, &check.action)?;
    Ok(json!({"authorized": true, "granting_roles": granting}))
}

/// The member's roles that allow an action; an error if none does.
pub(super) fn granting(
    conn: &Connection,
    session: &Session,
    resource_id: &str,
    action: &str,
) -> Result<Vec<String>, ApiError> {
    let policy = Policy::put_by_user(conn)?.unwrap_or_default().completed();
    let custom = rbac::custom_roles(conn, &session.organization_id)?;
    let held = session.roles(conn)?;
    let granting = policy.granting(&custom, &held, resource_id, action);
    if granting.is_empty() {
        return Err((&error::AUTHORIZATION).into());
    }
    Ok(granting.into_iter().map(str::to_owned).collect())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OfMember {
    organization_id: String,
    member_id: String,
    /// Ours: also those that were revoked, with the time and the cause.
    #[serde(default, deserialize_with = "flag")]
    include_revoked: bool,
}

async fn list(State(context): State<Context>, Args(args): Args<OfMember>) -> Answer {
    context.read(|conn| {
        let organization = context::organization(conn, &args.organization_id)?;
        let member = context::member(conn, &organization, &args.member_id)?;
        let now = context.state.clock.now();
        let found = if args.include_revoked {
            session::with_revoked(conn, &member.member_id, now)?
        } else {
            session::open_of(conn, &member.member_id, now)?
        };
        let sessions: Vec<Value> = found
            .iter()
            .map(|session| {
                let mut shown = session.to_json(&organization.organization_slug, &session.roles(conn)?);
                if args.include_revoked {
                    shown["revoked_at"] = json!(session.revoked_at);
                    shown["revoked_by"] = json!(session.revoked_by);
                }
                Ok(shown)
            })
            .collect::<Result<_, ApiError>>()?;
        Ok(Reply::of(json!({"member_sessions": sessions})))
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    organization_id: String,
    session_token: Option<String>,
    session_jwt: Option<String>,
    session_duration_minutes: Option<i64>,
    session_custom_claims: Option<Map<String, Value>>,
}

/// Changes to another organization in which the same person, by e-mail, is an active member. The old session ends.
async fn exchange(State(context): State<Context>, Body(body): Body<Exchange>) -> Answer {
    let minutes = duration(body.session_duration_minutes)?.unwrap_or(USUAL_LIFE);
    let custom_claims = claims(body.session_custom_claims)?;
    let keys = if body.session_jwt.is_some() { context.keys.published()? } else { Vec::new() };
    let now = context.state.clock.now();
    let (answered, token) = context.write(|tx| {
        let old = presented(&context, tx, &keys, body.session_token.as_deref(), body.session_jwt.as_deref())?;
        let organization = context::organization(tx, &body.organization_id)?;
        let person = Member::get(tx, &old.member_id)?.ok_or(&error::SESSION_NOT_FOUND)?;
        let member = Member::by_email(tx, &organization.organization_id, &person.email_address)?
            .ok_or(&error::MEMBER_NOT_FOUND)?;
        if member.status != MemberStatus::Active {
            return Err((&error::MEMBER_NOT_ACTIVE).into());
        }
        end(&context, tx, &old, now)?;
        let opening = Opening {
            member_id: &member.member_id,
            organization_id: &organization.organization_id,
            minutes,
            custom_claims,
            email_id: &member.email_id,
            email_address: &member.email_address,
            factors: Some(old.authentication_factors),
        };
        let (session, token) = session::open(tx, &opening, now)?;
        Ok((Answered::of(tx, session)?, token))
    })?;
    answered.reply(&context, &token, None).await
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoke {
    member_session_id: Option<String>,
    session_token: Option<String>,
    session_jwt: Option<String>,
    member_id: Option<String>,
}

/// One session, or all of a member. A session that is gone already is `session_not_found`; a member without sessions is
/// not an error.
///
/// In the name of a member: one's own, or others of the organization with the permission for it.
async fn revoke(State(context): State<Context>, acting: Option<Extension<Acting>>, Body(body): Body<Revoke>) -> Answer {
    let Revoke { member_session_id, session_token, session_jwt, member_id } = &body;
    let given = [member_session_id, session_token, session_jwt, member_id].iter().filter(|name| name.is_some()).count();
    match given {
        1 => {}
        0 => return Err((&error::NO_REVOKE_ARGUMENTS).into()),
        _ => return Err((&error::TOO_MANY_REVOKE_ARGUMENTS).into()),
    }
    let keys = if session_jwt.is_some() { context.keys.published()? } else { Vec::new() };
    let now = context.state.clock.now();
    let allowed = |conn: &Connection, member: &Member| match &acting {
        Some(Extension(Acting(session))) => may(conn, session, member, "revoke-sessions"),
        None => Ok(()),
    };
    context.write(|tx| {
        if let Some(member_id) = member_id {
            let member = Member::get(tx, member_id)?.ok_or(&error::MEMBER_NOT_FOUND)?;
            allowed(tx, &member)?;
            for session in session::open_of(tx, member_id, now)? {
                end(&context, tx, &session, now)?;
            }
            return Ok(Reply::of(json!({})));
        }
        let session = match member_session_id {
            Some(id) => session::find(tx, &Name::Id(id))?
                .filter(|session| session.stands(now))
                .ok_or(&error::SESSION_NOT_FOUND)?,
            None => presented(&context, tx, &keys, session_token.as_deref(), session_jwt.as_deref())?,
        };
        if let Some(Extension(Acting(own))) = &acting
            && own.organization_id != session.organization_id
        {
            return Err((&error::SESSION_NOT_FOUND).into());
        }
        allowed(tx, &Member::get(tx, &session.member_id)?.ok_or(&error::SESSION_NOT_FOUND)?)?;
        end(&context, tx, &session, now)?;
        Ok(Reply::of(json!({})))
    })
}

/// Revokes a session, and lets the streams of security events know.
pub(super) fn end(context: &Context, tx: &Transaction, session: &Session, now: OffsetDateTime) -> Result<(), ApiError> {
    session::revoke(tx, session, now)?;
    let change = Change::SessionRevoked {
        member_id: session.member_id.clone(),
        member_session_id: session.member_session_id.clone(),
    };
    context.apply(tx, &context.origin(&session.organization_id, Via::Post), &change)
}

/// RFC 7517 section 5, in the envelope, as the real service answers.
async fn jwks(State(context): State<Context>, Path(project_id): Path<String>) -> Answer {
    if project_id != context.state.settings.project_id {
        return Err((&error::ROUTE_NOT_FOUND).into());
    }
    // A verifier that comes before the first session must find a key all the same.
    context.keys.signing().await?;
    Ok(Reply::of(context.keys.jwks()?))
}

/// Ours: replaces the signing key at once; the old one stays published for the overlap.
async fn rotate(State(context): State<Context>) -> Answer {
    let key = context.keys.rotate().await?;
    Ok(Reply::of(json!({"kid": key.kid()})))
}
