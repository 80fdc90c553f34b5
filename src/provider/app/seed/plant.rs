//! A seed, step by step, each a call.

use std::collections::HashMap;

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::{
    Seed, SeedError, Seeded, SeededClient, SeededConnection, SeededEndpoint, SeededGroup, SeededMember,
    SeededOrganization, SeededSession,
    document::{Client, Connection, Endpoint, Group, Member, Organization, Session, Status},
    secrets,
};
use crate::provider::{
    app::{
        State,
        caller::{CallError, Caller, text},
    },
    store::{StoreError, Transaction},
};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

type Planted<T> = Result<T, SeedError>;

/// What every step needs.
struct Planter<'a> {
    state: &'a State,
    project: &'a Caller,
}

/// Makes what the seed says and is not there yet.
pub(in crate::provider::app) async fn plant(state: &State, project: &Caller, seed: &Seed) -> Planted<Seeded> {
    let planter = Planter { state, project };
    planter.policy(seed).await?;
    for (n, given) in seed.project_secrets.iter().enumerate() {
        let place = format!("project_secrets[{n}].secret");
        secrets::check(&given.secret).map_err(|problem| SeedError::at(&place, problem))?;
        planter.write(&place, |tx| secrets::project_secret(tx, &given.name, &given.secret, state.clock.now()))?;
    }
    let mut seeded = Seeded::default();
    for (n, organization) in seed.organizations.iter().enumerate() {
        let place = format!("organizations[{n}]");
        if seed.organizations[..n].iter().any(|other| other.organization_slug == organization.organization_slug) {
            let problem = format!("organization_slug {:?} is there twice", organization.organization_slug);
            return Err(SeedError::at(place, problem));
        }
        seeded.organizations.push(planter.organization(&place, organization).await?);
    }
    for (n, client) in seed.m2m_clients.iter().enumerate() {
        seeded.m2m_clients.push(planter.client(&format!("m2m_clients[{n}]"), client, &seeded.organizations).await?);
    }
    seeded.webhook_endpoints = planter.endpoints("webhook_endpoints", &seed.webhook_endpoints, None).await?;
    Ok(seeded)
}

impl Planter<'_> {
    async fn call(&self, place: &str, method: Method, path: &str, body: Value) -> Planted<Value> {
        self.project.done(method, path, Some(body)).await.map_err(|error| refused(place, &error))
    }

    fn write<T>(&self, place: &str, work: impl FnOnce(&Transaction) -> Result<T, StoreError>) -> Planted<T> {
        self.state.store.write(work).map_err(|error| {
            let problem = match error.violated_unique() {
                Some(_) => "is used already".to_owned(),
                None => error.to_string(),
            };
            SeedError::at(place, problem)
        })
    }

    /// Puts the policy, unless somebody has put one: what was edited since the last start is kept.
    async fn policy(&self, seed: &Seed) -> Planted<()> {
        let Some(policy) = &seed.rbac_policy else { return Ok(()) };
        let known = self.state.store.read(crate::provider::session::rbac::Policy::put_by_user);
        if known.map_err(|error: StoreError| SeedError::at("rbac_policy", error))?.is_none() {
            self.call("rbac_policy", Method::PUT, "/v1/b2b/rbac/policy", json!({"policy": policy})).await?;
        }
        Ok(())
    }

    async fn organization(&self, place: &str, given: &Organization) -> Planted<SeededOrganization> {
        let slug = given.organization_slug.as_str();
        let half_made = self.state.store.read(secrets::half_made);
        let half_made = half_made.map_err(|error: StoreError| SeedError::at(place, error))?;
        let by_slug = format!("/v1/b2b/organizations/{}", segment(slug));
        let (status, found) =
            self.project.send(Method::GET, &by_slug, None).await.map_err(|error| refused(place, &error))?;
        if status == 200 && half_made.as_deref() == Some(slug) {
            self.call(place, Method::DELETE, &by_slug, json!({})).await?;
        } else if status == 200 {
            return self.known(place, given, &found["organization"]);
        }
        self.write(place, |tx| secrets::begin(tx, slug))?;
        let made = self.make(place, given).await?;
        self.write(place, secrets::end)?;
        Ok(made)
    }

    /// What can still be said of an organization that was there.
    fn known(&self, place: &str, given: &Organization, found: &Value) -> Planted<SeededOrganization> {
        let connection = &found["scim_active_connection"]["connection_id"];
        let scim_connection = match connection.as_str() {
            None => None,
            Some(id) => {
                let token = given.scim_connection.as_ref().and_then(|connection| connection.bearer_token.as_deref());
                let opens = |token: &&str| {
                    let now = self.state.clock.now();
                    self.state.store.read(|conn| secrets::opens(conn, id, token, now)).unwrap_or(false)
                };
                Some(SeededConnection {
                    connection_id: id.to_owned(),
                    scim_base_url: format!("{}/v1/b2b/scim/{id}", self.state.settings.api_base_url),
                    scim_token: token.filter(opens).map(str::to_owned),
                })
            }
        };
        Ok(SeededOrganization {
            organization_slug: given.organization_slug.clone(),
            organization_id: text(found, "organization_id", place).map_err(|error| refused(place, &error))?,
            created: false,
            scim_connection,
            members: Vec::new(),
            groups: Vec::new(),
            sessions: Vec::new(),
            webhook_endpoints: Vec::new(),
        })
    }

    async fn make(&self, place: &str, given: &Organization) -> Planted<SeededOrganization> {
        let mut body = given.fields.clone();
        body.insert("organization_slug".to_owned(), json!(given.organization_slug));
        body.entry("organization_name").or_insert_with(|| json!(given.organization_slug));
        let made = self.call(place, Method::POST, "/v1/b2b/organizations", Value::Object(body)).await?;
        let id = text(&made["organization"], "organization_id", place).map_err(|error| refused(place, &error))?;
        let mut seeded = SeededOrganization {
            organization_slug: given.organization_slug.clone(),
            organization_id: id.clone(),
            created: true,
            scim_connection: None,
            members: Vec::new(),
            groups: Vec::new(),
            sessions: Vec::new(),
            webhook_endpoints: Vec::new(),
        };
        if let Some(connection) = &given.scim_connection {
            self.connection(&format!("{place}.scim_connection"), &mut seeded, connection).await?;
        }
        for (n, member) in given.members.iter().enumerate() {
            self.member(&format!("{place}.members[{n}]"), &mut seeded, member).await?;
        }
        for (n, session) in given.sessions.iter().enumerate() {
            self.session(&format!("{place}.sessions[{n}]"), &mut seeded, session).await?;
        }
        // Last, so that seeding sends no events.
        let place = format!("{place}.webhook_endpoints");
        seeded.webhook_endpoints = self.endpoints(&place, &given.webhook_endpoints, Some(&id)).await?;
        Ok(seeded)
    }

    async fn connection(&self, place: &str, seeded: &mut SeededOrganization, given: &Connection) -> Planted<()> {
        let path = format!("/v1/b2b/scim/{}/connection", seeded.organization_id);
        let mut body = Map::new();
        for (key, value) in [("display_name", &given.display_name), ("identity_provider", &given.identity_provider)] {
            if let Some(value) = value {
                body.insert(key.to_owned(), json!(value));
            }
        }
        let made = self.call(place, Method::POST, &path, Value::Object(body)).await?["connection"].take();
        let read = |field| text(&made, field, place).map_err(|error| refused(place, &error));
        let (id, scim_base_url, mut token) = (read("connection_id")?, read("base_url")?, read("bearer_token")?);
        if let Some(given) = &given.bearer_token {
            let place = format!("{place}.bearer_token");
            secrets::check(given).map_err(|problem| SeedError::at(&place, problem))?;
            self.write(&place, |tx| secrets::connection_token(tx, &id, given))?;
            token.clone_from(given);
        }
        let scim = self.project.with_token(&token);
        let base = format!("/v1/b2b/scim/{id}");
        let mut users = HashMap::new();
        for (n, user) in given.users.iter().enumerate() {
            let place = format!("{place}.users[{n}]");
            let made = post(&scim, &place, &format!("{base}/Users"), with_schemas(user)).await?;
            let read = |field| text(&made, field, &place).map_err(|error| refused(&place, &error));
            let (member_id, user_name) = (read("id")?, read("userName")?);
            users.insert(user_name.to_lowercase(), member_id.clone());
            seeded.members.push(SeededMember { email_address: user_name, member_id });
        }
        let mut assignments = Vec::new();
        for (n, group) in given.groups.iter().enumerate() {
            let place = format!("{place}.groups[{n}]");
            let made = post(&scim, &place, &format!("{base}/Groups"), group_body(&place, group, &users)?).await?;
            let group_id = text(&made, "id", &place).map_err(|error| refused(&place, &error))?;
            assignments.extend(group.roles.iter().map(|role| json!({"role_id": role, "group_id": group_id})));
            seeded.groups.push(SeededGroup { group_name: group.display_name.clone(), group_id });
        }
        if !assignments.is_empty() {
            let body = json!({"scim_group_implicit_role_assignments": assignments});
            self.call(&format!("{place}.groups"), Method::PUT, &format!("{path}/{id}"), body).await?;
        }
        seeded.scim_connection = Some(SeededConnection { connection_id: id, scim_base_url, scim_token: Some(token) });
        Ok(())
    }

    async fn member(&self, place: &str, seeded: &mut SeededOrganization, given: &Member) -> Planted<()> {
        let path = format!("/v1/b2b/organizations/{}/members", seeded.organization_id);
        let mut body = given.fields.clone();
        let known = find(&seeded.members, &given.email_address).map(str::to_owned);
        let member_id = match known {
            Some(id) => {
                self.call(place, Method::PUT, &format!("{path}/{id}"), Value::Object(body)).await?;
                id
            }
            None => {
                body.insert("email_address".to_owned(), json!(given.email_address));
                if given.status == Status::Pending {
                    body.insert("create_member_as_pending".to_owned(), json!(true));
                }
                let made = self.call(place, Method::POST, &path, Value::Object(body)).await?;
                let member_id = text(&made, "member_id", place).map_err(|error| refused(place, &error))?;
                let email_address = given.email_address.clone();
                seeded.members.push(SeededMember { email_address, member_id: member_id.clone() });
                member_id
            }
        };
        if given.email_address_verified {
            self.write(place, |tx| secrets::verified(tx, &member_id, self.state.clock.now()))?;
        }
        if given.status == Status::Deleted {
            self.call(place, Method::DELETE, &format!("{path}/{member_id}"), json!({})).await?;
        }
        Ok(())
    }

    async fn session(&self, place: &str, seeded: &mut SeededOrganization, given: &Session) -> Planted<()> {
        let mut body = json!({"organization_id": seeded.organization_id, "email_address": given.email_address});
        if let Some(minutes) = given.session_duration_minutes {
            body["session_duration_minutes"] = json!(minutes);
        }
        if let Some(claims) = &given.session_custom_claims {
            body["session_custom_claims"] = json!(claims);
        }
        let made = self.call(place, Method::POST, "/v1/b2b/sessions/create", body).await?;
        let read = |object: &Value, field| text(object, field, place).map_err(|error| refused(place, &error));
        let member_session_id = read(&made["member_session"], "member_session_id")?;
        let mut session_token = read(&made, "session_token")?;
        if let Some(given) = &given.session_token {
            let place = format!("{place}.session_token");
            secrets::check(given).map_err(|problem| SeedError::at(&place, problem))?;
            self.write(&place, |tx| secrets::session_token(tx, &member_session_id, given))?;
            session_token.clone_from(given);
        }
        let email_address = given.email_address.clone();
        seeded.sessions.push(SeededSession { email_address, member_session_id, session_token });
        Ok(())
    }

    /// Makes a machine client, unless there is one of its id.
    async fn client(&self, place: &str, given: &Client, known: &[SeededOrganization]) -> Planted<SeededClient> {
        let client_id = given.client_id.clone();
        let path = format!("/v1/m2m/clients/{}", segment(&client_id));
        let (status, _) = self.project.send(Method::GET, &path, None).await.map_err(|error| refused(place, &error))?;
        if status == 200 {
            return Ok(SeededClient { client_id, client_secret: None });
        }
        let mut body = given.fields.clone();
        body.insert("client_id".to_owned(), json!(client_id));
        if let Some(slug) = &given.organization_slug {
            let connection = known.iter().find(|organization| organization.organization_slug == *slug);
            let connection =
                connection.and_then(|organization| organization.scim_connection.as_ref()).ok_or_else(|| {
                    let problem = format!("no organization {slug:?} of the file has a SCIM connection");
                    SeedError::at(format!("{place}.organization_slug"), problem)
                })?;
            body.insert("connection_id".to_owned(), json!(connection.connection_id));
        }
        let made = self.call(place, Method::POST, "/v1/m2m/clients", Value::Object(body)).await?;
        let secret = text(&made["m2m_client"], "client_secret", place).map_err(|error| refused(place, &error))?;
        Ok(SeededClient { client_id, client_secret: Some(secret) })
    }

    /// Makes endpoints, but those of a URL that the same organization, or the project, has already.
    async fn endpoints(
        &self,
        place: &str,
        given: &[Endpoint],
        organization: Option<&str>,
    ) -> Planted<Vec<SeededEndpoint>> {
        let path = "/v1/webhooks/endpoints";
        let known = self.project.done(Method::GET, path, None).await.map_err(|error| refused(place, &error))?;
        let known = known["endpoints"].clone();
        let known = known.as_array().cloned().unwrap_or_default();
        let mut seeded = Vec::new();
        for (n, endpoint) in given.iter().enumerate() {
            let place = format!("{place}[{n}]");
            let same = known
                .iter()
                .find(|known| known["url"] == json!(endpoint.url) && known["organization_id"].as_str() == organization);
            if let Some(same) = same {
                let endpoint_id = text(same, "endpoint_id", &place).map_err(|error| refused(&place, &error))?;
                seeded.push(SeededEndpoint { url: endpoint.url.clone(), endpoint_id, secret: None });
                continue;
            }
            let mut body = json!({"url": endpoint.url, "event_types": endpoint.event_types});
            if let Some(id) = organization {
                body["organization_id"] = json!(id);
            }
            let made = self.call(&place, Method::POST, path, body).await?;
            let read = |field| text(&made, field, &place).map_err(|error| refused(&place, &error));
            let (endpoint_id, mut secret) = (read("endpoint_id")?, read("secret")?);
            if let Some(given) = &endpoint.secret {
                let place = format!("{place}.secret");
                secrets::check_webhook(given).map_err(|problem| SeedError::at(&place, problem))?;
                self.write(&place, |tx| secrets::webhook_secret(tx, &endpoint_id, given))?;
                secret.clone_from(given);
            }
            seeded.push(SeededEndpoint { url: endpoint.url.clone(), endpoint_id, secret: Some(secret) });
        }
        Ok(seeded)
    }
}

fn refused(place: &str, error: &CallError) -> SeedError {
    SeedError::at(place, error.message())
}

async fn post(scim: &Caller, place: &str, path: &str, body: Value) -> Planted<Value> {
    scim.done(Method::POST, path, Some(body)).await.map_err(|error| refused(place, &error))
}

fn find<'s>(members: &'s [SeededMember], email: &str) -> Option<&'s str> {
    let same = |member: &&SeededMember| member.email_address.eq_ignore_ascii_case(email);
    members.iter().find(same).map(|member| member.member_id.as_str())
}

/// A slug as a segment of a path. One that is none will be refused when the organization is made.
fn segment(slug: &str) -> String {
    url::form_urlencoded::byte_serialize(slug.as_bytes()).collect()
}

/// The user with the `schemas` that its keys need, unless it says them itself.
fn with_schemas(user: &Map<String, Value>) -> Value {
    let mut user = user.clone();
    if !user.contains_key("schemas") {
        let extensions = user.keys().filter(|key| key.starts_with("urn:")).map(String::as_str);
        let schemas: Vec<&str> = std::iter::once(USER).chain(extensions).collect();
        let schemas = json!(schemas);
        user.insert("schemas".to_owned(), schemas);
    }
    Value::Object(user)
}

fn group_body(place: &str, group: &Group, users: &HashMap<String, String>) -> Planted<Value> {
    let mut members = Vec::new();
    for name in &group.members {
        let id = users.get(&name.to_lowercase()).ok_or_else(|| {
            SeedError::at(format!("{place}.members"), format!("no user of the connection has the userName {name:?}"))
        })?;
        members.push(json!({"value": id}));
    }
    let mut body = json!({"schemas": [GROUP], "displayName": group.display_name, "members": members});
    if let Some(id) = &group.external_id {
        body["externalId"] = json!(id);
    }
    Ok(body)
}
