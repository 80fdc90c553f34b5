//! Import: the app's accounts, page by page, and what Okta makes of them.

use serde_json::Value;

use super::{words, words::event};
use crate::idp::{
    dialect::path::truth,
    engine::{
        Idp, JOB,
        answer::{Answer, id_of},
    },
    moves::MoveKind,
};

/// Most pages of one import: a target that never ends its list must not keep the run from ending.
const PAGES: usize = 10_000;

impl Idp {
    pub(super) async fn import(&mut self) {
        let users = match self.read_all("/Users").await {
            Ok(users) => users,
            Err(fault) => return self.import_failed(fault),
        };
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
            self.directory.end_assignment(&key);
            self.tasks.users.shift_remove(&key);
            self.note(format!("import: `{key}` is missing in the app and counts as removed"));
        }
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
        let size = usize::try_from(self.profile.knobs.import_page.max(1)).unwrap_or(100);
        let mut all = Vec::new();
        let mut start = 1;
        for _ in 0..PAGES {
            let answer = self.call("GET", &format!("{endpoint}?startIndex={start}&count={size}"), None).await;
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
