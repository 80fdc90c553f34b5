//! What the target advertises, as something that can be walked: resource types with their attributes, and a made-up
//! value for each.

use serde_json::{Map, Value, json};

use crate::check::Discovery;

/// One resource type of the target, as `/ResourceTypes` and `/Schemas` describe it.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    /// Path below the base URL: `/Users`.
    pub endpoint: String,
    /// Its name, by which references name it: `User`.
    pub name: String,
    /// URI of the base schema.
    pub schema: String,
    /// The attributes that a client writes, in the order of the schemas.
    pub attributes: Vec<Leaf>,
    /// The attributes that name other resources: their values cannot be made up.
    pub references: Vec<Leaf>,
    /// The attributes that only the server writes.
    pub read_only: Vec<Leaf>,
}

/// One attribute of the base schema or of an extension.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    /// URI of the extension whose object holds it; none for the base schema.
    pub extension: Option<String>,
    /// Its entry in `/Schemas`.
    pub entry: Value,
}

impl Leaf {
    /// Its name.
    pub fn name(&self) -> &str {
        self.entry["name"].as_str().unwrap_or_default()
    }

    /// Its path in a request (RFC 7644 section 3.10).
    pub fn path(&self) -> String {
        match &self.extension {
            Some(urn) => format!("{urn}:{}", self.name()),
            None => self.name().to_owned(),
        }
    }

    /// Whether a resource must have it.
    pub fn required(&self) -> bool {
        self.entry["required"] == true
    }

    /// Whether its value must differ between resources.
    pub fn unique(&self) -> bool {
        matches!(self.entry["uniqueness"].as_str(), Some("server" | "global"))
    }

    /// A characteristic that is one of several words, with the default of RFC 7643 section 2.2.
    pub fn is(&self, characteristic: &str, word: &str) -> bool {
        let default = match characteristic {
            "mutability" => "readWrite",
            "returned" => "default",
            _ => "none",
        };
        self.entry[characteristic].as_str().unwrap_or(default) == word
    }

    /// Whether a read shows it without being asked.
    pub fn shown_normally(&self) -> bool {
        self.is("returned", "default") || self.is("returned", "always")
    }

    /// Its value in a resource, `None` if unassigned (RFC 7643 section 2.5).
    pub fn value<'v>(&self, resource: &'v Value) -> Option<&'v Value> {
        let holder = match &self.extension {
            Some(urn) => member(resource, urn)?,
            None => resource,
        };
        member(holder, self.name()).filter(|value| !unassigned(value))
    }

    /// Puts a value into a resource that is being made.
    pub fn put(&self, resource: &mut Map<String, Value>, value: Value) {
        match &self.extension {
            None => {
                resource.insert(self.name().to_owned(), value);
            }
            Some(urn) => {
                let holder = resource.entry(urn.clone()).or_insert_with(|| json!({}));
                if let Some(holder) = holder.as_object_mut() {
                    holder.insert(self.name().to_owned(), value);
                }
                if let Some(schemas) = resource.get_mut("schemas").and_then(Value::as_array_mut)
                    && !schemas.iter().any(|one| one == urn.as_str())
                {
                    schemas.push(urn.clone().into());
                }
            }
        }
    }

    /// Whether what is shown is what was sent: every sub-attribute that was sent is there with its value. A value that a
    /// provider may canonicalise (RFC 7643 sections 2.4 and 4.1.2) only has to be there.
    pub fn shows(&self, sent: &Value, shown: &Value) -> bool {
        equal(&self.entry, sent, shown)
    }
}

/// Whether two values of an attribute are the same to its data type.
fn equal(entry: &Value, sent: &Value, shown: &Value) -> bool {
    match (sent, shown) {
        (Value::Array(sent), Value::Array(shown)) => {
            sent.iter().all(|one| shown.iter().any(|other| equal(entry, one, other)))
        }
        (Value::Object(sent), Value::Object(shown)) => sent.iter().all(|(name, value)| {
            let sub = subs(entry).find(|sub| same(&sub["name"], name));
            let hidden = sub.is_some_and(|sub| sub["returned"] == "never" || sub["returned"] == "request");
            hidden
                || shown
                    .iter()
                    .find(|(other, _)| other.eq_ignore_ascii_case(name))
                    .is_some_and(|(_, other)| sub.is_none_or(|sub| equal(sub, value, other)))
        }),
        (Value::String(sent), Value::String(shown)) => {
            let free =
                matches!(entry["name"].as_str(), Some("formatted" | "value" | "type")) || !kind_is(entry, "string");
            free || sent.eq_ignore_ascii_case(shown)
        }
        (sent, shown) => sent == shown || (sent.is_number() && sent.as_f64() == shown.as_f64()),
    }
}

/// The kinds of resource that the target advertises; empty where the documents say too little.
pub(super) fn kinds(discovery: &Discovery) -> Vec<Kind> {
    discovery.resource_types.iter().filter_map(|advertised| kind(advertised, discovery)).collect()
}

fn kind(advertised: &Value, discovery: &Discovery) -> Option<Kind> {
    let endpoint = advertised["endpoint"].as_str()?.trim_end_matches('/');
    let endpoint = if endpoint.starts_with('/') { endpoint.to_owned() } else { format!("/{endpoint}") };
    // A type that describes the protocol itself is for the server to write.
    if ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig"].contains(&endpoint.as_str()) {
        return None;
    }
    let schema = advertised["schema"].as_str()?.to_owned();
    let mut leaves = leaves(discovery.schema(&schema)?, None);
    let extensions = advertised["schemaExtensions"].as_array().map(Vec::as_slice).unwrap_or_default();
    for urn in extensions.iter().filter_map(|one| one["schema"].as_str()) {
        if let Some(extension) = discovery.schema(urn) {
            leaves.extend(self::leaves(extension, Some(urn)));
        }
    }
    let (read_only, attributes): (Vec<Leaf>, Vec<Leaf>) =
        leaves.into_iter().partition(|leaf| leaf.is("mutability", "readOnly"));
    let (references, attributes) = attributes.into_iter().partition(|leaf| refers(&leaf.entry));
    let name = advertised["name"].as_str().unwrap_or_default().to_owned();
    Some(Kind { endpoint, name, schema, attributes, references, read_only })
}

/// The common attributes are not walked: they have rules, and scenarios, of their own (RFC 7643 section 3.1).
const COMMON: [&str; 4] = ["schemas", "id", "externalId", "meta"];

fn leaves(schema: &Value, extension: Option<&str>) -> Vec<Leaf> {
    let entries = schema["attributes"].as_array().map(Vec::as_slice).unwrap_or_default();
    entries
        .iter()
        .filter(|entry| entry["name"].is_string() && !COMMON.iter().any(|name| same(&entry["name"], name)))
        .map(|entry| Leaf { extension: extension.map(str::to_owned), entry: entry.clone() })
        .collect()
}

/// Whether a value names another resource: what exists on the target cannot be made up.
fn refers(entry: &Value) -> bool {
    let points = |entry: &Value| {
        entry["referenceTypes"]
            .as_array()
            .is_some_and(|types| types.iter().any(|one| !matches!(one.as_str(), Some("external" | "uri"))))
    };
    points(entry) || subs(entry).any(|sub| points(sub) || same(&sub["name"], "$ref"))
}

/// Adds to a resource for `endpoint` what the target's own schemas require of it and it does not have, but not what is
/// in `without`.
pub(in crate::suite) fn complete(
    resource: &mut Value,
    endpoint: &str,
    discovery: &Discovery,
    unique: &str,
    without: &[String],
) {
    let here =
        |one: &&Value| one["endpoint"].as_str().is_some_and(|it| it.trim_matches('/') == endpoint.trim_matches('/'));
    let mut kinds = discovery.resource_types.iter().filter(here).filter_map(|one| kind(one, discovery));
    let Some(kind) = kinds.find(|kind| kind.endpoint == endpoint) else { return };
    for leaf in &kind.attributes {
        let present = leaf.value(resource).is_some();
        let Some(members) = resource.as_object_mut() else { return };
        if !present && leaf.required() && !without.iter().any(|name| name == leaf.name()) {
            leaf.put(members, made_up(&leaf.entry, 0, unique));
        } else if present
            && leaf.extension.is_none()
            && let Some(value) = members.get_mut(leaf.name())
        {
            complete_parts(value, &leaf.entry, unique);
        }
    }
}

/// The same for the sub-attributes of a value that is there.
fn complete_parts(value: &mut Value, entry: &Value, unique: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| complete_parts(item, entry, unique)),
        Value::Object(members) => {
            for sub in subs(entry).filter(|sub| sub["required"] == true && sub["mutability"] != "readOnly") {
                let Some(name) = sub["name"].as_str() else { continue };
                if !members.keys().any(|known| known.eq_ignore_ascii_case(name)) {
                    members.insert(name.to_owned(), simple(sub, entry, 0, unique));
                }
            }
        }
        _ => {}
    }
}

/// A made-up value; `turn` makes a second one that differs, `unique` what must differ between resources.
pub(super) fn made_up(entry: &Value, turn: usize, unique: &str) -> Value {
    let one = if kind_is(entry, "complex") {
        let mut object = Map::new();
        for sub in subs(entry).filter(|sub| sub["mutability"] != "readOnly") {
            let words = sub["canonicalValues"].as_array().is_some_and(|words| !words.is_empty());
            // A type of which no word is known cannot be made up: providers may refuse all others.
            if same(&sub["name"], "type") && !words {
                continue;
            }
            if let Some(name) = sub["name"].as_str() {
                object.insert(name.to_owned(), simple(sub, entry, turn, unique));
            }
        }
        Value::Object(object)
    } else {
        simple(entry, entry, turn, unique)
    };
    if entry["multiValued"] == true { json!([one]) } else { one }
}

/// A value of a simple type. Where RFC 7643 section 4 gives an attribute a form of its own, the value has that form.
fn simple(entry: &Value, parent: &Value, turn: usize, unique: &str) -> Value {
    let name = entry["name"].as_str().unwrap_or_default();
    let parent = parent["name"].as_str().unwrap_or_default();
    if let Some(words) = entry["canonicalValues"].as_array().filter(|words| !words.is_empty()) {
        return words[turn % words.len()].clone();
    }
    let pick = |first: &str, second: &str| Value::from(if turn == 0 { first } else { second });
    match entry["type"].as_str().unwrap_or("string") {
        // Whoever is not active may not be shown at all, and one of several values is the primary one.
        "boolean" => json!(name == "active" || name == "primary" || turn == 0),
        "integer" => json!(7 + turn),
        "decimal" => json!(1.5 + turn as f64),
        "dateTime" => pick("2011-05-13T04:42:34Z", "2012-06-14T05:43:35Z"),
        "binary" => pick("c2NpbXVsYXRl", "Y29uZm9ybWFuY2U="),
        "reference" => pick("https://example.com/first", "https://example.com/second"),
        _ => match (parent, name) {
            ("emails", "value") => json!(format!("walk{turn}.{unique}@example.com")),
            ("phoneNumbers", "value") => pick("tel:+1-201-555-0123", "tel:+1-201-555-0124"),
            ("photos", "value") => pick("https://example.com/first.png", "https://example.com/second.png"),
            ("x509Certificates", "value") => pick("c2NpbXVsYXRl", "Y29uZm9ybWFuY2U="),
            (_, "userName") => json!(format!("walk{turn}.{unique}@example.com")),
            (_, "profileUrl") => pick("https://example.com/first", "https://example.com/second"),
            (_, "country") => pick("US", "DE"),
            (_, "locale" | "preferredLanguage") => pick("en-US", "de-DE"),
            (_, "timezone") => pick("America/Los_Angeles", "Europe/Berlin"),
            (_, "password") => pick("First-Horse-9-Battery", "Second-Horse-8-Battery"),
            _ if matches!(entry["uniqueness"].as_str(), Some("server" | "global")) => {
                json!(format!("{name} {turn} {unique}"))
            }
            // Part of a run-wide name: a shared directory may hold others of the same plain value.
            (_, "displayName") => json!(format!("Walk {turn} {unique}")),
            _ => pick(&format!("{name} one"), &format!("{name} two")),
        },
    }
}

/// The sub-attributes of a complex attribute, as `/Schemas` has them.
pub(super) fn subs(entry: &Value) -> impl Iterator<Item = &Value> {
    entry["subAttributes"].as_array().map(Vec::as_slice).unwrap_or_default().iter()
}

/// Whether an attribute has that data type; a string where it does not say (RFC 7643 section 2.2).
pub(super) fn kind_is(entry: &Value, kind: &str) -> bool {
    entry["type"].as_str().unwrap_or("string") == kind
}

fn same(value: &Value, name: &str) -> bool {
    value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(name))
}

/// A member by name; names ignore case (RFC 7643 section 2.1).
pub(super) fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.as_object()?.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// `null`, `[]` and no value are one state (RFC 7643 section 2.5); an empty object holds nothing either.
pub(super) fn unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().all(unassigned),
        Value::Object(members) => members.values().all(unassigned),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laptop() -> Discovery {
        Discovery::new(
            None,
            vec![json!({"endpoint": "/Laptops", "schema": "urn:example:Laptop",
                "schemaExtensions": [{"schema": "urn:example:Lease", "required": false}]})],
            vec![
                json!({"id": "urn:example:Laptop", "attributes": [
                    {"name": "serial", "type": "string", "required": true, "uniqueness": "server"},
                    {"name": "owner", "type": "complex", "subAttributes": [{"name": "value"}, {"name": "$ref"}]},
                    {"name": "ports", "type": "complex", "multiValued": true, "subAttributes": [
                        {"name": "kind", "type": "string"}, {"name": "count", "type": "integer"}]},
                    {"name": "weight", "type": "decimal", "mutability": "readOnly"}]}),
                json!({"id": "urn:example:Lease", "attributes": [{"name": "until", "type": "dateTime"}]}),
            ],
        )
    }

    /// A resource type that nobody here has heard of is walked, extension included; what points elsewhere is left out.
    #[test]
    fn walks_unknown_types() {
        let kinds = kinds(&laptop());
        let paths: Vec<String> = kinds[0].attributes.iter().map(Leaf::path).collect();
        assert_eq!(paths, ["serial", "ports", "urn:example:Lease:until"]);
        assert_eq!(kinds[0].read_only[0].name(), "weight");
    }

    /// A made-up value has the type that the schema names, and the second one differs.
    #[test]
    fn makes_values_of_the_type() {
        let kind = &kinds(&laptop())[0];
        let of = |at: usize, turn| made_up(&kind.attributes[at].entry, turn, "u");
        assert_eq!(of(1, 0), json!([{"kind": "kind one", "count": 7}]));
        for at in 0..3 {
            assert_ne!(of(at, 0), of(at, 1), "{}", kind.attributes[at].path());
        }
    }

    /// Only what the target itself requires is added, also inside of what is there; what the scenario left out stays out.
    #[test]
    fn completes_what_is_required() {
        let name = json!({"name": "name", "type": "complex",
            "subAttributes": [{"name": "formatted", "required": true}, {"name": "givenName"}]});
        let badge = json!({"name": "badge", "required": true});
        let discovery = Discovery::new(
            None,
            vec![json!({"endpoint": "/Users", "schema": "urn:u"})],
            vec![json!({"id": "urn:u", "attributes": [name, badge]})],
        );
        let mut user = json!({"name": {"givenName": "Ada"}});
        complete(&mut user, "/Users", &discovery, "x", &[]);
        assert_eq!(user, json!({"name": {"givenName": "Ada", "formatted": "formatted one"}, "badge": "badge one"}));
        let mut without = json!({});
        complete(&mut without, "/Users", &discovery, "x", &["badge".to_owned()]);
        assert_eq!(without, json!({}));
    }

    /// A value is shown if all that was sent is there: added members and letter case do not matter, other values do.
    #[test]
    fn compares_by_type() {
        let ports = &kinds(&laptop())[0].attributes[1];
        let sent = json!([{"kind": "usb", "count": 2}]);
        assert!(ports.shows(&sent, &json!([{"kind": "hdmi", "count": 1}, {"kind": "USB", "count": 2.0, "id": "x"}])));
        assert!(!ports.shows(&sent, &json!([{"kind": "usb", "count": 3}])));
        assert!(!ports.shows(&sent, &json!([{"count": 2}])));
    }
}
