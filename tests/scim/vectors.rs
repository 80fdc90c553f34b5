//! The examples of the RFCs and what their errata change, as data under `fixtures/vectors/rfc`: one file and one test
//! each. A file says what is given, what is sent, and what comes of it.

use std::{collections::BTreeSet, fs, path::PathBuf};

use scimulate::scim::{
    bulk,
    error::{ScimError, ScimType},
    filter::{self, Limits, Prepared, UnknownAttributes},
    leniency::Leniency,
    patch,
    projection::{Projection, project},
    query::{ListQuery, Scope, list_response, sort},
    resource::accept,
    schema::{Registry, ResourceType},
};
use serde_json::{Value, json};

use super::helpers::keyword;

const BASE: &str = "https://example.com/v2";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors/rfc")
}

struct Vector {
    data: Value,
    registry: Registry,
    leniency: Leniency,
}

impl Vector {
    fn read(name: &str) -> Vector {
        let path = folder().join(format!("{name}.json"));
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let data: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let strict = data["strict"] == true;
        let leniency = if strict { Leniency::strict() } else { Leniency::lenient() };
        Vector { data, registry: Registry::standard(), leniency }
    }

    fn text(&self, key: &str) -> &str {
        self.data[key].as_str().unwrap_or_else(|| panic!("`{key}` is missing"))
    }

    fn rt(&self) -> &ResourceType {
        self.registry.resource_type_at(self.text("endpoint")).expect("a resource type")
    }

    /// Compares a result with `expect`, or an error with `refused`.
    fn check(&self, result: Result<Value, ScimError>) {
        match self.data.get("refused") {
            Some(refused) => assert_eq!(keyword(result), refused.as_str().unwrap_or_default()),
            None => assert_eq!(result.expect("a result"), self.data["expect"]),
        }
    }

    fn run(&self) {
        let (rt, registry, leniency) = (|| self.rt(), &self.registry, &self.leniency);
        let (given, sent) = (&self.data["given"], &self.data["sent"]);
        match self.text("kind") {
            "accept" => self.check(accept(sent, self.data.get("replacing"), rt(), registry, leniency)),
            "patch" => self.check(patch::parse(sent, rt(), registry, leniency).and_then(|operations| {
                let patched = patch::apply(given, &operations, rt(), registry, leniency)?;
                assert_eq!(patched.changed, self.data.get("changed").is_none_or(|changed| changed == true));
                Ok(patched.resource)
            })),
            "project" => {
                let (attributes, excluded) = (sent["attributes"].as_str(), sent["excludedAttributes"].as_str());
                let projection = Projection::parse(attributes, excluded, rt(), registry).expect("a projection");
                self.check(Ok(project(given, &projection, rt(), registry)));
            }
            "query" | "search" => self.check(self.query()),
            "filters" => self.filters(),
            "bulk" => self.bulk(),
            "error" => {
                let error = ScimError {
                    status: given["status"].as_u64().expect("a status") as u16,
                    scim_type: given["scimType"].as_str().map(|word| ScimType::parse(word).expect("a keyword")),
                    detail: given["detail"].as_str().expect("a detail").to_owned(),
                };
                self.check(Ok(error.to_json()));
            }
            "resource-type" => self.check(Ok(registry.resource_type(self.text("name")).expect("a type").to_json(BASE))),
            "resource-types" => {
                let types: Vec<Value> = registry.resource_types().map(|rt| rt.to_json(BASE)).collect();
                let total = types.len();
                self.check(Ok(list_response(types, total, 1)));
            }
            "known-attributes" => self.known_attributes(),
            "schema" => assert_eq!(self.differences(), self.data["differences"]),
            "load" => {
                let result = Registry::standard().load(sent);
                match self.data["refused"].as_str() {
                    None => result.expect("usable schema data"),
                    Some(reason) => {
                        let error = result.expect_err("an error").to_string();
                        assert!(error.contains(reason), "{error}");
                    }
                }
            }
            other => panic!("no such kind of vector: {other}"),
        }
    }

    fn query(&self) -> Result<Value, ScimError> {
        let (rt, registry, leniency) = (self.rt(), &self.registry, &self.leniency);
        let types = [rt];
        let scope = Scope::new(&types, registry, leniency);
        let query = match &self.data["sent"] {
            Value::String(text) => ListQuery::from_query_string(text, &scope)?,
            body => ListQuery::from_search_request(body, &scope)?,
        };
        let mut found = self.data["given"].as_array().expect("resources").clone();
        if let Some(filter) = &query.filter {
            let prepared = Prepared::new(filter, rt, registry, UnknownAttributes::Refuse, leniency)?;
            found.retain(|resource| prepared.matches(resource));
        }
        if let Some(path) = &query.sort_by {
            sort(&mut found, path, query.descending, rt, registry)?;
        }
        let total = found.len();
        let page = found.iter().skip(query.start_index - 1).take(query.count.unwrap_or(usize::MAX));
        let page = page.map(|resource| project(resource, &query.projection, rt, registry)).collect();
        Ok(list_response(page, total, query.start_index))
    }

    fn filters(&self) {
        for case in self.data["filters"].as_array().expect("filters") {
            let text = case["filter"].as_str().expect("a filter");
            let result = filter::parse(text, &Limits::default())
                .map_err(ScimError::from)
                .and_then(|filter| filter::matches(&filter, &self.data["given"], self.rt(), &self.registry));
            match case["refused"].as_str() {
                Some(refused) => assert_eq!(keyword(result), refused, "{text}"),
                None => assert_eq!(result.ok(), case["matches"].as_bool(), "{text}"),
            }
        }
    }

    /// Runs a bulk request: the n-th step fails with the n-th of `fails`; a create gets the id `id-of-<bulkId>`.
    fn bulk(&self) {
        let sent = &self.data["sent"];
        let limits = match &self.data["limits"] {
            Value::Null => bulk::Limits::default(),
            limits => bulk::Limits {
                operations: limits["operations"].as_u64().expect("a number") as usize,
                payload: limits["payload"].as_u64().expect("a number") as usize,
            },
        };
        let request = match bulk::parse(sent, sent.to_string().len(), &limits) {
            Ok(request) => request,
            Err(error) => return self.check(Err(error)),
        };
        let mut run = bulk::Run::new(request.clone(), BASE);
        let mut steps = Vec::new();
        let mut fails = self.data["fails"].as_array().cloned().unwrap_or_default().into_iter();
        while let Some(step) = run.next_step() {
            let operation = &step.operation;
            let mut shown = json!({ "method": operation.method.as_str(), "endpoint": operation.endpoint });
            if let Some(id) = &operation.id {
                shown["id"] = json!(id);
            }
            if let Some(data) = &operation.data {
                shown["data"] = data.clone();
            }
            steps.push(shown);
            let result = match fails.next() {
                Some(error) => Err(ScimError {
                    status: error["status"].as_u64().expect("a status") as u16,
                    scim_type: error["scimType"].as_str().and_then(ScimType::parse),
                    detail: error["detail"].as_str().expect("a detail").to_owned(),
                }),
                None => {
                    let created = request.operations[step.index].bulk_id.as_ref().map(|id| format!("id-of-{id}"));
                    let id = operation.id.clone().or(created).expect("an id");
                    Ok(bulk::Done {
                        status: match operation.method {
                            bulk::Method::Post => 201,
                            bulk::Method::Delete => 204,
                            _ => 200,
                        },
                        location: format!("{BASE}{}/{id}", operation.endpoint),
                        id,
                        version: None,
                    })
                }
            };
            run.report(step.index, result);
        }
        assert_eq!(Value::Array(steps), self.data["steps"]);
        self.check(Ok(run.finish()));
    }

    /// Every attribute of a sample is in the schema.
    fn known_attributes(&self) {
        let schema = self.registry.schema(self.text("schema")).expect("a schema");
        for (name, value) in self.data["sent"].as_object().expect("an object") {
            let attribute = Registry::common_attribute(name).or_else(|| schema.attribute(name));
            let attribute = attribute.unwrap_or_else(|| panic!("{name} is unknown"));
            let elements = match value {
                Value::Array(elements) => elements.iter().collect(),
                one => vec![one],
            };
            for sub in elements.into_iter().filter_map(Value::as_object).flat_map(|element| element.keys()) {
                assert!(attribute.sub(sub).is_some(), "{name}.{sub} is unknown");
            }
        }
    }

    /// How the served schema differs from the published one, as `attribute characteristic: published -> served`.
    fn differences(&self) -> Value {
        let sent = &self.data["sent"];
        let id = sent["id"].as_str().expect("an id");
        let served = self.registry.schema(id).expect("a schema").to_json(BASE);
        let mut found = Vec::new();
        compare("", &sent["attributes"], &served["attributes"], &mut found);
        found.sort();
        json!(found)
    }
}

fn compare(prefix: &str, published: &Value, served: &Value, found: &mut Vec<String>) {
    let empty = Vec::new();
    let (published, served) = (published.as_array().unwrap_or(&empty), served.as_array().unwrap_or(&empty));
    let named = |list: &[Value], name: &Value| list.iter().find(|attribute| attribute["name"] == *name).cloned();
    for attribute in served {
        if named(published, &attribute["name"]).is_none() {
            found.push(format!("{prefix}{}: added", attribute["name"].as_str().unwrap_or_default()));
        }
    }
    for attribute in published {
        let place = format!("{prefix}{}", attribute["name"].as_str().unwrap_or_default());
        let Some(ours) = named(served, &attribute["name"]) else {
            found.push(format!("{place}: missing"));
            continue;
        };
        for (key, value) in attribute.as_object().expect("an attribute") {
            if key == "subAttributes" {
                compare(&format!("{place}."), value, &ours[key], found);
            } else if ours[key] != *value {
                found.push(format!("{place} {key}: {value} -> {}", ours[key]));
            }
        }
    }
}

macro_rules! vectors {
    ($($test:ident = $file:literal,)+) => {
        $(
            #[doc = concat!("The vector `", $file, "` holds.")]
            #[test]
            fn $test() {
                Vector::read($file).run();
            }
        )+

        /// A vector without a test would protect nothing.
        #[test]
        fn every_file_has_a_test() {
            let tested: BTreeSet<String> = [$($file),+].iter().map(|name| format!("{name}.json")).collect();
            let there: BTreeSet<String> = fs::read_dir(folder())
                .expect("the folder of vectors")
                .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
                .collect();
            assert_eq!(there, tested, "name each file of fixtures/vectors/rfc in `vectors!`");
        }
    };
}

vectors! {
    rfc7643_8_1_minimal_user = "7643-8.1-minimal-user",
    rfc7643_8_2_full_user = "7643-8.2-full-user",
    rfc7643_8_3_enterprise_user = "7643-8.3-enterprise-user",
    rfc7643_8_4_group = "7643-8.4-group",
    rfc7643_8_5_service_provider_config = "7643-8.5-service-provider-config",
    rfc7643_8_6_resource_type_group = "7643-8.6-resource-type-group",
    rfc7643_8_6_resource_type_user = "7643-8.6-resource-type-user",
    rfc7643_8_7_schema_enterpriseuser = "7643-8.7-schema-EnterpriseUser",
    rfc7643_8_7_schema_group = "7643-8.7-schema-Group",
    rfc7643_8_7_schema_resourcetype = "7643-8.7-schema-ResourceType",
    rfc7643_8_7_schema_schema = "7643-8.7-schema-Schema",
    rfc7643_8_7_schema_serviceproviderconfig = "7643-8.7-schema-ServiceProviderConfig",
    rfc7643_8_7_schema_user = "7643-8.7-schema-User",
    rfc7644_3_10_notation = "7644-3.10-notation",
    rfc7644_3_12_bad_request = "7644-3.12-bad-request",
    rfc7644_3_12_not_found = "7644-3.12-not-found",
    rfc7644_3_14_create = "7644-3.14-create",
    rfc7644_3_3_create = "7644-3.3-create",
    rfc7644_3_4_1_known_resource = "7644-3.4.1-known-resource",
    rfc7644_3_4_2_partial_attributes = "7644-3.4.2-partial-attributes",
    rfc7644_3_4_2_2_figure_2 = "7644-3.4.2.2-figure-2",
    rfc7644_3_4_3_search = "7644-3.4.3-search",
    rfc7644_3_5_1_replace = "7644-3.5.1-replace",
    rfc7644_3_5_2_1_add_again = "7644-3.5.2.1-add-again",
    rfc7644_3_5_2_1_add_members = "7644-3.5.2.1-add-members",
    rfc7644_3_5_2_1_add_without_path = "7644-3.5.2.1-add-without-path",
    rfc7644_3_5_2_2_missing_blank = "7644-3.5.2.2-missing-blank",
    rfc7644_3_5_2_2_remove_absent_member = "7644-3.5.2.2-remove-absent-member",
    rfc7644_3_5_2_2_remove_all_members = "7644-3.5.2.2-remove-all-members",
    rfc7644_3_5_2_2_remove_all_then_add = "7644-3.5.2.2-remove-all-then-add",
    rfc7644_3_5_2_2_remove_and_add = "7644-3.5.2.2-remove-and-add",
    rfc7644_3_5_2_2_remove_by_two_conditions = "7644-3.5.2.2-remove-by-two-conditions",
    rfc7644_3_5_2_2_remove_one_member = "7644-3.5.2.2-remove-one-member",
    rfc7644_3_5_2_3_replace_no_target = "7644-3.5.2.3-replace-no-target",
    rfc7644_3_5_2_3_replace_street = "7644-3.5.2.3-replace-street",
    rfc7644_3_5_2_3_replace_without_path = "7644-3.5.2.3-replace-without-path",
    rfc7644_3_5_2_3_replace_work_address = "7644-3.5.2.3-replace-work-address",
    rfc7644_3_6_not_found = "7644-3.6-not-found",
    rfc7644_3_7_reference_to_a_later_create = "7644-3.7-reference-to-a-later-create",
    rfc7644_3_7_1_circular_reference = "7644-3.7.1-circular-reference",
    rfc7644_3_7_2_manager = "7644-3.7.2-manager",
    rfc7644_3_7_2_temporary_identifier = "7644-3.7.2-temporary-identifier",
    rfc7644_3_7_3_fail_on_errors = "7644-3.7.3-fail-on-errors",
    rfc7644_3_7_3_invalid_syntax = "7644-3.7.3-invalid-syntax",
    rfc7644_3_7_3_multiple_errors = "7644-3.7.3-multiple-errors",
    rfc7644_3_7_3_multiple_operations = "7644-3.7.3-multiple-operations",
    rfc7644_3_7_4_payload_too_large = "7644-3.7.4-payload-too-large",
    rfc7644_3_7_4_too_large = "7644-3.7.4-too-large",
    rfc7644_3_7_4_too_many = "7644-3.7.4-too-many",
    rfc7644_3_9_attributes = "7644-3.9-attributes",
    rfc7644_4_resource_types = "7644-4-resource-types",
    rfc7644_7_5_2_sensitive = "7644-7.5.2-sensitive",
    erratum_4670_precedence = "erratum-4670-precedence",
    erratum_5050_bulk_patch = "erratum-5050-bulk-patch",
    erratum_5368_group_name = "erratum-5368-group-name",
    erratum_6005_primary_address = "erratum-6005-primary-address",
    erratum_6893_sensitive = "erratum-6893-sensitive",
    erratum_7319_not = "erratum-7319-not",
    erratum_7322_brackets = "erratum-7322-brackets",
    erratum_8097_add_to_no_match = "erratum-8097-add-to-no-match",
    erratum_8097_strict = "erratum-8097-strict",
    erratum_8365_one_endpoint = "erratum-8365-one-endpoint",
    erratum_8415_nested_complex = "erratum-8415-nested-complex",
    erratum_8435_binary_type = "erratum-8435-binary-type",
    erratum_8472_manager_case = "erratum-8472-manager-case",
    erratum_8475_unique_endpoint = "erratum-8475-unique-endpoint",
    erratum_8924_dollar_name = "erratum-8924-dollar-name",
}
