//! Tasks of different users, or of different groups, that wait one after the other can be played side by side; what a
//! user's task means for groups follows when all of them are done.

use futures::future::join_all;

use super::{Idp, State, Task, UserLink};
use crate::idp::{
    engine::{
        Halt,
        lanes::{deal, take_over},
    },
    profile::value::ManagerPass,
};

/// What tasks are about that do not get in each other's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Users,
    Groups,
}

impl Task {
    fn about(&self) -> Option<About> {
        match self {
            Task::Assign(_)
            | Task::Stage(_)
            | Task::Push(_)
            | Task::Deactivate(_)
            | Task::Deprovision(_)
            | Task::Delete(_)
            | Task::Password(..) => Some(About::Users),
            Task::PushGroup(_) | Task::Rename(_) | Task::Members { .. } | Task::PushNow(_) | Task::DeleteGroup(_) => {
                Some(About::Groups)
            }
            Task::ForceSync | Task::Import | Task::Silent(..) => None,
        }
    }
}

impl State {
    /// Takes the tasks of one kind that wait at the front, those of one object together; nothing if there is but one object.
    fn front(&mut self) -> Option<(About, Vec<Vec<Task>>)> {
        let about = self.queue.front()?.about()?;
        let count = self.queue.iter().take_while(|task| task.about() == Some(about)).count();
        let first = self.queue.front().map(|task| task.told().1.to_owned())?;
        if self.queue.iter().take(count).all(|task| task.told().1 == first) {
            return None;
        }
        let mut objects: indexmap::IndexMap<String, Vec<Task>> = indexmap::IndexMap::new();
        for task in self.queue.drain(..count) {
            objects.entry(task.told().1.to_owned()).or_default().push(task);
        }
        Some((about, objects.into_values().collect()))
    }
}

impl Idp {
    /// Plays tasks that wait at the front of the queue side by side, if there are lanes and such tasks.
    pub(super) async fn play_front(&mut self) -> bool {
        if self.lanes < 2 {
            return false;
        }
        let ordered = self.profile.knobs.manager_pass == ManagerPass::InCreate;
        if ordered && self.tasks.queue.front().and_then(Task::about) == Some(About::Users) {
            return false;
        }
        let Some((about, objects)) = self.tasks.front() else { return false };
        let alarm = Halt::new();
        let lanes = deal(objects, self.lanes).into_iter().enumerate().map(|(number, objects)| {
            let keys: Vec<String> =
                objects.iter().filter_map(|tasks| Some(tasks.first()?.told().1.to_owned())).collect();
            let tasks: Vec<Task> = objects.into_iter().flatten().collect();
            let mut lane = self.lane(number, &alarm);
            lane.tasks = self.tasks_of(about, &tasks);
            lane.tasks.queue = tasks.into();
            async move {
                while !lane.halt.is_stopped() && lane.play_next().await {}
                (lane, keys)
            }
        });
        let lanes: Vec<_> = lanes.collect();
        let mut following = Vec::new();
        for (number, (lane, keys)) in join_all(lanes).await.into_iter().enumerate() {
            let (learned, _) = self.rejoin(lane, number);
            following.extend(self.tasks.learn(about, &keys, learned));
        }
        for key in following {
            let failures = self.failures;
            self.follow_memberships(&key).await;
            if self.cut {
                self.tasks.queue.push_front(Task::Assign(key));
            } else if self.failures > failures {
                let why = self.last_failure.clone();
                self.tasks.fail(Task::Assign(key), why);
            }
        }
        true
    }

    /// What a lane has to know for these tasks.
    fn tasks_of(&self, about: About, tasks: &[Task]) -> State {
        let known = &self.tasks;
        let mut state = State { capabilities: known.capabilities.clone(), ..State::default() };
        match about {
            About::Users => {
                state.following = Some(Vec::new());
                for key in tasks.iter().map(|task| task.told().1) {
                    if let Some(link) = known.users.get(key) {
                        state.users.insert(key.to_owned(), link.clone());
                    }
                    if let Some(person) = known.gone.get(key) {
                        state.gone.insert(key.to_owned(), person.clone());
                    }
                }
            }
            About::Groups => {
                for task in tasks {
                    let key = task.told().1;
                    if let Some(link) = known.groups.get(key) {
                        state.groups.insert(key.to_owned(), link.clone());
                    }
                    let added = match task {
                        Task::Members { add, .. } => add.as_slice(),
                        _ => &[],
                    };
                    for user in self.members_of(key).into_iter().chain(added.iter().map(String::as_str)) {
                        if let Some(UserLink { id, active, .. }) = known.users.get(user)
                            && !state.users.contains_key(user)
                        {
                            let link = UserLink { id: id.clone(), active: *active, ..UserLink::default() };
                            state.users.insert(user.to_owned(), link);
                        }
                    }
                }
            }
        }
        state
    }
}

impl State {
    /// Takes over what a lane learned of its objects; gives the users whose memberships are to follow.
    fn learn(&mut self, about: About, keys: &[String], mut learned: State) -> Vec<String> {
        for key in keys {
            match about {
                About::Users => take_over(&mut self.users, &mut learned.users, key),
                About::Groups => take_over(&mut self.groups, &mut learned.groups, key),
            }
        }
        for key in learned.lost {
            self.forget_memberships(&key);
        }
        for failed in learned.failed {
            self.fail(failed.task, failed.why);
        }
        // What a stopped lane has left is still the first thing to do.
        for task in learned.queue.into_iter().rev() {
            self.queue.push_front(task);
        }
        learned.following.unwrap_or_default()
    }
}
