//! What a tenant can see.

use serde_json::{Value, json};

use super::{Tenant, subject_variables, word};
use crate::{
    target::{
        Member, MemberStatus, Observed, Role, Section, Session, SessionState, SignIn, Subject, TargetError, Unobserved,
        call::Answer,
        config::{MemberObserver, RolesObserver, SessionObserver},
        template::Variables,
    },
    wire::Secret,
};

impl Tenant {
    /// The member as the target's own API shows it.
    ///
    /// # Errors
    /// If there is no `[observe.member]`, or it does not work.
    pub async fn member(&self, subject: &Subject) -> Observed<Member> {
        let observer = self.target().config().observe.member.as_ref();
        let observer = observer.ok_or_else(|| Section::Member.missing())?;
        let answer = self.call("observe.member.call", &observer.call, [subject_variables(subject)]).await?;
        match answer {
            Answer::Absent { raw, .. } => Ok(Member::absent(raw)),
            answer => {
                let (captured, raw) = answer.succeeded()?;
                Ok(shown_member(observer, &captured, raw))
            }
        }
    }

    /// The member and her roles. Where both are seen by the same request, one answer serves both.
    ///
    /// # Errors
    /// As [`Tenant::member`] and [`Tenant::roles`], each for itself.
    pub async fn member_and_roles(&self, subject: &Subject) -> (Observed<Member>, Observed<Vec<Role>>) {
        let observe = &self.target().config().observe;
        let both = observe.member.as_ref().zip(observe.roles.as_ref());
        let joined = both.and_then(|(member, roles)| Some((member, roles, member.call.joined(&roles.call)?)));
        let Some((of_member, of_roles, calls)) = joined else {
            return (self.member(subject).await, self.roles(subject).await);
        };
        match self.call("observe.member.call", &calls, [subject_variables(subject)]).await {
            Ok(Answer::Absent { raw, .. }) => (Ok(Member::absent(raw)), Ok(Vec::new())),
            Ok(Answer::Done { captured, raw }) => {
                (Ok(shown_member(of_member, &captured, raw)), self.shown_roles(of_roles, &captured))
            }
            // What one of them lacks, the other may have: each tells for itself.
            Ok(_) | Err(_) => (self.member(subject).await, self.roles(subject).await),
        }
    }

    /// The roles of the member, with their sources. A member that does not exist has none.
    ///
    /// # Errors
    /// If there is no `[observe.roles]`, or it does not work.
    pub async fn roles(&self, subject: &Subject) -> Observed<Vec<Role>> {
        let observer = self.target().config().observe.roles.as_ref();
        let observer = observer.ok_or_else(|| Section::Roles.missing())?;
        let answer = self.call("observe.roles.call", &observer.call, [subject_variables(subject)]).await?;
        if matches!(answer, Answer::Absent { .. }) {
            return Ok(Vec::new());
        }
        let (captured, _) = answer.succeeded()?;
        self.shown_roles(observer, &captured)
    }

    fn shown_roles(&self, observer: &RolesObserver, captured: &Variables) -> Observed<Vec<Role>> {
        let items = self.array("observe.roles", captured, "roles")?;
        let role = |item: &Value| {
            let id = item.pointer(&observer.id).map(word)?;
            let sources =
                observer.sources.as_deref().and_then(|pointer| item.pointer(pointer)).and_then(Value::as_array);
            let sources = sources.into_iter().flatten().filter_map(|source| source.pointer(&observer.source).map(word));
            Some(Role { id, sources: sources.collect() })
        };
        items
            .iter()
            .map(|item| role(item).ok_or_else(|| self.unreadable("observe.roles.id", item, &observer.id)))
            .collect()
    }

    /// Tries to open a session for the member.
    ///
    /// # Errors
    /// If there is no `[observe.sign_in]`, or it does not work.
    pub async fn sign_in(&self, subject: &Subject) -> Observed<SignIn> {
        let observer = self.target().config().observe.sign_in.as_ref();
        let observer = observer.ok_or_else(|| Section::SignIn.missing())?;
        let answer = self.call("observe.sign_in.call", &observer.call, [subject_variables(subject)]).await?;
        match answer {
            Answer::Refused { status, detail, .. } | Answer::Absent { status, detail, .. } => {
                Ok(SignIn::Refused { status, detail })
            }
            answer => {
                let (captured, _) = answer.succeeded()?;
                let text = |name: &str| captured.get(name).map(word);
                Ok(SignIn::Opened(Session {
                    id: text("session_id").unwrap_or_default(),
                    token: Secret::new(text("session_token").unwrap_or_default()),
                    jwt: text("session_jwt").map(Secret::new),
                }))
            }
        }
    }

    /// Whether the target accepts the session.
    ///
    /// # Errors
    /// If there is no `[observe.session]`, or it does not work.
    pub async fn session(&self, session: &Session) -> Observed<SessionState> {
        let observer = self.target().config().observe.session.as_ref();
        let observer = observer.ok_or_else(|| Section::Session.missing())?;
        self.session_state("observe.session", observer, session).await
    }

    /// Whether the target accepts the session's JWT.
    ///
    /// # Errors
    /// If there is no `[observe.jwt]`, the session has no JWT, or the observer does not work.
    pub async fn jwt(&self, session: &Session) -> Observed<SessionState> {
        let observer = self.target().config().observe.jwt.as_ref();
        let observer = observer.ok_or_else(|| Section::Jwt.missing())?;
        if session.jwt.is_none() {
            let remedy = "let `[observe.sign_in]` capture `session_jwt`".to_owned();
            return Err(Unobserved::NoObserver { what: "session JWTs", remedy });
        }
        self.session_state("observe.jwt", observer, session).await
    }

    async fn session_state(&self, key: &str, observer: &SessionObserver, session: &Session) -> Observed<SessionState> {
        let mut variables = json!({"id": session.id, "token": session.token.expose()});
        if let Some(jwt) = &session.jwt {
            variables["jwt"] = Value::from(jwt.expose());
        }
        let answer = self.call(&format!("{key}.call"), &observer.call, [("session", variables)]).await?;
        match answer {
            Answer::Refused { status, detail, .. } | Answer::Absent { status, detail, .. } => {
                Ok(SessionState::Refused { status, detail })
            }
            answer => {
                let (captured, _) = answer.succeeded()?;
                if !captured.contains_key("roles") {
                    return Ok(SessionState::Open { roles: None });
                }
                let roles = self
                    .array(key, &captured, "roles")?
                    .iter()
                    .map(|item| {
                        let id = item.pointer(&observer.role_id).map(word);
                        id.ok_or_else(|| self.unreadable(&format!("{key}.role_id"), item, &observer.role_id))
                    })
                    .collect::<Result<_, _>>()?;
                Ok(SessionState::Open { roles: Some(roles) })
            }
        }
    }

    fn array<'a>(&self, key: &str, captured: &'a Variables, name: &str) -> Result<&'a Vec<Value>, TargetError> {
        let value = captured.get(name).unwrap_or(&Value::Null);
        value.as_array().ok_or_else(|| TargetError::Unreadable {
            place: format!("{}: {key}", self.target().config().place_of(key)),
            reason: format!("`{name}` is not an array; let the capture point at one"),
        })
    }

    fn unreadable(&self, key: &str, item: &Value, pointer: &str) -> Unobserved {
        let place = format!("{}: {key}", self.target().config().place_of(key));
        let item = self.inner.secrets.excerpt(&item.to_string());
        TargetError::Unreadable { place, reason: format!("nothing at `{pointer}` in {item}; correct the pointer") }
            .into()
    }
}

fn shown_member(observer: &MemberObserver, captured: &Variables, raw: Value) -> Member {
    let word = captured.get("status").map(word).unwrap_or_default();
    let word = observer.status.get(&word).unwrap_or(&word);
    let text = |name: &str| captured.get(name).and_then(Value::as_str).map(str::to_owned);
    Member { status: MemberStatus::from_word(word), email: text("email"), name: text("name"), raw }
}
