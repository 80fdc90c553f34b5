//! The values of the policies that are more than yes or no, each with the reason for the default.

use serde::{Deserialize, Serialize};

/// An enumeration of values, spelt in snake case; the first is the default.
macro_rules! values {
    ($(#[$about:meta])* $name:ident { $(#[$first_about:meta])* $first:ident, $($(#[$other_about:meta])* $other:ident),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $(#[$first_about])*
            #[default]
            $first,
            $($(#[$other_about])* $other),+
        }
    };
}

values! {
    /// A SCIM create meets a live member (made by the API or just in time) that has the e-mail.
    ExistingMember {
        /// The member gets the SCIM registration if it has none (the IdP finds "its" user), else 409.
        Link,
        /// Always 409.
        Refuse,
    }
}

values! {
    /// A SCIM create meets a deactivated member that has the e-mail.
    DeletedMember {
        /// The member is reactivated and linked: ids that other systems hold stay good.
        Reactivate,
        /// 409.
        Refuse,
    }
}

values! {
    /// A SCIM create meets a member that is invited or pending: it has never signed in.
    InvitedMember {
        /// It is linked and active from now on: the company's directory has confirmed it.
        Activate,
        /// It is linked, and stays as it is until it signs in.
        Keep,
        /// 409.
        Refuse,
    }
}

values! {
    /// A member without registration that was invited, and is deleted before it ever signed in.
    InvitedDeletion {
        /// It is gone for good, and a new invitation makes a new member: so the vendor's own console has it
        /// (<https://github.com/stytchauth/stytch-browser>, `DangerZoneSection`).
        Remove,
        /// It is deactivated, as any other member.
        Deactivate,
    }
}

values! {
    /// What happens to group memberships on deactivation.
    Memberships {
        /// They stay, so that implicit grants qualify again on reactivation, as the reactivation row of the table says.
        Keep,
        /// They are removed; the IdP must push them again.
        Drop,
    }
}

values! {
    /// What happens to the members of a connection that is deleted.
    ConnectionMembers {
        /// They stay members, without registration and group roles: deleting a connection is no statement about people.
        Keep,
        /// Each is deprovisioned.
        Deprovision,
    }
}

values! {
    /// What happens to open sessions.
    KeepOrRevoke {
        /// They stay: only deprovisioning revokes.
        Keep,
        /// They are revoked.
        Revoke,
    }
}

values! {
    /// Which events the deletion of a group sends.
    GroupDeletion {
        /// One for the group.
        Group,
        /// One for each membership, then one for the group.
        GroupAndMembers,
    }
}

values! {
    /// What becomes of a member of a group whose id names nothing in the connection.
    DanglingMembers {
        /// It is kept and shown as it was sent, and means nothing: RFC 7643 section 2.3.7 leaves the integrity of
        /// references to the server, and what a client wrote is not lost.
        Keep,
        /// 400 `invalidValue`, and nothing of the request is done.
        Refuse,
    }
}

values! {
    /// The generation of the group events' names.
    EventNames {
        /// `scim.scim_group.create`, `scim.scim_member_group.create`: they follow the documented grammar of names.
        Current,
        /// `scim.idp_group.create`, `scim.idp_group.member_add`: the older guide's names.
        Older,
    }
}

values! {
    /// Whether something that would otherwise happen may happen.
    AllowOrRefuse {
        /// It may: no document forbids it.
        Allow,
        /// It is refused.
        Refuse,
    }
}

values! {
    /// A deactivated member signs in where just-in-time provisioning is allowed.
    DeprovisionedJit {
        /// The sign-in is refused: what the directory has ended, a sign-in must not undo.
        Refuse,
        /// The member is reactivated.
        Reactivate,
    }
}

values! {
    /// Whether SCIM obeys `email_allowed_domains`.
    AllowedDomains {
        /// No: the setting is documented for invitations and just-in-time provisioning only.
        Ignore,
        /// Yes: an address at another domain is refused.
        Enforce,
    }
}

values! {
    /// Whether SCIM obeys the domains that other organizations claim.
    ClaimedDomains {
        /// Yes: a claim is documented to restrict the domain to who claims it.
        Enforce,
        /// No.
        Ignore,
    }
}

values! {
    /// SCIM gives a User an e-mail that is another member's address, and the two do not become one ([`ExistingMember`],
    /// [`DeletedMember`] and [`InvitedMember`] say when a create does).
    TakenEmail {
        /// 409 `uniqueness`: an address finds one member of the organization.
        Refuse,
        /// The User keeps it, as RFC 7643 section 4.1.2 allows, and its member goes by the userName instead, as one without
        /// an e-mail does; until a write of the User finds the address free.
        UserName,
    }
}

values! {
    /// A rotation of the token is started while one is open.
    RotationRestart {
        /// It is refused: a new next token would silently cut off an IdP that has the first one already.
        Refuse,
        /// The next token is replaced by another one.
        Replace,
    }
}

values! {
    /// Which tokens open the connection while a rotation is open.
    RotatingTokens {
        /// Both: the vendor's console tells the administrator to change over before completing.
        Both,
        /// The old one until the rotation is complete.
        OldOnly,
    }
}

values! {
    /// How long a bearer token lives.
    TokenLife {
        /// As the vendor's samples show.
        FiveYears,
        /// A year.
        OneYear,
        /// Ninety days.
        NinetyDays,
    }
}

impl TokenLife {
    /// The life in days.
    #[must_use]
    pub fn days(self) -> i64 {
        match self {
            TokenLife::FiveYears => 5 * 365,
            TokenLife::OneYear => 365,
            TokenLife::NinetyDays => 90,
        }
    }
}
