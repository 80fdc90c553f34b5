//! The knobs: everything in which one IdP may talk otherwise than another, each typed and documented. The defaults are
//! those of a plain RFC 7644 client, so that whatever a profile changes is a peculiarity that somebody has seen.

use super::value::{
    ActivePatch, ActiveType, AddOrReplace, Cleared, CreateOrder, Discovery, ElementOrder, Envelope, ExternalId,
    FilterEncoding, FilterNotFound, GroupMembers, GroupRename, GroupUnassign, HardDelete, KnobValue, ManagerClear,
    ManagerPass, ManagerValue, MemberAdd, MemberDisplay, MemberRemove, Method, OpCase, PatchStyle, Probe, PushNow,
    PutBody, RolesInCreate, RolesPatch, TokenScheme, TooMany, Unassign, UrnListed, UrnSeparator,
};

/// One knob as `explain` and the documentation show it.
#[derive(Debug)]
pub struct Knob {
    /// Name in a profile file.
    pub name: &'static str,
    /// Type of its value.
    pub type_name: &'static str,
    /// Allowed words, with what each means; empty if the type is open.
    pub choices: &'static [(&'static str, &'static str)],
    /// What it does.
    pub about: &'static str,
    default: fn() -> String,
}

impl Knob {
    /// The default, as it would be written in a profile.
    pub fn default(&self) -> String {
        (self.default)()
    }
}

macro_rules! knobs {
    ($( #[doc = $about:literal] $name:ident : $type:ty = $default:expr ; )+) => {
        /// The values of all knobs of one profile.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Knobs { $( #[doc = $about] pub $name: $type, )+ }

        impl Default for Knobs {
            fn default() -> Knobs {
                Knobs { $( $name: $default, )+ }
            }
        }

        /// Every knob there is.
        pub static KNOBS: &[Knob] = &[ $( Knob {
            name: stringify!($name),
            type_name: <$type as KnobValue>::TYPE,
            choices: <$type as KnobValue>::CHOICES,
            about: $about,
            default: || KnobValue::show(&Knobs::default().$name),
        }, )+ ];

        impl Knobs {
            /// Sets a knob by name. `None` if there is no such knob.
            pub(super) fn set(&mut self, name: &str, value: &toml::Value) -> Option<Result<(), String>> {
                match name {
                    $( stringify!($name) => Some(<$type as KnobValue>::from_toml(value).map(|value| self.$name = value)), )+
                    _ => None,
                }
            }

            /// Puts a knob back to its default.
            pub(super) fn reset(&mut self, name: &str) {
                match name {
                    $( stringify!($name) => self.$name = Knobs::default().$name, )+
                    _ => {}
                }
            }

            /// Shows the value of a knob as it would be written in a profile.
            pub fn show(&self, name: &str) -> Option<String> {
                match name {
                    $( stringify!($name) => Some(KnobValue::show(&self.$name)), )+
                    _ => None,
                }
            }
        }
    };
}

knobs! {
    /// `User-Agent` of every request; empty: the header is not sent.
    user_agent: String = "scimulate".to_owned();
    /// `Accept` of every request; empty: the header is not sent.
    accept: String = "application/scim+json".to_owned();
    /// `Accept-Charset` of every request; empty: the header is not sent.
    accept_charset: String = String::new();
    /// `Accept-Encoding` of every request; empty: the header is not sent. `gzip` and `deflate` are understood.
    accept_encoding: String = String::new();
    /// Seconds that an answer is waited for, unless the target's configuration says otherwise; 0: 30 seconds.
    timeout_seconds: u32 = 0;
    /// `Content-Type` of every request with a body.
    content_type: String = "application/scim+json".to_owned();
    /// Send `Content-Type` with GET as well, though there is no body.
    content_type_on_get: bool = false;
    /// Send `Content-Type` with DELETE as well, though there is no body.
    content_type_on_delete: bool = false;
    /// How a bearer token is sent.
    token_scheme: TokenScheme = TokenScheme::Configured;
    /// How the filter is encoded in the query.
    filter_encoding: FilterEncoding = FilterEncoding::Percent;
    /// Look-ups carry the value in upper case.
    lookup_upper_case: bool = false;
    /// Append `startIndex=1&count=100` to look-ups.
    lookup_paging: bool = false;
    /// Put `excludedAttributes=members` before the filter, and on every read of a group.
    exclude_members: bool = false;

    /// How a connection is probed.
    probe: Probe = Probe::List;
    /// Page size of a list probe.
    probe_count: u32 = 1;
    /// Probe before every cycle and on-demand run, not only when the connection is tested.
    probe_every_cycle: bool = false;
    /// Probe `/Groups` as well.
    probe_groups: bool = false;
    /// Which discovery endpoints are read when provisioning is set up.
    discovery: Discovery = Discovery::None;

    /// Attributes by which an existing user is looked up, one query each, in this order: the first hit wins.
    match_on: Vec<String> = vec!["userName".to_owned()];
    /// Attributes by which an existing group is looked up.
    match_groups_on: Vec<String> = vec!["displayName".to_owned()];
    /// What a 404 to a filter means.
    filter_404: FilterNotFound = FilterNotFound::NoMatch;
    /// A list whose `startIndex`, `itemsPerPage` or `totalResults` is text stops the task without a word.
    strict_list_numbers: bool = false;
    /// Take `resources`, `totalresults` and so on in lower case as well.
    lenient_list_keys: bool = false;
    /// A 201 without a body is a failure.
    needs_created_body: bool = false;
    /// A created user without `schemas` is a failure.
    needs_schemas: bool = false;
    /// A resource whose manager is text cannot be read.
    needs_manager_object: bool = false;
    /// Users that the target does not know are created.
    create_users: bool = true;

    /// In which order the attributes of a create come.
    create_order: CreateOrder = CreateOrder::Mapping;
    /// In which order the parts of an element of a multi-valued attribute come.
    element_order: ElementOrder = ElementOrder::ValueFirst;
    /// Multi-valued attributes whose element is marked `primary`.
    primary_on: Vec<String> = vec!["emails".to_owned()];
    /// Send a random password in every create.
    password_in_create: bool = false;
    /// Length of that password, letters and digits only.
    password_length: u32 = 8;
    /// Send a new password when the directory's changes.
    sync_password: bool = false;
    /// Send `groups: []` in create and overlay it in PUT.
    groups_on_user: bool = false;
    /// Where `externalId` of users comes from.
    external_id: ExternalId = ExternalId::ObjectId;
    /// Give the mail element its `type`.
    email_type: bool = true;
    /// Send `meta.resourceType` in creates.
    meta_in_create: bool = false;
    /// Write explicit nulls for mapped attributes without a value in creates.
    nulls_in_create: bool = false;
    /// How `active` is written in creates.
    active_in_create: ActiveType = ActiveType::Boolean;
    /// When the enterprise URN stands in `schemas`.
    enterprise_urn: UrnListed = UrnListed::WithValues;
    /// Arrays of custom extension attributes are always added, never replaced.
    custom_arrays_append: bool = false;
    /// Creates carry a locale, time zone, language and URL that are none.
    junk_values: bool = false;
    /// List the URN of a custom extension in `schemas`.
    custom_urn_listed: bool = true;
    /// Creates and PUTs of users carry `entitlements` and `roles` whole, as the directory grants them.
    entitlements_on_user: bool = false;
    /// What a create says about roles.
    roles_in_create: RolesInCreate = RolesInCreate::None;
    /// Constant `type` of every role; empty: no type.
    role_type: String = String::new();
    /// How role changes are written.
    roles_patch: RolesPatch = RolesPatch::None;

    /// How profile changes of users are written.
    user_update: Method = Method::Patch;
    /// How `active` and the password of users are written.
    user_active: Method = Method::Patch;
    /// Where the body of a PUT starts from.
    put_body: PutBody = PutBody::Mapped;
    /// Read the resource before every PUT of a user or group.
    put_reads_first: bool = false;
    /// A GET before a PUT that answers with something else than the resource is written back all the same.
    put_echoes_any_shape: bool = false;
    /// A PUT keeps derived attributes (`name.formatted`) as the target showed them.
    put_keeps_derived: bool = false;
    /// A PUT carries only the mapped mail address, whatever others the target showed.
    put_replaces_emails: bool = false;
    /// A PUT carries back a password that the target showed.
    put_echoes_password: bool = false;
    /// A PUT that deactivates lays the mapped profile over the echo as well.
    deactivate_with_overlay: bool = true;
    /// A profile push writes every mapped attribute; otherwise only those that changed, in a PUT as well.
    full_profile: bool = false;
    /// Write the assignment of an existing user twice: `active` first, then the profile.
    double_put_on_assign: bool = false;
    /// The second write of a double one carries `active` as it was before the first.
    stale_active_after_reactivate: bool = false;
    /// A re-assignment looks the user up under a stale user name, finds nobody, and creates.
    reassign_looks_up_stale_name: bool = false;
    /// A re-assignment finds the inactive user by look-up; otherwise the id that is known is used.
    reactivate_needs_lookup: bool = true;
    /// Activating an account brings its assignment back, as when a group or rule assigns the app.
    enable_reassigns: bool = true;

    /// How `op` is spelt.
    op_case: OpCase = OpCase::Lower;
    /// How `active` is written in a PATCH.
    active_type: ActiveType = ActiveType::Boolean;
    /// How a PATCH of `active` alone is laid out.
    active_patch: ActivePatch = ActivePatch::Path;
    /// Whether `active` is added or replaced.
    active_op: AddOrReplace = AddOrReplace::Replace;
    /// How the operations of a user PATCH are laid out.
    patch_style: PatchStyle = PatchStyle::PerAttribute;
    /// Whether an attribute is added or replaced.
    add_or_replace: AddOrReplace = AddOrReplace::Replace;
    /// Which key of a PATCH comes first.
    envelope: Envelope = Envelope::SchemasFirst;
    /// Write single values of a multi-valued attribute through `[type eq "…"]`; otherwise the whole attribute is written.
    value_paths: bool = true;
    /// Between an extension's URN and its attribute in paths.
    urn_separator: UrnSeparator = UrnSeparator::Colon;
    /// What is sent for an attribute that lost its value.
    cleared: Cleared = Cleared::Remove;
    /// Write `active` of an active user again with every update.
    reassert_active: bool = false;
    /// A refused PATCH is tried again as PUT.
    patch_falls_back_to_put: bool = false;
    /// Read a linked user by id before an update.
    read_before_update: bool = false;

    /// When the manager is written.
    manager_pass: ManagerPass = ManagerPass::Late;
    /// How a reference to the manager is written.
    manager_value: ManagerValue = ManagerValue::Object;
    /// What is sent when a person has no manager any more.
    manager_clear: ManagerClear = ManagerClear::Remove;
    /// Write the manager again in every cycle until the target echoes it.
    manager_repatch: bool = false;
    /// Ask `id eq "…" and manager eq "…"` before a reference is written.
    reference_check: bool = false;

    /// What the end of an assignment does to the user.
    unassign: Unassign = Unassign::Deactivate;
    /// What happens when the person is gone from the directory.
    hard_delete: HardDelete = HardDelete::Always;
    /// Days from the recycle bin to the deletion for good.
    delete_after_days: u32 = 30;
    /// A person in the recycle bin is renamed to `<object id><user name>`, and the target hears of it.
    tombstone_user_name: bool = false;
    /// The id of an object is kept until a restart; otherwise the object is looked up each time.
    cached_ids: bool = true;
    /// A write that the target accepted is read back, and fails if it had no effect.
    verifies_writes: bool = false;
    /// A PATCH of a user that is answered without the resource is a failure.
    needs_patch_body: bool = false;
    /// A forced synchronization creates users that the target does not know.
    force_sync_creates: bool = true;
    /// A suspension sets the user inactive.
    suspend_deactivates: bool = false;
    /// No deactivation is sent for a user whose last profile push failed.
    failed_push_unlinks: bool = false;
    /// A 409 to a create is a failure; otherwise the object is looked up again and taken over.
    conflict_is_permanent: bool = true;

    /// How membership and name of groups are written.
    group_update: Method = Method::Patch;
    /// Look a group up before it is created.
    group_lookup_first: bool = true;
    /// Groups are looked up by reading them all and comparing names; otherwise by filter.
    group_lookup_lists: bool = false;
    /// A group without members is created; otherwise its first member creates it.
    group_create_empty: bool = true;
    /// Which members the create of a group carries.
    group_create_members: GroupMembers = GroupMembers::Full;
    /// Read and write a group again right after its create.
    group_write_after_create: bool = false;
    /// Send `externalId` of groups.
    group_external_id: bool = false;
    /// A further URN in `schemas` of a created group; empty: none.
    group_extra_schema: String = String::new();
    /// Write the name with every change of the membership.
    group_name_with_members: bool = false;
    /// Read the group (without members) before its membership is written by PATCH.
    group_read_first: bool = false;
    /// What members carry as `display`.
    member_display: MemberDisplay = MemberDisplay::None;
    /// Members carry `"$ref": null`.
    member_ref_null: bool = false;
    /// Every member that is added stands twice.
    member_twice: bool = false;
    /// Most member changes in one PATCH; 0: no limit.
    member_batch: u32 = 0;
    /// Send the batches of one group side by side.
    member_batches_at_once: bool = false;
    /// How a member is removed.
    member_remove: MemberRemove = MemberRemove::FilterPath;
    /// The operation by which a member joins.
    member_add: MemberAdd = MemberAdd::Add;
    /// Only members that are assigned, active and known to the target are sent.
    members_need_link: bool = true;
    /// The people of groups within a group count as its members; otherwise they are left out.
    nested_groups: bool = true;
    /// Members are read back before a membership is written, so that drift in the target is repaired.
    members_read_back: bool = false;
    /// How the whole membership is written.
    push_now: PushNow = PushNow::Path;
    /// How a group is renamed by PATCH.
    group_rename: GroupRename = GroupRename::Path;
    /// What the end of a push or assignment does to the group.
    group_unassign: GroupUnassign = GroupUnassign::Leave;
    /// A group that exists is taken over when its create would conflict.
    group_links_existing: bool = true;

    /// Page size of an import.
    import_page: u32 = 100;
    /// Inactive accounts of an import are left out.
    import_skips_inactive: bool = false;
    /// An import reads groups as well.
    import_groups: bool = false;
    /// SCIM attributes by which an import recognises people who are not linked yet: the same value, without regard to case.
    import_match: Vec<String> = vec!["userName".to_owned()];
    /// And people with the same given and family name, as a match that somebody has to confirm.
    import_match_names: bool = false;
    /// People whom an import recognises by an attribute are linked, without waiting for an administrator.
    import_confirms: bool = false;
    /// An import is stopped when more than this percentage of the known accounts is missing; 0: never.
    import_safeguard_percent: u32 = 0;

    /// What an answer with status 429 leads to.
    too_many: TooMany = TooMany::Wait;
    /// Seconds to wait after a 429 without a `Retry-After` in whole seconds; doubled each time.
    retry_seconds: u32 = 300;
    /// Most tries of a request that is answered with 429.
    retry_attempts: u32 = 10;
    /// A `Retry-After` that is a date is honoured as well.
    retry_after_dates: bool = true;
    /// Most tries of a request that is answered with a 5xx.
    server_error_attempts: u32 = 1;
    /// Ends of the log's sentences repeat the target's `detail`.
    surfaces_detail: bool = true;

    /// Minutes from one cycle to the next (kind entra).
    cycle_minutes: u32 = 40;
    /// The group's assignment assigns its members.
    groups_assign: bool = false;
    /// Play each change on its own, on demand, with at most `on_demand_members` members of a group.
    on_demand: bool = false;
    /// Most members of a group in an on-demand run.
    on_demand_members: u32 = 5;
    /// Hours until a failed object is tried again, after the first try in the next cycle; the last one repeats.
    escrow_hours: Vec<u32> = Vec::new();
    /// Days after which a failed object, or a job in quarantine, is given up.
    escrow_days: u32 = 28;
    /// A job that fails all over is slowed down, and disabled in the end.
    quarantine: bool = false;
    /// A body that cannot be read condemns the whole job, not only the object.
    condemns_unreadable: bool = false;
    /// Failures from which their share counts.
    quarantine_failures: u32 = 5000;
    /// Share of failing objects, in percent, that sends the job into quarantine.
    quarantine_percent: u32 = 40;
    /// Failures that send the job into quarantine whatever their share.
    quarantine_absolute: u32 = 60_000;
    /// Objects from which a cycle in which every one failed sends the job into quarantine.
    quarantine_all_failed: u32 = 10;
    /// First wait in quarantine, in minutes; doubled each time, at most a day.
    quarantine_minutes: u32 = 30;
}
