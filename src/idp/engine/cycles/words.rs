//! Entra's error codes, as its provisioning log shows them
//! (<https://learn.microsoft.com/entra/identity/monitoring-health/concept-provisioning-logs>).

use crate::{
    idp::{
        engine::answer::{Answer, reason},
        moves::Failure,
    },
    wire::TransportKind,
};

/// Common beginning of the codes of the SCIM connector.
const SCIM: &str = "SystemForCrossDomainIdentityManagement";

/// The code and words for an answer that refuses something. `what` is the step, in a word or two.
pub fn refused(answer: &Answer, what: &str) -> Failure {
    let Some(status) = answer.status else {
        let failure = answer.failure.as_ref();
        let timeout = failure.is_some_and(|failure| failure.kind == TransportKind::Timeout);
        let words = failure.map_or_else(String::new, |failure| failure.message.clone());
        let code = if timeout { "Timeout" } else { "WebExceptionProtocolError" };
        return Failure { code: code.to_owned(), words: format!("{what}: {words}"), status: None, retried: true };
    };
    let code = match status {
        400 => format!("{SCIM}BadRequest"),
        401 => "Unauthorized".to_owned(),
        403 => "InsufficientRights".to_owned(),
        404 => "InvalidAnchor".to_owned(),
        405 => "MethodNotAllowed".to_owned(),
        408 => "Timeout".to_owned(),
        409 => "EntryConflict".to_owned(),
        415 | 422 => "UnprocessableEntity".to_owned(),
        429 => "TooManyRequests".to_owned(),
        501 => "NotImplemented".to_owned(),
        500..=599 => "InternalServerError".to_owned(),
        _ => "WebExceptionProtocolError".to_owned(),
    };
    let detail = match answer.detail() {
        Some(detail) => format!("StatusCode: {} ({status}). {detail}", reason(status)),
        None => format!("StatusCode: {} ({status})", reason(status)),
    };
    Failure { code, words: format!("{what}: {detail}"), status: Some(status), retried: true }
}

/// What the test of a connection says of an answer that refuses it.
pub fn credentials(answer: &Answer) -> Failure {
    let code = match answer.status {
        Some(401 | 403) => "CredentialValidationFailure",
        None | Some(500..) => "CredentialValidationUnavailable",
        Some(_) => return refused(answer, "probe"),
    };
    Failure { code: format!("{SCIM}{code}"), ..refused(answer, "probe") }
}

/// More than one object of the directory with one matching value.
pub fn doubles(attribute: &str, count: usize) -> Failure {
    Failure {
        code: "DuplicateSourceEntries".to_owned(),
        words: format!("{count} objects of the directory have the same value of {attribute}"),
        status: None,
        retried: true,
    }
}

/// A user without a value that a create needs.
pub fn missing(attribute: &str) -> Failure {
    Failure {
        code: "MandatoryFieldsMissing".to_owned(),
        words: format!("the directory has no value for {attribute}"),
        status: None,
        retried: true,
    }
}

/// A filter that was answered with 404.
pub fn incompatible(answer: &Answer) -> Failure {
    Failure {
        code: format!("{SCIM}ServiceIncompatible"),
        words: "a filter without a match was answered with 404 instead of 200 and an empty list".to_owned(),
        status: answer.status,
        retried: true,
    }
}

/// A body that is not what SCIM says.
pub fn unreadable(answer: &Answer) -> Failure {
    Failure {
        code: format!("{SCIM}ServiceIncompatible"),
        words: "not able to deserialize the response: the service is not fully compatible with SCIM".to_owned(),
        status: answer.status,
        retried: true,
    }
}

/// More than one object for a matching attribute.
pub fn duplicates(attribute: &str, count: usize) -> Failure {
    Failure {
        code: "DuplicateTargetEntries".to_owned(),
        words: format!("{count} objects of the target match {attribute}"),
        status: Some(200),
        retried: true,
    }
}

/// Members of a group that were to be left out.
pub fn too_many_entries(answer: &Answer) -> Failure {
    Failure {
        code: format!("{SCIM}MultipleEntriesInResponse"),
        words: "the group shows its members, though excludedAttributes=members was asked for".to_owned(),
        status: answer.status,
        retried: true,
    }
}

/// A created object without an id.
pub fn no_anchor(answer: &Answer) -> Failure {
    Failure {
        code: "InvalidAnchor".to_owned(),
        words: "the target returned no id for the object".to_owned(),
        status: answer.status,
        retried: true,
    }
}

/// A list without an end.
pub fn endless(words: &str) -> Failure {
    Failure { code: format!("{SCIM}ServiceIncompatible"), words: words.to_owned(), status: Some(200), retried: true }
}

/// A status that condemns the whole job, not only the object.
pub fn condemns(answer: &Answer) -> bool {
    matches!(answer.status, Some(401 | 403))
}
