//! Moves of users who leave, in the task queue: deactivate, see to an account that was left behind, delete.

use super::{Task, users::Found, words, words::event};
use crate::idp::{
    dialect::{path::truth, query},
    engine::Idp,
    moves::MoveKind,
};

impl Idp {
    /// The assignment ended, or the account was closed.
    pub(super) async fn deactivate(&mut self, key: &str) {
        let Some(link) = self.tasks.users.get(key).cloned() else {
            return self.left_behind(key, "the app user has no External ID: an earlier task failed");
        };
        if link.push_failed && self.profile.knobs.failed_push_unlinks {
            return self.left_behind(key, "the app user has no External ID: the last profile push failed");
        }
        let Some(person) = self.directory.person(key).or_else(|| self.tasks.gone.get(key)).cloned() else { return };
        self.write_active(key, &person, false).await;
    }

    /// No deactivation is sent, though the app may hold the account: that is a task for a person
    /// (<https://support.okta.com/help/s/article/managing-manual-provisioning-and-deprovisioning-tasks>).
    fn left_behind(&mut self, key: &str, why: &'static str) {
        self.skip(MoveKind::Deactivate, key, why);
        self.tasks.fail(Task::Deprovision(key.to_owned()), why.to_owned());
    }

    /// What an administrator does about an account that was left behind: assigns the app again, so that the account is
    /// found and linked, and takes the assignment away.
    pub(super) async fn deprovision(&mut self, key: &str) {
        let Some(person) = self.directory.person(key).cloned() else {
            let words =
                "the user is gone from the directory: the account has to be closed in the app itself".to_owned();
            self.fail(MoveKind::Deactivate, key, words::failure(event::DEACTIVATE, words, None));
            return;
        };
        match self.find_user(key, &person, false).await {
            Found::One(shown) if shown.get("active").and_then(truth) == Some(false) => {
                self.skip(MoveKind::Deactivate, key, "the account is inactive in the app already");
            }
            Found::One(shown) => {
                self.adopt(key, &person, &shown).await;
                if self.tasks.users.get(key).is_some_and(|link| !link.push_failed) {
                    self.write_active(key, &person, false).await;
                }
            }
            Found::Nobody => self.skip(MoveKind::Deactivate, key, "the app has no such user"),
            Found::Failed => {}
        }
    }

    pub(super) async fn delete_user(&mut self, key: &str) {
        let Some(link) = self.tasks.users.get(key).cloned() else {
            self.skip(MoveKind::Delete, key, "the target does not know the user");
            return;
        };
        let answer = self.call("DELETE", &query::user(&link.id), None).await;
        if answer.ok() || answer.status == Some(404) {
            self.tasks.forget_user(key);
            self.done(MoveKind::Delete, key);
        } else {
            let words = words::remote(&answer, self.profile.knobs.surfaces_detail);
            self.fail(MoveKind::Delete, key, words::failure(event::DEACTIVATE, words, Some(&answer)));
        }
    }
}
