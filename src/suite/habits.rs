//! What a target that nobody here wrote makes of a plain user and a plain group, tried once a run before the first
//! scenario.
//!
//! A server may ask for more than a `userName`, may have no groups, and is free to alter or ignore what a client sends
//! (RFC 7644 section 3.3). A scenario that happens to use what such a server does not keep would accuse it of something
//! else. What is found here lets the [excuses](super::excuse) tell the two apart. It is also the test of whether the run
//! can leave the target as it found it: where the first user cannot be deleted, no second one is made.

use serde_json::{Map, Value, json};

use super::steps::complete;
use crate::{
    check::Discovery,
    scim::urn,
    verdict::Abort,
    wire::{Client, Exchange, Request, Sender, url_encode},
};

/// What the target makes of plain resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Habits {
    /// Why it does not take a user with name, displayName, e-mail address and active.
    pub user_refused: Option<Refusal>,
    /// Why it does not take a user with a userName and nothing else, where it takes the one above.
    pub bare_user_refused: Option<Refusal>,
    /// Why it does not take a group.
    pub group_refused: Option<Refusal>,
    /// Why it does not take a PATCH of a user's displayName.
    pub patch_refused: Option<Refusal>,
    /// How it fails at filters that combine comparisons, where it finds the user by each of them.
    pub uncombined: Option<Uncombined>,
    /// Whether it answers a filter that matches nobody with somebody, or counts somebody: then every look-up shows what
    /// others made.
    pub ignores_filters: bool,
    /// Attributes that it does not keep, with the endpoint: `("/Users", "title")`.
    pub lost: Vec<(&'static str, &'static str)>,
}

/// How a plain resource was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The status.
    pub status: u16,
    /// Status and body, for a person.
    pub words: String,
}

/// A target's answer to a filter with `and`, or with `and` and parentheses, by which it should have found a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Uncombined {
    /// Whether only parentheses are too much for it.
    pub grouping: bool,
    /// Filter and answer, for a person.
    pub words: String,
}

impl Uncombined {
    /// Whether a filter needs what the target does not do. Texts that are compared with are none of its words.
    pub fn concerns(&self, filter: &str) -> bool {
        let words = outside_quotes(filter).to_ascii_lowercase();
        words.contains('(') || (!self.grouping && [" and ", " or "].iter().any(|word| words.contains(word)))
    }
}

/// A filter without the texts in it, whose quotes stay.
fn outside_quotes(filter: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let kept = |c: &char| {
        let ends = *c == '"' && !escaped;
        escaped = quoted && !escaped && *c == '\\';
        quoted ^= ends;
        ends || !quoted
    };
    filter.chars().filter(kept).collect()
}

/// What is tried on a user besides the plain attributes.
const MORE: [&str; 6] = ["title", "nickName", "externalId", "phoneNumbers", "addresses", urn::ENTERPRISE_USER];

impl Habits {
    /// Tries the target through a client whose ledger will delete what is made. `leave` says that the user accepts what
    /// cannot be deleted.
    ///
    /// # Errors
    /// If what was made cannot be deleted.
    pub async fn learn(client: &Client, run_id: &str, discovery: &Discovery, leave: bool) -> Result<Habits, Abort> {
        let mut habits = Habits::default();
        let mut trial = Trial { client, run_id, discovery, number: 0 };
        let body = trial.plain_user();
        match trial.create("/Users", body).await {
            Ok(user) => {
                habits.lost.extend(trial.lost(&user).await);
                habits.patch_refused = trial.patch(&user).await.err();
                habits.uncombined = trial.uncombined(&user).await;
                habits.ignores_filters = trial.ignores_filters().await;
                let gone = trial.delete(&user).await;
                if !leave {
                    gone?;
                }
                let bare = trial.bare_user();
                habits.bare_user_refused = trial.post("/Users", bare).await.err();
                habits.lost.extend(trial.lost_of(&MORE).await);
            }
            Err(refusal) => habits.user_refused = Some(refusal),
        }
        trial.learn_group(&mut habits).await;
        Ok(habits)
    }
}

/// A resource that was made, with what was sent for it and what was answered.
struct Made {
    endpoint: &'static str,
    id: String,
    sent: Map<String, Value>,
    answer: Value,
}

struct Trial<'a> {
    client: &'a Client,
    run_id: &'a str,
    discovery: &'a Discovery,
    number: usize,
}

impl Trial<'_> {
    fn name(&mut self) -> String {
        self.number += 1;
        format!("trial.{}-{}", self.run_id, self.number)
    }

    /// The user that scenarios set up. Her displayName is none that a server would make from her name.
    fn plain_user(&mut self) -> Map<String, Value> {
        let name = self.name();
        object(json!({
            "schemas": [urn::USER],
            "userName": format!("{name}@example.com"),
            "name": {"givenName": "Given", "familyName": "Family"},
            "displayName": format!("Shown {name}"),
            "emails": [{"value": format!("{name}@work.example"), "type": "work", "primary": true}],
            "active": true,
        }))
    }

    fn bare_user(&mut self) -> Map<String, Value> {
        let name = self.name();
        object(json!({"schemas": [urn::USER], "userName": format!("{name}@example.com")}))
    }

    /// Creates a resource with what the target's schemas require besides.
    async fn create(&mut self, endpoint: &'static str, sent: Map<String, Value>) -> Result<Made, Refusal> {
        let mut body = Value::Object(sent);
        complete(&mut body, endpoint, self.discovery, &format!("{}-{}", self.run_id, self.number), &[]);
        self.post(endpoint, object(body)).await
    }

    async fn post(&mut self, endpoint: &'static str, sent: Map<String, Value>) -> Result<Made, Refusal> {
        let request = Request::new("POST", endpoint).header("Accept", SCIM).json(SCIM, &Value::Object(sent.clone()));
        let exchange = self.client.send(Sender::Client, request).await;
        let answer = exchange.json().unwrap_or_default();
        match (exchange.status(), answer.get("id").and_then(Value::as_str)) {
            (Some(200 | 201), Some(id)) => Ok(Made { endpoint, id: id.to_owned(), sent, answer }),
            _ => Err(refusal(&exchange)),
        }
    }

    /// The simplest PATCH there is.
    async fn patch(&self, made: &Made) -> Result<(), Refusal> {
        let operation = json!({"op": "replace", "path": "displayName", "value": "Trial"});
        let body = json!({"schemas": [urn::PATCH_OP], "Operations": [operation]});
        let request = Request::new("PATCH", path(made)).header("Accept", SCIM).json(SCIM, &body);
        let exchange = self.client.send(Sender::Client, request).await;
        let fails = exchange.status().is_some_and(|status| matches!(status, 404 | 405 | 500..));
        if fails { Err(refusal(&exchange)) } else { Ok(()) }
    }

    /// Looks for the user by a plain comparison, by two of them, and by a group of them.
    async fn uncombined(&self, made: &Made) -> Option<Uncombined> {
        let name = Value::String(made.answer["userName"].as_str()?.to_owned());
        let plain = format!("userName eq {name}");
        if self.finds(&plain, &made.id).await.is_err() {
            return None;
        }
        for (grouping, filter) in
            [(false, format!("{plain} and {plain}")), (true, format!("{plain} and ({plain} or {plain})"))]
        {
            if let Err(words) = self.finds(&filter, &made.id).await {
                return Some(Uncombined { grouping, words });
            }
        }
        None
    }

    /// Looks for somebody who does not exist while the user does.
    async fn ignores_filters(&self) -> bool {
        let filter = url_encode(&format!("userName eq \"nobody.{}@example.com\"", self.run_id));
        let request = Request::new("GET", format!("/Users?filter={filter}")).header("Accept", SCIM);
        let answer = self.client.send(Sender::Client, request).await.json().unwrap_or_default();
        let counted = answer["totalResults"].as_u64().is_some_and(|total| total > 0);
        counted || answer["Resources"].as_array().is_some_and(|listed| !listed.is_empty())
    }

    async fn finds(&self, filter: &str, id: &str) -> Result<(), String> {
        let request = Request::new("GET", format!("/Users?filter={}", url_encode(filter))).header("Accept", SCIM);
        let exchange = self.client.send(Sender::Client, request).await;
        let found = exchange.json().is_some_and(|list| {
            list["Resources"].as_array().is_some_and(|items| items.iter().any(|item| item["id"] == id))
        });
        if found { Ok(()) } else { Err(format!("{filter}: {}", refusal(&exchange).words)) }
    }

    async fn delete(&self, made: &Made) -> Result<(), Abort> {
        let exchange = self.client.send(Sender::Client, Request::new("DELETE", path(made))).await;
        match exchange.status() {
            Some(200..=299 | 404 | 410) => Ok(()),
            _ => Err(Abort::new(
                format!("the target does not delete what the run makes: {}", exchange.line()),
                "give the credentials the right to delete, use --read-only, or let users and groups pile up there with \
                 --leave-behind",
            )),
        }
    }

    /// Which of the sent attributes a GET does not show as they were sent.
    async fn lost(&self, made: &Made) -> Vec<(&'static str, &'static str)> {
        let request = Request::new("GET", path(made)).header("Accept", SCIM);
        let read = self.client.send(Sender::Client, request).await;
        let shown = read.json().filter(|_| read.status() == Some(200)).unwrap_or_else(|| made.answer.clone());
        JUDGED
            .iter()
            .filter(|name| {
                let at = |resource: &Value| match inside(name) {
                    Some((outer, inner)) => resource.get(outer).and_then(|it| it.get(inner)).cloned(),
                    None => resource.get(**name).cloned(),
                };
                at(&Value::Object(made.sent.clone())).is_some_and(|sent| !kept(&sent, at(&shown).as_ref()))
            })
            .map(|name| (made.endpoint, inside(name).map_or(*name, |(_, inner)| inner)))
            .collect()
    }

    /// Which of these attributes of a user it does not keep. Where it refuses them all together, each is tried alone.
    async fn lost_of(&mut self, names: &[&'static str]) -> Vec<(&'static str, &'static str)> {
        let discovery = self.discovery;
        let (tried, unknown): (Vec<&'static str>, Vec<&'static str>) =
            names.iter().partition(|name| **name != urn::ENTERPRISE_USER || has_enterprise(discovery));
        let mut lost: Vec<_> = unknown.into_iter().map(|name| ("/Users", name)).collect();
        let body = self.rich_user(&tried);
        match self.create("/Users", body).await {
            Ok(user) => lost.extend(self.lost(&user).await.into_iter().filter(|(_, name)| names.contains(name))),
            Err(_) if tried.len() > 1 => {
                for name in tried {
                    let body = self.rich_user(&[name]);
                    match self.create("/Users", body).await {
                        Ok(user) => lost.extend(self.lost(&user).await.into_iter().filter(|(_, it)| *it == name)),
                        Err(_) => lost.push(("/Users", name)),
                    }
                }
            }
            Err(_) => lost.extend(tried.into_iter().map(|name| ("/Users", name))),
        }
        lost
    }

    fn rich_user(&mut self, names: &[&str]) -> Map<String, Value> {
        let mut user = self.plain_user();
        for name in names {
            let value = match *name {
                "title" => json!("Countess"),
                "nickName" => json!("Nick"),
                "externalId" => json!(self.name()),
                "phoneNumbers" => json!([{"value": "+1-201-555-0123", "type": "work"}]),
                "addresses" => json!([{"type": "work", "streetAddress": "1 Main Street", "locality": "London"}]),
                urn::ENTERPRISE_USER => {
                    if let Some(schemas) = user.get_mut("schemas").and_then(Value::as_array_mut) {
                        schemas.push(json!(urn::ENTERPRISE_USER));
                    }
                    json!({"department": "Research"})
                }
                _ => continue,
            };
            user.insert((*name).to_owned(), value);
        }
        user
    }

    async fn learn_group(&mut self, habits: &mut Habits) {
        let member = self.plain_user();
        let member = self.create("/Users", member).await.ok().map(|user| user.id);
        let name = self.name();
        let mut group = object(json!({"schemas": [urn::GROUP], "displayName": format!("Trial {name}")}));
        if let Some(member) = member {
            group.insert("externalId".to_owned(), json!(name));
            group.insert("members".to_owned(), json!([{"value": member}]));
        }
        match self.create("/Groups", group.clone()).await {
            Ok(made) => habits.lost.extend(self.lost(&made).await),
            Err(_) => {
                group.remove("members");
                group.remove("externalId");
                habits.group_refused = self.create("/Groups", group).await.err();
            }
        }
    }
}

/// The SCIM media type (RFC 7644 section 3.1).
const SCIM: &str = "application/scim+json";

/// What is compared, if it was sent.
const JUDGED: [&str; 12] = [
    "userName",
    "displayName",
    "name.givenName",
    "name.familyName",
    "emails",
    "title",
    "nickName",
    "externalId",
    "phoneNumbers",
    "addresses",
    "members",
    urn::ENTERPRISE_USER,
];

/// The two parts of a path; a URN is none, though it has dots.
fn inside(name: &str) -> Option<(&str, &str)> {
    name.split_once('.').filter(|_| !name.contains(':'))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn path(made: &Made) -> String {
    format!("{}/{}", made.endpoint, url_encode(&made.id))
}

fn refusal(exchange: &Exchange) -> Refusal {
    let words = match (exchange.response(), exchange.failure()) {
        (Some(response), _) => format!("{} {}", response.status, super::world::shorten(&response.body)),
        (None, error) => error.map(ToString::to_string).unwrap_or_default(),
    };
    Refusal { status: exchange.status().unwrap_or_default(), words: words.trim().to_owned() }
}

/// Whether the target says that its users have the enterprise extension, or says nothing of its schemas.
fn has_enterprise(discovery: &Discovery) -> bool {
    match discovery.resource_type_at("/Users") {
        Some(users) => users.to_string().to_ascii_lowercase().contains(&urn::ENTERPRISE_USER.to_ascii_lowercase()),
        None => discovery.schemas.is_empty() || discovery.schema(urn::ENTERPRISE_USER).is_some(),
    }
}

/// Whether a value is shown as it was sent. Letter case, other members of an object and other elements of a list do not
/// count, nor `type` and `primary` of an element.
fn kept(sent: &Value, shown: Option<&Value>) -> bool {
    match (sent, shown) {
        (Value::String(sent), Some(Value::String(shown))) => sent.trim().to_lowercase() == shown.trim().to_lowercase(),
        (Value::Array(sent), Some(Value::Array(shown))) => {
            sent.iter().all(|one| shown.iter().any(|other| kept(one, Some(other))))
        }
        (Value::Object(sent), Some(Value::Object(shown))) => sent
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "type" | "primary"))
            .all(|(name, value)| kept(value, shown.get(name))),
        (sent, shown) => Some(sent) == shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a server may add or spell otherwise does not make a value a lost one; another value does.
    #[test]
    fn tells_kept_from_lost() {
        let sent = json!([{"value": "A@x", "type": "work", "primary": true}]);
        assert!(kept(&sent, Some(&json!([{"value": "other"}, {"value": "a@x", "display": "A"}]))));
        assert!(!kept(&sent, Some(&json!([{"value": "b@x", "type": "work"}]))));
        assert!(!kept(&sent, None));
        assert!(kept(&json!("Ada "), Some(&json!("ada"))));
        assert!(!kept(&json!("Ada"), Some(&json!(""))));
    }
}
