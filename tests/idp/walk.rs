//! Every quirk over a profile that it belongs to, switched on and off: what is sent changes, or what is made of an answer.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt::Write as _,
    time::Duration,
};

use futures::future::{BoxFuture, FutureExt as _};
use scimulate::{
    idp::{AppRole, Change, Group, Idp, Profile, Quirk, Report, User, quirks},
    wire::Transcript,
};
use serde_json::{Map, Value, json};
use wiremock::ResponseTemplate;

use crate::fake::{Fake, scim, told};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A target and an IdP, and what has passed between them.
struct Play {
    fake: Fake,
    idp: Idp,
    transcript: Transcript,
    told: String,
}

impl Play {
    async fn new(profile: Profile) -> Play {
        let fake = Fake::start().await;
        let (idp, transcript) = fake.idp(profile);
        Play { fake, idp, transcript, told: String::new() }
    }

    fn hear(&mut self, report: &Report) {
        for (record, line) in report.moves.iter().zip(told(report)) {
            let _ = writeln!(self.told, "{} {line}", record.at);
        }
        for note in &report.notes {
            let _ = writeln!(self.told, "{note}");
        }
    }

    async fn settle(&mut self, changes: Vec<Change>) {
        for change in changes {
            self.idp.change(change).expect("a change that fits");
        }
        let report = self.idp.settle().await;
        self.hear(&report);
    }

    async fn days(&mut self, days: u64) {
        let report = self.idp.advance(Duration::from_secs(days * 86_400)).await;
        self.hear(&report);
    }

    async fn test(&mut self) {
        let report = self.idp.test_connection().await;
        self.hear(&report);
    }

    /// Everything that was sent, and what the IdP made of the answers.
    fn whole(self) -> String {
        // Every run has another port.
        let mut text = self.told;
        for exchange in self.transcript.exchanges() {
            let tail = exchange.url.splitn(4, '/').nth(3).unwrap_or_default();
            let headers: Vec<String> =
                exchange.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            let body = exchange.body.as_deref().unwrap_or_default();
            let _ = writeln!(text, "{} /{tail} {} {body} {:?}", exchange.method, headers.join("; "), exchange.status());
        }
        text
    }
}

fn key(name: &str) -> String {
    name.to_owned()
}

fn joins(user: User) -> Vec<Change> {
    let key = user.key.clone();
    vec![Change::AddUser(user), Change::AssignUser { key }]
}

fn ada() -> User {
    let role = |id: &str| AppRole { id: id.to_owned(), value: id.to_owned(), display_name: id.to_owned() };
    let mut custom = Map::new();
    custom.insert("urn:ietf:params:scim:schemas:extension:custom:2.0:User:site".to_owned(), json!("180"));
    custom.insert("urn:ietf:params:scim:schemas:extension:custom:2.0:User:teams".to_owned(), json!([{"value": "1"}]));
    User {
        roles: vec![role("Admin"), role("Reader")],
        locality: Some("London".to_owned()),
        custom,
        ..User::sample("ada", "")
    }
}

fn sets(who: &str, set: Value) -> Vec<Change> {
    vec![Change::UpdateUser { key: key(who), set: set.as_object().cloned().unwrap_or_default() }]
}

fn grace() -> Value {
    json!({"schemas": [USER], "userName": "grace@example.com", "active": true, "nickName": "Amazing", "password": "aGFzaA==",
        "name": {"givenName": "G", "familyName": "Hopper", "formatted": "G Hopper"},
        "emails": [{"value": "grace@example.com", "type": "work", "primary": true}, {"value": "g@home.example", "type": "home"}]})
}

/// A story: what happens in the company and on the target, told with one profile.
type Story = fn(Profile) -> BoxFuture<'static, String>;

/// What an IdP does to people.
fn people(profile: Profile) -> BoxFuture<'static, String> {
    async move {
        let mut play = Play::new(profile).await;
        play.fake.has_user(grace());
        play.test().await;
        play.settle(joins(ada())).await;
        play.settle(joins(User { department: None, title: None, email: None, ..User::sample("hans", "") })).await;
        play.settle(joins(User::sample("grace", ""))).await;
        play.settle(sets("ada", json!({"title": "Countess", "family_name": "King", "department": "Mathematics"})))
            .await;
        play.settle(sets("ada", json!({"title": null}))).await;
        play.settle(sets("ada", json!({"roles": [{"id": "9", "value": "9", "display_name": "9"}]}))).await;
        let teams = "urn:ietf:params:scim:schemas:extension:custom:2.0:User:teams";
        play.settle(sets("ada", json!({teams: [{"value": "1"}, {"value": "2"}]}))).await;
        play.settle(sets("hans", json!({"email": "hans@example.com"}))).await;
        play.settle(sets("ada", json!({"manager": "grace"}))).await;
        play.settle(Vec::new()).await;
        play.settle(sets("ada", json!({"manager": null}))).await;
        play.settle(vec![Change::SetPassword { key: key("ada"), password: "n3wPassw0rd".to_owned() }]).await;
        play.settle(vec![Change::UnassignUser { key: key("ada") }]).await;
        play.settle(vec![Change::AssignUser { key: key("ada") }]).await;
        play.settle(vec![Change::SuspendUser { key: key("ada") }]).await;
        play.settle(vec![Change::UnsuspendUser { key: key("ada") }]).await;
        play.settle(vec![Change::AddUser(User::sample("joan", "")), Change::ForceSync]).await;
        play.settle(vec![Change::Import]).await;
        play.settle(vec![Change::SoftDeleteUser { key: key("grace") }]).await;
        play.days(31).await;
        // Somebody who is out of scope when the account goes.
        play.settle(vec![Change::UnassignUser { key: key("hans") }]).await;
        play.settle(vec![Change::DeleteUser { key: key("hans") }]).await;
        play.whole()
    }
    .boxed()
}

/// What an IdP does to groups.
fn groups(profile: Profile) -> BoxFuture<'static, String> {
    async move {
        let mut play = Play::new(profile).await;
        play.fake
            .has_group(json!({"displayName": "Admins", "members": [{"value": "somebody", "display": "somebody"}]}));
        for name in ["ada", "grace", "joan", "away"] {
            play.settle(joins(User::sample(name, ""))).await;
        }
        play.settle(vec![Change::UnassignUser { key: key("away") }]).await;
        // Somebody to whom the app is not assigned.
        let stranger = Change::AddUser(User::sample("stranger", ""));
        let all = Group::sample("all", "").with_members(["ada", "grace", "stranger"]);
        play.settle(vec![stranger, Change::AddGroup(all), Change::PushGroup { key: key("all") }]).await;
        let empty = Group::sample("empty", "");
        play.settle(vec![Change::AddGroup(empty), Change::PushGroup { key: key("empty") }]).await;
        let member = |group: &str, user: &str| Change::AddMember { group: key(group), user: key(user) };
        play.settle(vec![member("empty", "ada"), member("empty", "grace")]).await;
        let leaves = |group: &str, user: &str| Change::RemoveMember { group: key(group), user: key(user) };
        play.settle(vec![leaves("empty", "ada"), leaves("empty", "grace"), member("empty", "joan")]).await;
        play.settle(vec![Change::RenameGroup { key: key("all"), name: "Everybody".to_owned() }]).await;
        play.settle(vec![Change::PushGroupNow { key: key("all") }]).await;
        let admins = Group { display_name: "Admins".to_owned(), ..Group::sample("admins", "").with_members(["ada"]) };
        play.settle(vec![Change::AddGroup(admins), Change::PushGroup { key: key("admins") }]).await;
        let assigned = Group::sample("late", "").with_members(["stranger", "away"]);
        play.settle(vec![Change::AddGroup(assigned), Change::PushGroup { key: key("late") }]).await;
        play.settle(vec![Change::UnlinkGroup { key: key("admins") }]).await;
        play.settle(vec![Change::DeleteGroup { key: key("all") }]).await;
        play.whole()
    }
    .boxed()
}

/// Somebody is assigned, and the target answers in a way of its own.
macro_rules! answers {
    ($name:ident, $about:literal, |$fake:ident| $prepare:expr) => {
        #[doc = $about]
        fn $name(profile: Profile) -> BoxFuture<'static, String> {
            async move {
                let mut play = Play::new(profile).await;
                {
                    let $fake = &play.fake;
                    $prepare;
                }
                play.settle(joins(User::sample("ada", ""))).await;
                play.settle(sets("ada", json!({"title": "Countess"}))).await;
                play.days(3).await;
                play.settle(vec![Change::ForceSync]).await;
                play.settle(vec![Change::UnassignUser { key: key("ada") }]).await;
                play.whole()
            }
            .boxed()
        }
    };
}

answers!(filter_404, "404 to a filter.", |fake| fake.refuses("GET", "/Users", 1, 404, "nobody"));
answers!(text_numbers, "A list whose numbers are texts.", |fake| fake.orders(
    "GET",
    "/Users",
    1,
    scim(200, &json!({"schemas": [LIST], "totalResults": 0, "startIndex": "1", "itemsPerPage": 0, "Resources": []}))
));
answers!(lower_case_keys, "A list with its keys in lower case.", |fake| fake.orders(
    "GET",
    "/Users",
    1,
    scim(200, &json!({"totalresults": 1, "startindex": 1, "resources": [{"id": "7", "userName": "ada@example.com"}]}))
));
answers!(no_created_body, "A 201 without a body.", |fake| fake.orders("POST", "/Users", 1, ResponseTemplate::new(201)));
answers!(no_schemas, "A created user without schemas.", |fake| fake.orders(
    "POST",
    "/Users",
    1,
    scim(201, &json!({"id": "7", "userName": "ada@example.com"}))
));
answers!(conflict, "A create that meets somebody whom the first look-up did not show.", |fake| {
    fake.has_user(json!({"schemas": [USER], "userName": "ada@example.com", "active": true}));
    fake.orders("GET", "/Users", 4, scim(200, &json!({"schemas": [LIST], "totalResults": 0, "Resources": []})));
    fake.refuses("POST", "/Users", 1, 409, "taken");
});
answers!(too_many, "429 with a date.", |fake| fake.orders(
    "POST",
    "/Users",
    2,
    ResponseTemplate::new(429).insert_header("Retry-After", "Mon, 05 Jan 2026 09:00:00 GMT")
));
answers!(server_error, "A 500 with a detail.", |fake| fake.refuses("POST", "/Users", 2, 500, "out of order"));
answers!(plain_error, "A 502 whose body is no JSON.", |fake| fake.orders(
    "POST",
    "/Users",
    2,
    ResponseTemplate::new(502).set_body_raw("error code: 502", "text/plain")
));
answers!(html, "A look-up that is answered by a page.", |fake| fake.orders(
    "GET",
    "/Users",
    3,
    ResponseTemplate::new(200).set_body_raw("<html></html>", "text/html")
));
answers!(patch_501, "A PATCH that is not implemented.", |fake| fake.refuses("PATCH", "/Users", 1, 501, "no PATCH"));
answers!(patch_204, "PATCHes without an answer's body.", |fake| fake.patches_without_body());
answers!(patch_ignored, "A PATCH that is answered and ignored.", |fake| fake.orders(
    "PATCH",
    "/Users",
    1,
    scim(200, &json!({"schemas": [USER], "id": "00000000-0000-4000-8000-000000000001", "userName": "ada@example.com"}))
));
answers!(wrong_shape, "A read by id that is answered by a list.", |fake| fake.orders(
    "GET",
    "/Users/",
    2,
    scim(200, &json!({"schemas": [LIST], "totalResults": 1, "Resources": [{"id": "7"}]}))
));
answers!(hidden, "Attributes that are never shown.", |fake| fake.hides(&["active", "title", ENTERPRISE]));

/// A push that fails, and then the end of the assignment; active is never shown.
fn failed_push(profile: Profile) -> BoxFuture<'static, String> {
    async move {
        let mut play = Play::new(profile).await;
        play.settle(joins(User::sample("ada", ""))).await;
        play.fake.refuses("PUT", "/Users/", 1, 400, "no");
        play.fake.refuses("PATCH", "/Users/", 1, 400, "no");
        play.settle(sets("ada", json!({"title": "Countess"}))).await;
        play.fake.hides(&["active"]);
        play.settle(vec![Change::UnassignUser { key: key("ada") }]).await;
        play.whole()
    }
    .boxed()
}

/// A manager who is shown as a text, or not at all.
fn manager_shown(profile: Profile) -> BoxFuture<'static, String> {
    async move {
        let mut play = Play::new(profile).await;
        play.settle(joins(User::sample("grace", ""))).await;
        play.settle(joins(User { manager: Some(key("grace")), ..User::sample("ada", "") })).await;
        play.fake.hides(&[ENTERPRISE]);
        play.settle(sets("ada", json!({"title": "Countess"}))).await;
        play.fake.hides(&[]);
        let shown = json!({"schemas": [USER], "id": "00000000-0000-4000-8000-000000000002", "userName": "ada@example.com",
            "active": true, ENTERPRISE: {"manager": "grace"}});
        play.fake.orders("GET", "/Users/", 2, scim(200, &shown));
        play.settle(sets("ada", json!({"title": "Queen"}))).await;
        play.whole()
    }
    .boxed()
}

/// Everybody fails, for days.
fn all_fail(profile: Profile) -> BoxFuture<'static, String> {
    async move {
        let mut play = Play::new(profile).await;
        play.fake.refuses("POST", "/Users", 10_000, 400, "no");
        let changes = (0..12).flat_map(|n| joins(User::sample(&format!("u{n}"), ""))).collect();
        play.settle(changes).await;
        play.days(3).await;
        play.whole()
    }
    .boxed()
}

/// Somebody whom the target has lost, and two who were away: renamed meanwhile, and assigned again.
fn lost(profile: Profile) -> BoxFuture<'static, String> {
    async move {
        let mut play = Play::new(profile).await;
        play.settle(joins(User::sample("ada", ""))).await;
        play.settle(joins(User::sample("joan", ""))).await;
        play.settle(vec![Change::UnassignUser { key: key("joan") }]).await;
        play.settle(sets("joan", json!({"title": "Saint"}))).await;
        play.settle(vec![Change::AssignUser { key: key("joan") }]).await;
        if let Some(id) = play.idp.remote_id("ada") {
            play.fake.forget_user(&id);
        }
        play.settle(sets("ada", json!({"title": "Countess"}))).await;
        play.settle(vec![Change::Import]).await;
        play.whole()
    }
    .boxed()
}

/// A group whose create conflicts.
fn group_conflict(profile: Profile) -> BoxFuture<'static, String> {
    async move {
        let mut play = Play::new(profile).await;
        play.settle(joins(User::sample("ada", ""))).await;
        play.fake.refuses("POST", "/Groups", 1, 409, "taken");
        let group = Group::sample("all", "").with_members(["ada"]);
        play.settle(vec![Change::AddGroup(group), Change::PushGroup { key: key("all") }]).await;
        play.whole()
    }
    .boxed()
}

/// The end of an assignment, when the target no longer shows all that was written.
fn less_shown(profile: Profile) -> BoxFuture<'static, String> {
    async move {
        let mut play = Play::new(profile).await;
        play.settle(joins(User::sample("ada", ""))).await;
        play.fake.hides(&["displayName"]);
        play.settle(vec![Change::UnassignUser { key: key("ada") }]).await;
        play.whole()
    }
    .boxed()
}

/// A target that shows passwords.
fn password_shown(profile: Profile) -> BoxFuture<'static, String> {
    async move {
        let mut play = Play::new(profile).await;
        play.settle(joins(User::sample("ada", ""))).await;
        let shown = json!({"schemas": [USER], "id": "00000000-0000-4000-8000-000000000001", "userName": "ada@example.com",
            "active": true, "password": "aGFzaA=="});
        play.fake.orders("GET", "/Users/", 1, scim(200, &shown));
        play.settle(sets("ada", json!({"title": "Countess"}))).await;
        play.whole()
    }
    .boxed()
}

/// More members than one PATCH takes.
fn crowd(profile: Profile) -> BoxFuture<'static, String> {
    async move {
        let mut play = Play::new(profile).await;
        let names: Vec<String> = (0..101).map(|n| format!("u{n}")).collect();
        play.settle(names.iter().flat_map(|name| joins(User::sample(name, ""))).collect()).await;
        let group = Group::sample("all", "").with_members(names.iter().map(String::as_str));
        play.settle(vec![Change::AddGroup(group), Change::PushGroup { key: key("all") }]).await;
        play.whole()
    }
    .boxed()
}

/// The stories. The long ones that show most come first; groups before people for a knob of groups.
const STORIES: &[Story] = &[
    people,
    groups,
    filter_404,
    text_numbers,
    lower_case_keys,
    no_created_body,
    no_schemas,
    conflict,
    too_many,
    server_error,
    plain_error,
    html,
    patch_501,
    patch_204,
    patch_ignored,
    wrong_shape,
    hidden,
    less_shown,
    password_shown,
    failed_push,
    manager_shown,
    lost,
    group_conflict,
    all_fail,
    crowd,
];

/// Quirks that no story has the time for, and the test that plays them.
const ELSEWHERE: &[(&str, &str)] =
    &[("okta-timeout-60s", "okta_faults::the_time_out_is_the_profiles, with a shorter one")];

/// Profiles over which a quirk is looked for: those that have it, else those of its IdP.
fn bases(quirk: &Quirk) -> Vec<&'static str> {
    let own: &[&str] = match quirk.id.split('-').next() {
        Some("okta") => &["okta", "okta-oin", "okta-opp", "okta-entitlements"],
        Some("entra") => &["entra-default", "entra-062020", "entra-validator", "entra-on-demand"],
        _ => &["generic"],
    };
    let having: Vec<&'static str> = scimulate::idp::profiles()
        .iter()
        .filter(|profile| profile.has_quirk(&quirk.id))
        .map(|profile| profile.id.as_str())
        .take(1)
        .collect();
    having.into_iter().chain(own.iter().copied()).collect()
}

/// Each id can be switched on and off over a profile, and something changes that a server or a reader of the log sees: a
/// quirk that turns a knob which nothing hears would be a label.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_quirk_changes_what_happens() {
    let mut known: HashMap<(String, usize), String> = HashMap::new();
    let mut silent = Vec::new();
    for quirk in quirks().iter().filter(|quirk| ELSEWHERE.iter().all(|(id, _)| *id != quirk.id)) {
        if !changes(quirk, &mut known).await {
            silent.push(quirk.id.as_str());
        }
    }
    assert!(silent.is_empty(), "switched on or off, nothing changes: {silent:?}; add a story that shows it");
}

async fn changes(quirk: &Quirk, known: &mut HashMap<(String, usize), String>) -> bool {
    for base in bases(quirk) {
        let plain = Profile::named(base).expect("embedded");
        let sign = if plain.has_quirk(&quirk.id) { '-' } else { '+' };
        let turned = plain.clone().with_quirk(&format!("{sign}{}", quirk.id)).expect("a quirk of the catalogue");
        if turned.knobs == plain.knobs {
            continue;
        }
        let of_groups = ["group", "member", "push"].iter().any(|head| quirk.knob.starts_with(head));
        let order = if of_groups { [1, 0] } else { [0, 1] };
        for at in order.into_iter().chain(2..STORIES.len()) {
            let story = STORIES[at];
            if let Entry::Vacant(place) = known.entry((base.to_owned(), at)) {
                place.insert(story(plain.clone()).await);
            }
            if story(turned.clone()).await != known[&(base.to_owned(), at)] {
                return true;
            }
        }
    }
    false
}
