//! What a runner is asked to do. A member that is not listed is an unknown request.

use serde::Deserialize;
use serde_json::Value;
use vibespace::{Acl, Operation};

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Request {
    Open {
        client: String,
        address: String,
        #[serde(rename = "web")]
        _web: Option<String>,
        tokens: Vec<Value>,
        timeout: Option<f64>,
        retry: Option<Retry>,
        application: Option<String>,
    },
    Close {
        client: String,
    },
    TokensAsked {
        client: String,
    },
    Id {
        client: String,
    },
    Pointer {
        #[serde(rename = "client")]
        _client: Option<String>,
        segments: Vec<String>,
    },
    Get {
        client: String,
        space: String,
        collection: String,
        document: String,
        consistency_token: Option<String>,
        timeout: Option<f64>,
    },
    List {
        client: String,
        space: String,
        collection: String,
        page_size: Option<i32>,
        page_token: Option<String>,
        consistency_token: Option<String>,
        timeout: Option<f64>,
    },
    Page {
        client: String,
        space: String,
        collection: String,
        page_size: Option<i32>,
        page_token: Option<String>,
        consistency_token: Option<String>,
        timeout: Option<f64>,
    },
    Collections {
        client: String,
        space: String,
        page_size: Option<i32>,
    },
    Create {
        client: String,
        space: String,
        collection: String,
        document: Option<String>,
        value: Value,
        acl: Option<AclJson>,
        idempotency_key: Option<String>,
        timeout: Option<f64>,
    },
    Update {
        client: String,
        space: String,
        collection: String,
        document: String,
        members: Option<Value>,
        edit: Option<Vec<Step>>,
        if_match: Option<String>,
        #[serde(default)]
        allow_missing: bool,
        idempotency_key: Option<String>,
        timeout: Option<f64>,
    },
    Replace {
        client: String,
        space: String,
        collection: String,
        document: String,
        value: Value,
        if_match: Option<String>,
        #[serde(default)]
        allow_missing: bool,
        idempotency_key: Option<String>,
        timeout: Option<f64>,
    },
    Delete {
        client: String,
        space: String,
        collection: String,
        document: String,
        if_match: Option<String>,
        #[serde(default)]
        allow_missing: bool,
        idempotency_key: Option<String>,
        timeout: Option<f64>,
    },
    SetAcl {
        client: String,
        space: String,
        collection: String,
        document: String,
        acl: AclJson,
        if_match: Option<String>,
        idempotency_key: Option<String>,
        timeout: Option<f64>,
    },
    Batch {
        client: String,
        space: String,
        writes: Vec<BatchWrite>,
        #[serde(default)]
        twice: bool,
        idempotency_key: Option<String>,
        timeout: Option<f64>,
    },
    Raw {
        client: String,
        space: String,
        collection: String,
        document: String,
    },
    Snapshots {
        client: String,
        space: String,
        collection: String,
        feed: String,
    },
    Subscribe {
        client: String,
        space: String,
        collection: String,
        feed: String,
        resume_token: Option<String>,
    },
    Next {
        feed: String,
    },
    Leave {
        #[serde(rename = "client")]
        _client: Option<String>,
        feed: String,
    },
    Cancel {
        #[serde(rename = "client")]
        _client: Option<String>,
        call: Value,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retry {
    pub max_attempts: Option<u32>,
    pub base_delay: Option<f64>,
    pub max_delay: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    Set(String, Value),
    Remove(String),
}

/// A write of a batch. Key and timeout are the batch's, and a mistake here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BatchWrite {
    pub r#do: String,
    pub space: Option<String>,
    pub collection: String,
    pub document: String,
    pub value: Option<Value>,
    pub members: Option<Value>,
    pub edit: Option<Vec<Step>>,
    pub acl: Option<AclJson>,
    pub if_match: Option<String>,
    #[serde(default)]
    pub allow_missing: bool,
    pub idempotency_key: Option<String>,
    pub timeout: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AclJson {
    #[serde(default)]
    allow: Vec<RuleJson>,
    #[serde(default)]
    deny: Vec<RuleJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleJson {
    people: Vec<String>,
    operations: Vec<OperationJson>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OperationJson {
    Read,
    Create,
    Update,
    Delete,
    Share,
}

impl AclJson {
    pub fn to_acl(&self) -> Acl {
        let allow = |acl: Acl, rule: &RuleJson| acl.allow(rule.people.iter(), operations(rule));
        let deny = |acl: Acl, rule: &RuleJson| acl.deny(rule.people.iter(), operations(rule));
        self.deny.iter().fold(self.allow.iter().fold(Acl::new(), allow), deny)
    }
}

fn operations(rule: &RuleJson) -> impl Iterator<Item = Operation> {
    rule.operations.iter().map(|operation| match operation {
        OperationJson::Read => Operation::Read,
        OperationJson::Create => Operation::Create,
        OperationJson::Update => Operation::Update,
        OperationJson::Delete => Operation::Delete,
        OperationJson::Share => Operation::Share,
    })
}
