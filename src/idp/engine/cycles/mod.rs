//! Cycles: Entra's way. Changes wait in the log; every 40 minutes a cycle probes the target, visits the objects that
//! changed (all of them in the initial cycle), then writes references (manager, members) in a pass of their own, then
//! deletes. What failed becomes an escrow and comes again later; what fails all over sends the job into quarantine.

mod doubles;
mod escrow;
mod groups;
mod lanes;
mod managers;
mod members;
mod state;
mod users;
mod words;

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use time::{Duration, OffsetDateTime};

use super::{
    Answer, Halt, Idp, JOB,
    tasks::import::{ENDLESS, PagingFault},
};
use crate::idp::{
    dialect::query,
    directory::{Change, DirectoryError},
    moves::{Failure, MoveKind},
    profile::value::{FilterNotFound, HardDelete},
};
use lanes::Pass;
pub(super) use state::State;
use state::{Gone, GroupLink, Object, UserLink};
pub(super) use users::manager_of;

impl Idp {
    /// Whether the app is assigned to the person, directly or by an assigned group, and the scoping filter lets them in.
    fn in_scope(&self, key: &str) -> bool {
        self.directory.is_assigned(key, self.profile.knobs.groups_assign)
    }

    pub(super) fn entra_change(&mut self, change: Change) -> Result<(), DirectoryError> {
        let in_scope = change.user().is_some_and(|key| self.in_scope(key));
        let pushed = change.group().is_some_and(|key| self.directory.team(key).is_some_and(|team| team.pushed));
        let ruled = self.directory.pushed();
        Arc::make_mut(&mut self.directory).apply(change.clone(), self.clock)?;
        if let Change::RemovePushRule { .. } = change {
            let now = self.directory.pushed();
            let gone = ruled.into_iter().filter(|key| !now.contains(key));
            self.cycles.gone_groups.extend(gone.map(|key| Gone { key, in_scope: true }));
        }
        if let Some(key) = change.user() {
            self.cycles.visited.remove(&(Object::User, key.to_owned()));
        }
        if let Some(key) = change.group() {
            self.cycles.visited.remove(&(Object::Group, key.to_owned()));
        }
        match change {
            Change::DeleteUser { key } => self.cycles.gone_users.push(Gone { key, in_scope }),
            Change::DeleteGroup { key } | Change::UnlinkGroup { key } if pushed => {
                self.cycles.gone_groups.push(Gone { key, in_scope: true });
            }
            Change::PushGroup { key } => self.cycles.gone_groups.retain(|gone| gone.key != key),
            // Another person of the same key is another object.
            Change::AddUser(user) if !self.cycles.gone_users.iter().any(|gone| gone.key == user.key) => {
                self.cycles.users.shift_remove(&user.key);
            }
            Change::Import => self.cycles.import_wanted = true,
            _ => {}
        }
        Ok(())
    }

    pub(super) async fn entra_settle(&mut self) {
        self.cut = false;
        if self.profile.knobs.on_demand {
            self.on_demand().await;
            return;
        }
        self.clock = self.clock.max(self.cycles.next);
        self.cycle().await;
    }

    /// Puts the next cycle to when it has something to do.
    pub(super) fn entra_pass_idle_time(&mut self) {
        if !self.profile.knobs.on_demand
            && !self.has_work(self.cycles.next)
            && let Some(due) = self.next_due()
        {
            self.skip_idle(due);
        }
    }

    pub(super) async fn entra_advance(&mut self, end: OffsetDateTime) {
        if self.profile.knobs.on_demand {
            self.clock = end;
            self.expire();
            return;
        }
        let mut idle_played = false;
        self.cut = false;
        while !self.halt.is_stopped() && !self.cycles.disabled && self.cycles.next <= end {
            if !idle_played || self.has_work(self.cycles.next) {
                self.clock = self.clock.max(self.cycles.next);
                idle_played = !self.has_work(self.clock);
                self.cycle().await;
                continue;
            }
            // Nothing to do: the next cycle on the grid that has something to do, or the end.
            let Some(due) = self.next_due().filter(|due| *due <= end) else {
                self.skip_idle(end);
                break;
            };
            self.skip_idle(due);
        }
        self.clock = self.clock.max(end);
    }

    /// Moves the next cycle on, along the grid, to the first one that is not before `due`.
    fn skip_idle(&mut self, due: OffsetDateTime) {
        let step = self.cycle_length();
        let behind = due - self.cycles.next;
        if behind > Duration::ZERO {
            let steps = behind.whole_seconds().div_euclid(step.whole_seconds().max(1))
                + i64::from(behind.whole_seconds().rem_euclid(step.whole_seconds().max(1)) > 0);
            self.cycles.next += Duration::seconds(step.whole_seconds().saturating_mul(steps));
        }
    }

    fn cycle_length(&self) -> Duration {
        Duration::minutes(i64::from(self.profile.knobs.cycle_minutes.max(1)))
    }

    /// Whether a cycle at `at` would visit an object.
    fn has_work(&self, at: OffsetDateTime) -> bool {
        !self.cycles.initial_done
            || self.cycles.watermark < self.directory.head()
            || self.cycles.quarantine.is_some()
            || self.cycles.import_wanted
            || self.next_due().is_some_and(|due| due <= at)
    }

    /// Whether the next cycle would only probe.
    pub(super) fn entra_idle(&self) -> bool {
        let pending = &self.cycles;
        let on_demand = self.profile.knobs.on_demand;
        // What fails on demand comes again when the administrator asks for it again.
        (on_demand || pending.initial_done && pending.escrows.is_empty())
            && pending.watermark >= self.directory.head()
            && pending.visited.is_empty()
            && pending.quarantine.is_none()
            && pending.gone_users.is_empty()
            && pending.gone_groups.is_empty()
    }

    /// When an escrow is due, or somebody in the recycle bin is deleted for good.
    fn next_due(&self) -> Option<OffsetDateTime> {
        let days = Duration::days(i64::from(self.profile.knobs.delete_after_days));
        let escrow = self.cycles.escrows.values().map(|escrow| escrow.next).min();
        let delete = self.directory.people().filter_map(|person| Some(person.deleted_at? + days)).min();
        let repatch = self.repatch_pending().then_some(self.cycles.next);
        [escrow, delete, repatch].into_iter().flatten().min()
    }

    /// Deletes for good who has been in the recycle bin long enough.
    fn expire(&mut self) {
        let days = Duration::days(i64::from(self.profile.knobs.delete_after_days));
        let due: Vec<String> = self
            .directory
            .people()
            .filter(|person| person.deleted_at.is_some_and(|at| at + days <= self.clock))
            .map(|person| person.user.key.clone())
            .collect();
        for key in due {
            // The key was read from the directory a moment ago: the change cannot be refused.
            let _ = self.entra_change(Change::DeleteUser { key });
        }
    }

    /// One cycle.
    async fn cycle(&mut self) {
        if self.cycles.disabled {
            self.note("the provisioning job is disabled: it was in quarantine for too long; restart it");
            return;
        }
        if self.cycles.visited.is_empty() {
            self.expire();
            self.cycles.attempted.clear();
            self.cycles.failed.clear();
        }
        self.cycles.condemned = None;
        let good = !self.profile.knobs.probe_every_cycle || self.probe_target().await;
        if good {
            let initial = !self.cycles.initial_done;
            let (users, groups) = self.visits(initial);
            let head = self.directory.head();
            self.visit(users, groups, usize::MAX).await;
            self.remove_gone().await;
            if self.cut {
                return;
            }
            if std::mem::take(&mut self.cycles.import_wanted) {
                self.account_discovery().await;
            }
            self.cycles.visited.clear();
            if self.cycles.condemned.is_none() {
                self.cycles.initial_done = true;
                self.cycles.watermark = head;
            }
        }
        self.cycles.next = self.clock + self.cycle_length();
        self.weigh_quarantine(good);
    }

    /// The users and groups that this cycle visits, in the order in which they came into the directory.
    fn visits(&self, initial: bool) -> (Vec<String>, Vec<String>) {
        let mut users: BTreeSet<String> = BTreeSet::new();
        let mut groups: BTreeSet<String> = BTreeSet::new();
        for logged in self.directory.log_after(self.cycles.watermark) {
            users.extend(logged.change.user().map(str::to_owned));
            match &logged.change {
                Change::SetScope { .. } => users.extend(self.directory.people().map(|person| person.user.key.clone())),
                Change::AddPushRule { .. } | Change::RemovePushRule { .. } => {
                    groups.extend(self.directory.teams().map(|team| team.group.key.clone()));
                }
                _ => {}
            }
            if let Some(key) = logged.change.group() {
                groups.extend(self.around(key));
                let assigns = matches!(
                    logged.change,
                    Change::PushGroup { .. } | Change::UnlinkGroup { .. } | Change::DeleteGroup { .. }
                );
                if assigns && self.profile.knobs.groups_assign {
                    users.extend(self.directory.team(key).into_iter().flat_map(|team| team.group.members.clone()));
                    users.extend(self.cycles.groups.get(key).into_iter().flat_map(|link| link.members.keys().cloned()));
                }
            }
        }
        for ((object, key), escrow) in &self.cycles.escrows {
            if escrow.next <= self.clock {
                match object {
                    Object::User => users.insert(key.clone()),
                    Object::Group => groups.insert(key.clone()),
                };
            }
        }
        let users = self
            .directory
            .people()
            .map(|person| person.user.key.clone())
            .filter(|key| initial || users.contains(key))
            .collect();
        let groups = self
            .directory
            .teams()
            .map(|team| team.group.key.clone())
            .filter(|key| initial || groups.contains(key))
            .collect();
        (users, groups)
    }

    /// Whether the cycle ends here: the target condemned the job, or the IdP was told to stop.
    fn stops(&mut self) -> bool {
        self.cycles.condemned.is_some() || self.alarm.as_ref().is_some_and(Halt::is_stopped) || self.halted()
    }

    /// Objects first, then references: managers, then members.
    async fn visit(&mut self, users: Vec<String>, groups: Vec<String>, members: usize) {
        for link in self.cycles.groups.values_mut() {
            link.read_now = false;
        }
        let told_apart = self.without_doubles(Object::User, &users);
        self.pass(Pass::Users, told_apart).await;
        let told_apart = self.without_doubles(Object::Group, &groups);
        self.pass(Pass::Groups, told_apart).await;
        if self.stops() {
            return;
        }
        let users: HashSet<&str> = users.iter().map(String::as_str).collect();
        let groups: HashSet<&str> = groups.iter().map(String::as_str).collect();
        self.manager_pass(&users).await;
        self.member_pass(&users, &groups, members).await;
    }

    /// Each change on its own, at once, as an administrator's "provision on demand" does it.
    async fn on_demand(&mut self) {
        self.expire();
        self.cycles.condemned = None;
        let (users, groups) = self.visits(false);
        let head = self.directory.head();
        let members = usize::try_from(self.profile.knobs.on_demand_members).unwrap_or(usize::MAX);
        let restored: Vec<String> = self
            .directory
            .log_after(self.cycles.watermark)
            .iter()
            .filter_map(|logged| match &logged.change {
                Change::RestoreUser { key } => Some(key.clone()),
                _ => None,
            })
            .collect();
        for key in users {
            if self.halted() {
                return;
            }
            if self.cycles.visited.contains(&(Object::User, key.clone())) {
                continue;
            }
            if restored.contains(&key) {
                self.skip(MoveKind::Reactivate, &key, "on-demand provisioning does not restore users");
                continue;
            }
            if self.probe_target().await {
                self.visit(vec![key], Vec::new(), members).await;
            }
        }
        for key in groups {
            if self.halted() {
                return;
            }
            if self.cycles.visited.contains(&(Object::Group, key.clone())) {
                continue;
            }
            if self.probe_target().await {
                self.visit(Vec::new(), vec![key], members).await;
            }
        }
        self.remove_gone().await;
        if self.cut {
            return;
        }
        self.cycles.visited.clear();
        self.cycles.watermark = head;
        self.cycles.initial_done = true;
        if std::mem::take(&mut self.cycles.import_wanted) {
            self.account_discovery().await;
        }
    }

    pub(super) async fn entra_test_connection(&mut self) {
        self.cycles.condemned = None;
        if self.probe_with(words::credentials).await {
            self.discover().await;
        }
    }

    async fn probe_target(&mut self) -> bool {
        self.probe_with(|answer| words::refused(answer, "probe")).await
    }

    /// Filters for a GUID that nobody has: users, and groups if the profile maps them.
    async fn probe_with(&mut self, refused: fn(&Answer) -> Failure) -> bool {
        let attribute = self.profile.knobs.match_on.first().cloned().unwrap_or_else(|| "userName".to_owned());
        let mut probes = vec![("/Users", attribute)];
        if self.profile.knobs.probe_groups {
            let attribute = self.profile.knobs.match_groups_on.first().cloned();
            probes.push(("/Groups", attribute.unwrap_or_else(|| "displayName".to_owned())));
        }
        for (endpoint, attribute) in probes {
            let guid = self.draw_guid();
            let target = query::lookup(&self.profile.knobs, endpoint, &attribute, &guid);
            let answer = self.call("GET", &target, None).await;
            let lenient = self.profile.knobs.filter_404 == FilterNotFound::NoMatch && answer.status == Some(404);
            let failure = match answer.list(self.profile.knobs.lenient_list_keys) {
                _ if lenient => None,
                _ if answer.status == Some(404) => Some(words::incompatible(&answer)),
                _ if !answer.ok() => Some(refused(&answer)),
                Err(_) => Some(words::unreadable(&answer)),
                Ok(_) => None,
            };
            if let Some(failure) = failure {
                self.cycles.condemned = Some(failure.code.clone());
                self.fail(MoveKind::Probe, JOB, failure);
                return false;
            }
            self.done(MoveKind::Probe, JOB);
        }
        true
    }

    /// Users and groups that are gone from the directory, and groups that are no longer assigned.
    async fn remove_gone(&mut self) {
        for gone in std::mem::take(&mut self.cycles.gone_users) {
            let wanted = match self.profile.knobs.hard_delete {
                HardDelete::Never => false,
                HardDelete::InScope => gone.in_scope,
                HardDelete::Always => true,
            };
            if self.stops() {
                self.cycles.gone_users.push(gone);
                continue;
            }
            self.delete_gone_user(gone, wanted).await;
        }
        for gone in std::mem::take(&mut self.cycles.gone_groups) {
            if self.stops() {
                self.cycles.gone_groups.push(gone);
                continue;
            }
            self.delete_gone_group(gone).await;
        }
    }

    /// Entra's account discovery: every page of users, and of groups where the profile imports them.
    async fn account_discovery(&mut self) {
        let endpoints: &[&str] = if self.profile.knobs.import_groups { &["/Users", "/Groups"] } else { &["/Users"] };
        for endpoint in endpoints {
            let failure = match self.read_all(endpoint).await {
                Ok(found) => {
                    self.note(format!("account discovery: {} resources read from {endpoint}", found.len()));
                    self.done(MoveKind::Import, JOB);
                    continue;
                }
                Err(PagingFault::Answer(answer)) if answer.ok() => words::unreadable(&answer),
                Err(PagingFault::Answer(answer)) => words::refused(&answer, "account discovery"),
                Err(PagingFault::Endless) => words::endless(ENDLESS),
            };
            self.fail(MoveKind::Import, JOB, failure);
        }
    }
}
