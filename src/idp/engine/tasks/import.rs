//! Import: the app's accounts, page by page, and what Okta makes of them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use serde_json::Value;
use time::{OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};

use super::{UserLink, connector, words, words::event};
use crate::idp::{
    dialect::{
        path::{Target, truth},
        query,
        user::Subject,
    },
    engine::{
        Idp, JOB,
        answer::{Answer, id_of},
    },
    moves::MoveKind,
};

/// Most pages of one import: a target that never ends its list must not keep the run from ending.
pub(super) const PAGES: usize = 10_000;

/// Whom a value of a mapped attribute belongs to: attribute and value, and the person's key.
type Exact = HashMap<(String, String), String>;

impl Idp {
    pub(super) async fn import(&mut self) {
        if self.declares(connector::INCREMENTAL)
            && let Some(since) = self.tasks.imported_until.clone()
        {
            return self.import_since(&since).await;
        }
        let users = match self.read_all("/Users").await {
            Ok(users) => users,
            Err(fault) => return self.import_failed(fault),
        };
        self.remember_newest(&users);
        let inactive = users.iter().filter(|user| user.get("active").and_then(truth) == Some(false)).count();
        let scanned = if self.profile.knobs.import_skips_inactive { users.len() - inactive } else { users.len() };
        let present: Vec<String> = users.iter().filter_map(id_of).collect();
        let known = self.tasks.users.values().filter(|link| link.active).count();
        let missing: Vec<String> = self
            .tasks
            .users
            .iter()
            .filter(|(_, link)| link.active && !present.contains(&link.id))
            .map(|(key, _)| key.clone())
            .collect();
        self.note(format!("import: {} accounts read, {scanned} scanned, {} missing", users.len(), missing.len()));
        let limit = usize::try_from(self.profile.knobs.import_safeguard_percent).unwrap_or(0);
        if limit > 0 && known > 0 && missing.len() * 100 > known * limit {
            let words = format!(
                "import safeguard: {} of {known} accounts are missing, more than {limit} %; nobody is unassigned",
                missing.len()
            );
            self.fail(MoveKind::Import, JOB, words::failure(event::IMPORT, words, None));
            return;
        }
        for key in missing {
            Arc::make_mut(&mut self.directory).end_assignment(&key);
            self.tasks.forget_user(&key);
            self.note(format!("import: `{key}` is missing in the app and counts as removed"));
        }
        self.recognise(&users);
        self.done(MoveKind::Import, JOB);
        if self.profile.knobs.import_groups {
            match self.read_all("/Groups").await {
                Ok(groups) => {
                    self.note(format!("import: {} groups read", groups.len()));
                    self.done(MoveKind::Import, JOB);
                }
                Err(fault) => self.import_failed(fault),
            }
        }
    }

    /// Accounts that changed since the last import: who is not among them is not missing.
    async fn import_since(&mut self, since: &str) {
        let filter = query::since(&self.profile.knobs, since);
        let users = match self.read_pages("/Users", &format!("filter={filter}&")).await {
            Ok(users) => users,
            Err(fault) => return self.import_failed(fault),
        };
        self.note(format!("import: {} accounts changed since {since}", users.len()));
        self.remember_newest(&users);
        self.recognise(&users);
        self.done(MoveKind::Import, JOB);
    }

    /// Where the next incremental import begins.
    fn remember_newest(&mut self, users: &[Value]) {
        let times = users.iter().filter_map(|user| {
            let text = user.get("meta")?.get("lastModified")?.as_str()?;
            OffsetDateTime::parse(text, &Rfc3339).ok()
        });
        let newest = times.max().and_then(|time| time.to_offset(UtcOffset::UTC).replace_nanosecond(0).ok());
        if let Some(newest) = newest.and_then(|time| time.format(&Rfc3339).ok()) {
            self.tasks.imported_until = self.tasks.imported_until.take().max(Some(newest));
        }
    }

    /// Holds accounts that nobody is linked to against the people without a link. Nothing is sent; who is recognised waits
    /// for an administrator, or is linked at once.
    fn recognise(&mut self, accounts: &[Value]) {
        let linked: HashSet<&str> = self.tasks.users.values().map(|link| link.id.as_str()).collect();
        let skips = self.profile.knobs.import_skips_inactive;
        let open = |account: &&Value| !skips || account.get("active").and_then(truth) != Some(false);
        let new: Vec<(String, &Value)> = accounts
            .iter()
            .filter(open)
            .filter_map(|account| Some((id_of(account)?, account)))
            .filter(|(id, _)| !linked.contains(id.as_str()))
            .collect();
        if new.is_empty() {
            return;
        }
        let (exact, partly) = self.strangers();
        let mut found = Vec::new();
        let (mut similar, mut nobody) = (0, 0);
        for (id, account) in new {
            let value =
                |target: &str| Target::parse(target).find(account).and_then(Value::as_str).map(str::to_lowercase);
            let by_value = self
                .profile
                .knobs
                .import_match
                .iter()
                .find_map(|target| exact.get(&(target.clone(), value(target)?)).cloned());
            let names = value("name.givenName").zip(value("name.familyName"));
            match by_value {
                Some(key) => found.push((key, id)),
                None if names.is_some_and(|names| partly.contains(&names)) => similar += 1,
                None => nobody += 1,
            }
        }
        let what = if self.profile.knobs.import_confirms { "are linked" } else { "wait for an administrator" };
        self.note(format!(
            "import: accounts without a link: {} recognised by an attribute {what}, {similar} by name, {nobody} unknown",
            found.len()
        ));
        if self.profile.knobs.import_confirms {
            for (key, id) in found {
                self.tasks.users.insert(key, UserLink { id, active: true, ..UserLink::default() });
            }
        }
    }

    /// People without a link: by attribute and value, and by name where the profile compares names.
    fn strangers(&self) -> (Exact, HashSet<(String, String)>) {
        let (mut exact, mut names) = (Exact::new(), HashSet::new());
        for person in self.directory.people().filter(|person| !self.tasks.users.contains_key(&person.user.key)) {
            let object_id = self.user_object_id(&person.user.key);
            for (target, value) in Subject::of(person, &object_id, true).at(self.clock).values(&self.profile) {
                if self.profile.knobs.import_match.contains(&target)
                    && let Some(value) = value.as_ref().and_then(Value::as_str)
                {
                    exact.insert((target, value.to_lowercase()), person.user.key.clone());
                }
            }
            if self.profile.knobs.import_match_names
                && let (Some(given), Some(family)) = (&person.user.given_name, &person.user.family_name)
            {
                names.insert((given.to_lowercase(), family.to_lowercase()));
            }
        }
        (exact, names)
    }

    fn import_failed(&mut self, fault: PagingFault) {
        let failure = match fault {
            PagingFault::Answer(answer) => {
                let words = words::remote(&answer, self.profile.knobs.surfaces_detail);
                words::failure(event::IMPORT, words, Some(&answer))
            }
            PagingFault::Endless => words::failure(event::IMPORT, ENDLESS.to_owned(), None),
        };
        self.fail(MoveKind::Import, JOB, failure);
    }

    /// Every page of an endpoint.
    pub(in crate::idp::engine) async fn read_all(&mut self, endpoint: &str) -> Result<Vec<Value>, PagingFault> {
        self.read_pages(endpoint, "").await
    }

    /// Every page of what a query asks for; `query` is empty or ends with `&`.
    async fn read_pages(&mut self, endpoint: &str, query: &str) -> Result<Vec<Value>, PagingFault> {
        let size = usize::try_from(self.profile.knobs.import_page.max(1)).unwrap_or(100);
        let mut all = Vec::new();
        let mut start = 1;
        for _ in 0..PAGES {
            let answer = self.call("GET", &format!("{endpoint}?{query}startIndex={start}&count={size}"), None).await;
            let list = match answer.list(self.profile.knobs.lenient_list_keys) {
                Ok(list) if answer.ok() => list,
                _ => return Err(PagingFault::Answer(answer)),
            };
            let empty = list.resources.is_empty();
            all.extend(list.resources);
            start += size;
            if empty || start > list.total {
                return Ok(all);
            }
        }
        Err(PagingFault::Endless)
    }
}

/// Why a list could not be read to its end.
pub(in crate::idp::engine) enum PagingFault {
    /// A page was refused, or is no list.
    Answer(Answer),
    /// There was always another page.
    Endless,
}

/// What is said of a list without an end.
pub(in crate::idp::engine) const ENDLESS: &str = "the list does not end: every page announces another";
