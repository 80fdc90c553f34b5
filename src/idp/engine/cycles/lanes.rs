//! What a cycle does to one object after the other, or, with lanes, to several at a time.

use futures::future::join_all;

use super::{Idp, Object, State, UserLink};
use crate::idp::{
    engine::{
        Halt,
        lanes::{deal, take_over},
    },
    profile::value::ManagerPass,
};

/// A pass of a cycle over objects of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    Users,
    Groups,
    Managers,
    /// With the most members that are added to one group.
    Members(usize),
}

impl Pass {
    fn object(self) -> Object {
        match self {
            Pass::Users | Pass::Managers => Object::User,
            Pass::Groups | Pass::Members(_) => Object::Group,
        }
    }
}

impl Idp {
    /// One pass over these objects.
    pub(super) async fn pass(&mut self, pass: Pass, keys: Vec<String>) {
        self.cycles.lost.clear();
        if self.lanes < 2 || keys.len() < 2 || self.needs_order(pass) {
            return self.one_by_one(pass, &keys).await;
        }
        let alarm = Halt::new();
        let lanes = deal(keys, self.lanes).into_iter().enumerate().map(|(number, keys)| {
            let mut lane = self.lane(number, &alarm);
            lane.cycles = self.share(pass, &keys);
            async move {
                lane.one_by_one(pass, &keys).await;
                (lane, keys)
            }
        });
        let lanes: Vec<_> = lanes.collect();
        for (number, (lane, keys)) in join_all(lanes).await.into_iter().enumerate() {
            let (_, learned) = self.rejoin(lane, number);
            self.cycles.learn(pass.object(), &keys, learned);
        }
    }

    /// Whether an object of the pass depends on what is done to those before it.
    fn needs_order(&self, pass: Pass) -> bool {
        match pass {
            Pass::Users => self.profile.knobs.manager_pass == ManagerPass::InCreate,
            Pass::Members(_) => self.profile.knobs.members_read_back,
            Pass::Groups | Pass::Managers => false,
        }
    }

    async fn one_by_one(&mut self, pass: Pass, keys: &[String]) {
        for key in keys {
            if self.stops() {
                return;
            }
            match pass {
                Pass::Users if self.cycles.visited.insert((Object::User, key.clone())) => {
                    self.provision_user(key).await;
                }
                Pass::Groups if self.cycles.visited.insert((Object::Group, key.clone())) => {
                    self.provision_group(key).await;
                }
                Pass::Users | Pass::Groups => {}
                Pass::Managers => self.write_manager(key).await,
                Pass::Members(most) => self.write_members(key, most).await,
            }
        }
    }

    /// What a lane has to know of these objects: their own links, and the ids of whom they refer to.
    fn share(&self, pass: Pass, keys: &[String]) -> State {
        let known = &self.cycles;
        let object = pass.object();
        let mut state = State::new(self.clock);
        for key in keys {
            let place = (object, key.clone());
            if known.visited.contains(&place) {
                state.visited.insert(place.clone());
            }
            if let Some(escrow) = known.escrows.get(&place) {
                state.escrows.insert(place, escrow.clone());
            }
            if known.failed.contains(key) {
                state.failed.insert(key.clone());
            }
            if known.unanswered.contains(key) {
                state.unanswered.insert(key.clone());
            }
            let referred: Vec<&str> = match object {
                Object::User => {
                    self.directory.person(key).and_then(|person| person.user.manager.as_deref()).into_iter().collect()
                }
                Object::Group => self.members_of(key),
            };
            for other in referred {
                if let Some(UserLink { id, active, .. }) = known.users.get(other)
                    && !state.users.contains_key(other)
                {
                    let link = UserLink { id: id.clone(), active: *active, ..UserLink::default() };
                    state.users.insert(other.to_owned(), link);
                }
            }
        }
        // After the references: what is their own is whole.
        for key in keys {
            if let (Object::User, Some(link)) = (object, known.users.get(key)) {
                state.users.insert(key.clone(), link.clone());
            }
            if let (Object::Group, Some(link)) = (object, known.groups.get(key)) {
                state.groups.insert(key.clone(), link.clone());
            }
        }
        state.gone_groups = known.gone_groups.iter().filter(|gone| keys.contains(&gone.key)).cloned().collect();
        state
    }
}

impl State {
    /// Takes over what a lane learned of its objects.
    fn learn(&mut self, object: Object, keys: &[String], mut learned: State) {
        for key in keys {
            match object {
                Object::User => take_over(&mut self.users, &mut learned.users, key),
                Object::Group => take_over(&mut self.groups, &mut learned.groups, key),
            }
            let place = (object, key.clone());
            match learned.escrows.remove(&place) {
                Some(escrow) => drop(self.escrows.insert(place, escrow)),
                None => drop(self.escrows.remove(&place)),
            }
            if !learned.unanswered.contains(key) && object == Object::User {
                self.unanswered.remove(key);
            }
        }
        for key in learned.lost {
            self.forget_memberships(&key);
        }
        self.unanswered.append(&mut learned.unanswered);
        self.attempted.append(&mut learned.attempted);
        self.failed.append(&mut learned.failed);
        self.visited.append(&mut learned.visited);
        self.condemned = self.condemned.take().or(learned.condemned);
    }
}
