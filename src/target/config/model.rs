//! The sections of `scimulate.toml`, as types. Field docs are the reference of the file format.
//!
//! Strings marked *template* are minijinja templates over the variables of the tenant (see [`crate::target`]).

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use indexmap::IndexMap;
use serde::Deserialize;

use super::{calls::Calls, duration};

/// `[target]`: where SCIM is served, and how to be let in.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TargetSection {
    /// The name that reports show; the URL if absent.
    pub name: Option<String>,
    /// SCIM base URL, without `/Users` (template).
    pub url: Option<String>,
    /// Credentials of the SCIM requests.
    pub auth: Option<AuthConfig>,
    /// Headers added to every SCIM request (values are templates).
    pub headers: IndexMap<String, String>,
    /// Longest time from sending a request to the last byte of its response.
    #[serde(deserialize_with = "duration::required")]
    pub timeout: Duration,
    /// Most requests a second, over all scenarios together; unlimited if absent.
    pub rate: Option<f64>,
    /// TLS.
    pub tls: Tls,
    /// What the target can do, where its own `/ServiceProviderConfig` is missing or wrong.
    pub capabilities: CapabilityOverride,
}

impl Default for TargetSection {
    fn default() -> Self {
        TargetSection {
            name: None,
            url: None,
            auth: None,
            headers: IndexMap::new(),
            timeout: Duration::from_secs(30),
            rate: None,
            tls: Tls::default(),
            capabilities: CapabilityOverride::default(),
        }
    }
}

/// `[target.tls]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// PEM file of certificate authorities that are trusted besides the platform's; relative to the configuration file.
    pub ca_file: Option<PathBuf>,
    /// Accept any certificate.
    pub accept_invalid_certs: bool,
}

/// `[target.capabilities]`: each overrides one member of the target's `/ServiceProviderConfig` (RFC 7643 section 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CapabilityOverride {
    /// PATCH.
    pub patch: Option<bool>,
    /// Bulk.
    pub bulk: Option<bool>,
    /// Filter.
    pub filter: Option<bool>,
    /// Sort.
    pub sort: Option<bool>,
    /// Entity tags.
    pub etag: Option<bool>,
    /// Change of password.
    pub change_password: Option<bool>,
    /// Cursor pagination (RFC 9865).
    pub cursor: Option<bool>,
}

/// How a request authenticates. Every string is a template.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum AuthConfig {
    /// `auth = "none"`.
    None,
    /// `auth = { bearer = "…" }`: `Authorization: Bearer …`.
    Bearer(String),
    /// `auth = { basic = { user = "…", password = "…" } }`.
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: String,
    },
    /// `auth = { header = { name = "…", value = "…" } }`: a header of the target's own.
    Header {
        /// Header name.
        name: String,
        /// Header value.
        value: String,
    },
    /// `auth = { oauth2 = { … } }`: client credentials (RFC 6749 section 4.4).
    Oauth2 {
        /// Token endpoint.
        token_url: String,
        /// Client id.
        client_id: String,
        /// Client secret.
        client_secret: String,
        /// Scope, where the server wants one.
        scope: Option<String>,
    },
}

/// `[api]`: what the calls of `[tenant]`, `[observe]` and `[act]` have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiSection {
    /// Base of their URLs (template); calls with an absolute URL do not need it.
    pub url: Option<String>,
    /// Credentials of calls without their own.
    pub auth: Option<AuthConfig>,
    /// Headers added to every call (values are templates).
    pub headers: IndexMap<String, String>,
}

/// How strong a requirement must at least be to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Only what the RFC demands.
    Must,
    /// And what it recommends.
    Should,
    /// And what it permits.
    May,
}

/// `[run]`: defaults of `scimulate run`, each overridden by the flag of the same name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Run {
    /// Profile names or files.
    pub profiles: Option<Vec<String>>,
    /// Selectors: tags, id prefixes, files.
    pub selectors: Option<Vec<String>>,
    /// Lowest level that is played.
    pub level: Option<Level>,
    /// Whether a broken SHOULD fails the run.
    pub strict: Option<bool>,
    /// Scenarios side by side.
    pub concurrency: Option<usize>,
    /// Seed of everything random.
    pub seed: Option<u64>,
}

/// `[tenant]`: how a scenario gets a tenant of its own. Without `open` all scenarios share one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantSection {
    /// Calls that make a tenant; what they capture are variables of it.
    pub open: Calls,
    /// Calls that remove it.
    pub close: Calls,
    /// Tenants go with the server, which is started for the run and ends after it: nothing in them is removed.
    pub disposable: bool,
}

/// `[observe]`: how the effects of provisioning are seen.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Observe {
    /// State of a member.
    pub member: Option<MemberObserver>,
    /// Roles of a member.
    pub roles: Option<RolesObserver>,
    /// Opens a session. Captures `session_token`; also `session_id` and `session_jwt` where the target has them.
    pub sign_in: Option<SessionObserver>,
    /// Whether a session is open. May capture `roles`.
    pub session: Option<SessionObserver>,
    /// Whether a session's JWT is accepted by the target. May capture `roles`.
    pub jwt: Option<SessionObserver>,
    /// Webhook inbox.
    pub webhooks: Option<WebhookSection>,
    /// Security event tokens, polled.
    pub security_events: Option<SecurityEventsObserver>,
}

/// `[observe.security_events]`: a stream of security event tokens that is polled (RFC 8936).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecurityEventsObserver {
    /// Makes a stream that carries `events` (an array of event types). Its captures are variables of the tenant;
    /// `stream_id`, `stream_issuer` and `stream_events` (the event types that it carries) are looked at where they are captured.
    #[serde(default)]
    pub open: Calls,
    /// Fetches: `ack` is the array of what has arrived. Captures `sets`.
    pub poll: Calls,
    /// Removes the stream, where it does not go with the tenant.
    #[serde(default)]
    pub close: Calls,
    /// Asks for a verification event with the given `state`.
    #[serde(default)]
    pub verify: Calls,
    /// The transmitter's keys. Captures `keys`, the array of a JWKS.
    #[serde(default)]
    pub keys: Calls,
    /// The transmitter's metadata. Captures `issuer`.
    #[serde(default)]
    pub metadata: Calls,
    /// Longest wait for an event.
    #[serde(default = "ten_seconds", deserialize_with = "duration::required")]
    pub deadline: Duration,
}

/// `[observe.member]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberObserver {
    /// Captures `status`; also `email` and `name` where the target tells them.
    pub call: Calls,
    /// The target's status words → `active`, `deactivated`, `pending`, `invited`, `absent`. Words that are missing here
    /// stand for themselves.
    #[serde(default)]
    pub status: BTreeMap<String, String>,
}

/// `[observe.roles]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolesObserver {
    /// Captures `roles`: an array.
    pub call: Calls,
    /// JSON pointer from an item of `roles` to its id; `""` if the item is the id.
    #[serde(default)]
    pub id: String,
    /// JSON pointer from an item of `roles` to the array of its sources, where the target tells them.
    pub sources: Option<String>,
    /// JSON pointer from a source to its type; `""` if the source is the type.
    #[serde(default)]
    pub source: String,
}

/// `[observe.sign_in]`, `[observe.session]`, `[observe.jwt]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionObserver {
    /// What is asked. `refused_when` says which statuses mean no.
    pub call: Calls,
    /// JSON pointer from an item of the captured `roles` to its id; `""` if the item is the id.
    #[serde(default)]
    pub role_id: String,
}

/// `[act]`: what scenarios do on the target's other side.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Act {
    /// Gives the member `role` explicitly.
    pub grant_role: Option<Calls>,
    /// Lets membership of the group `group_id` give `role`.
    pub map_group_role: Option<Calls>,
    /// Lets an e-mail address at `domain` give `role`.
    pub map_domain_role: Option<Calls>,
    /// Removes the tenant's SCIM connection.
    pub remove_connection: Option<Calls>,
    /// Gives the tenant's named policy `policy` the value `value` (JSON). Only the reference provider has such policies.
    pub set_policy: Option<Calls>,
    /// Acts of the target's own, by name: what a feature calls by `When the act "…" is done`.
    pub named: IndexMap<String, Calls>,
}

/// `[observe.webhooks]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSection {
    /// Address that the inbox listens on; `127.0.0.1:0` (any free port) if absent.
    #[serde(default = "any_port")]
    pub listen: String,
    /// How the target reaches that address, where it is not the address itself (a tunnel, a container's host).
    pub public_url: Option<String>,
    /// Registers `webhook_url` with the target. Captures `webhook_secret` where deliveries are signed.
    #[serde(default)]
    pub register: Calls,
    /// Removes the registration.
    #[serde(default)]
    pub unregister: Calls,
    /// Makes the target send one more, harmless event of the tenant. Captures `fence_object`, the object id of that event.
    #[serde(default)]
    pub fence: Calls,
    /// Without a fence: how long no delivery must come before the inbox counts as settled.
    #[serde(default = "two_seconds", deserialize_with = "duration::required")]
    pub settle: Duration,
    /// Longest wait for the fence's event.
    #[serde(default = "ten_seconds", deserialize_with = "duration::required")]
    pub deadline: Duration,
    /// How deliveries are signed.
    #[serde(default)]
    pub signature: SignatureSection,
    /// Where the parts of an event stand.
    #[serde(default)]
    pub event: EventMapping,
    /// The target's event names → ours (`scim.member.delete`). Names that are missing here stand for themselves.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
}

fn any_port() -> String {
    "127.0.0.1:0".to_owned()
}

fn two_seconds() -> Duration {
    Duration::from_secs(2)
}

fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

/// How deliveries are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Standard Webhooks 1.0.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
    StandardWebhooks,
    /// The same signature under `svix-*` header names.
    Svix,
    /// The hexadecimal HMAC-SHA256 of the body in one header.
    HmacSha256Hex,
    /// Not signed; every delivery counts as valid.
    #[default]
    None,
}

/// `[observe.webhooks.signature]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignatureSection {
    /// Scheme.
    pub scheme: Scheme,
    /// Secret shared with the target (template); `{{ webhook_secret }}`, as captured by `register`, if absent.
    pub secret: Option<String>,
    /// Header of the signature, where it is not the scheme's own; needed by `hmac-sha256-hex`.
    pub header: Option<String>,
    /// Text before the signature in that header (`sha256=`); only `hmac-sha256-hex`.
    pub prefix: Option<String>,
    /// Header of the message id, where it is not the scheme's own.
    pub id_header: Option<String>,
    /// Header of the time stamp in Unix seconds, where it is not the scheme's own. With `hmac-sha256-hex`, `<time stamp>.<body>` is
    /// signed if this is set.
    pub timestamp_header: Option<String>,
    /// How far the time stamp may be from the time of arrival; five minutes if absent.
    #[serde(deserialize_with = "duration::optional")]
    pub tolerance: Option<Duration>,
}

/// `[observe.webhooks.event]`: each value is a JSON pointer into the body (`/type`), or a template over `body` and
/// `headers` (`{{ body.source | lower }}.{{ body.action | lower }}`).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EventMapping {
    /// Event name.
    #[serde(rename = "type")]
    pub kind: String,
    /// Event id.
    pub id: Option<String>,
    /// What caused it.
    pub source: Option<String>,
    /// Id of the object that it is about.
    pub object: Option<String>,
    /// Id of the organization that it belongs to.
    pub organization: Option<String>,
}

impl Default for EventMapping {
    fn default() -> Self {
        EventMapping { kind: "/type".to_owned(), id: None, source: None, object: None, organization: None }
    }
}

/// `[report]`: files written by every run, by kind of report; `--report` adds to them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reports {
    /// JSON.
    pub json: Option<PathBuf>,
    /// JUnit XML.
    pub junit: Option<PathBuf>,
    /// One self-contained HTML page.
    pub html: Option<PathBuf>,
    /// HTTP archive of all exchanges.
    pub har: Option<PathBuf>,
    /// Summary for a pull request.
    pub markdown: Option<PathBuf>,
    /// The effects matrix as text.
    pub matrix: Option<PathBuf>,
}

impl Reports {
    /// The configured reports as `(kind, path)`.
    pub fn list(&self) -> Vec<(&'static str, &PathBuf)> {
        [
            ("json", &self.json),
            ("junit", &self.junit),
            ("html", &self.html),
            ("har", &self.har),
            ("markdown", &self.markdown),
            ("matrix", &self.matrix),
        ]
        .into_iter()
        .filter_map(|(kind, path)| path.as_ref().map(|path| (kind, path)))
        .collect()
    }
}

/// `[[expect]]`: a known deviation of the target.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// A scenario, check or requirement id, or a prefix of one that ends in `*`.
    pub id: String,
    /// Only for this profile.
    pub profile: Option<String>,
    /// Why the deviation is tolerated.
    pub reason: String,
    /// File and line of the entry.
    #[serde(skip)]
    pub place: String,
}
