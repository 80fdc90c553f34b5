//! Ids, probes and passwords: drawn from the seed, so that the same seed sends the same requests.

use sha2::{Digest, Sha256};

use super::Idp;
use crate::idp::profile::Kind;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Idp {
    /// The IdP's own id of a directory object: `00u…` (users) or `00g…` (groups) for Okta, a GUID otherwise.
    pub(super) fn object_id(&self, key: &str, given: Option<&str>, group: bool) -> String {
        if let Some(id) = given {
            return id.to_owned();
        }
        let bytes = digest(self.seed, if group { "group" } else { "user" }, key);
        match self.profile.kind {
            Kind::Okta => format!("{}{}", if group { "00g" } else { "00u" }, base62(&bytes, 17)),
            Kind::Entra | Kind::Generic => guid(&bytes),
        }
    }

    /// The object id of a user of the directory, if there is one of that key.
    pub(super) fn user_object_id(&self, key: &str) -> String {
        let given = self.directory.person(key).and_then(|person| person.user.object_id.clone());
        self.object_id(key, given.as_deref(), false)
    }

    /// The object id of a group of the directory.
    pub(super) fn group_object_id(&self, key: &str) -> String {
        let given = self.directory.team(key).and_then(|team| team.group.object_id.clone());
        self.object_id(key, given.as_deref(), true)
    }

    /// A new random GUID.
    pub(super) fn draw_guid(&mut self) -> String {
        self.drawn += 1;
        guid(&digest(self.seed, "guid", &self.drawn.to_string()))
    }

    /// A new random password of letters and digits.
    pub(super) fn draw_password(&mut self) -> String {
        self.drawn += 1;
        let length = usize::try_from(self.profile.knobs.password_length.min(32)).unwrap_or(8);
        base62(&digest(self.seed, "password", &self.drawn.to_string()), length)
    }
}

fn digest(seed: u64, purpose: &str, word: &str) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(purpose.as_bytes());
    hash.update([0]);
    hash.update(word.as_bytes());
    hash.finalize().into()
}

fn base62(bytes: &[u8; 32], length: usize) -> String {
    bytes.iter().cycle().take(length).map(|byte| char::from(ALPHABET[usize::from(*byte) % 62])).collect()
}

fn guid(bytes: &[u8; 32]) -> String {
    let mut half = [0u8; 16];
    half.copy_from_slice(&bytes[..16]);
    uuid::Builder::from_random_bytes(half).into_uuid().to_string()
}
