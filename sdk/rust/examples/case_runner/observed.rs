//! What was observed, as JSON.

use std::time::SystemTime;

use serde_json::{Map, Value, json};
use vibespace::{
    Acl, AclRule, Change, ChangePage, CollectionSnapshot, DocumentSnapshot, Error, RemovalCause, Result, WriteResult,
};

pub fn document(document: &DocumentSnapshot<Value>) -> Result<Value> {
    Ok(json!({
        "id": document.id(),
        "json": document.json(),
        "value": document.value()?,
        "etag": document.etag(),
        "createTime": time(document.create_time()),
        "updateTime": time(document.update_time()),
        "acl": document.acl().map(acl),
    }))
}

pub fn documents<'a>(found: impl IntoIterator<Item = &'a DocumentSnapshot<Value>>) -> Result<Vec<Value>> {
    found.into_iter().map(document).collect()
}

pub fn written(result: &WriteResult) -> Value {
    json!({
        "id": result.id,
        "etag": result.etag,
        "updateTime": result.update_time.map(time),
        "consistencyToken": result.consistency_token,
    })
}

pub fn view(view: &CollectionSnapshot<Value>) -> Result<Value> {
    Ok(json!({
        "documents": view.documents.iter().map(|found| document(&found)).collect::<Result<Vec<_>>>()?,
        "changes": view.changes.iter().map(change).collect::<Result<Vec<_>>>()?,
        "live": view.live,
        "error": view.error.as_ref().map(error),
    }))
}

pub fn page(page: &ChangePage<Value>) -> Result<Value> {
    Ok(json!({
        "changes": page.changes.iter().map(change).collect::<Result<Vec<_>>>()?,
        "reset": page.reset,
        "live": page.live,
        "resumeToken": page.resume_token,
    }))
}

pub fn error(error: &Error) -> Value {
    let metadata: Map<String, Value> =
        error.metadata().iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    let violation =
        |violation: &vibespace::Violation| json!({ "field": violation.field, "description": violation.description });
    json!({
        "code": snake_case(&format!("{:?}", error.code())),
        "reason": error.reason().map(vibespace::Reason::as_str),
        "message": error.to_string(),
        "metadata": metadata,
        "violations": error.violations().iter().map(violation).collect::<Vec<_>>(),
        "requestId": error.request_id(),
        "retryDelay": error.retry_delay().map(|delay| delay.as_secs_f64()),
        "retryable": error.is_retryable(),
    })
}

fn change(change: &Change<Value>) -> Result<Value> {
    let cause = change.cause.map(|cause| match cause {
        RemovalCause::Deleted => "deleted",
        _ => "no_longer_visible",
    });
    let document = change.document.as_ref().map(document).transpose()?;
    Ok(json!({ "id": change.id, "document": document, "cause": cause }))
}

fn acl(acl: &Acl) -> Value {
    let rules = |rules: &[AclRule]| rules.iter().map(rule).collect::<Vec<_>>();
    json!({ "allow": rules(acl.allowing()), "deny": rules(acl.denying()) })
}

fn rule(rule: &AclRule) -> Value {
    let operations = rule.operations.iter().map(|operation| snake_case(&format!("{operation:?}")));
    json!({ "people": rule.people, "operations": operations.collect::<Vec<_>>() })
}

fn time(time: SystemTime) -> String {
    prost_types::Timestamp::from(time).to_string()
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
