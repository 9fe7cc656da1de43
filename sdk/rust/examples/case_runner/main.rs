//! Does with the client what the shared cases say, one request a line, and tells what it observed. It judges nothing.

mod observed;
mod requests;
mod runner;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::sync::{mpsc, oneshot};

use requests::Request;
use runner::{Runner, Trouble};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let (answers, mut pending) = mpsc::unbounded_channel::<Value>();
    let writing = tokio::spawn(async move {
        let mut out = tokio::io::stdout();
        while let Some(answer) = pending.recv().await {
            out.write_all(format!("{answer}\n").as_bytes()).await?;
            out.flush().await?;
        }
        std::io::Result::Ok(())
    });
    let runner = Arc::new(Runner::default());
    let calls = Calls::default();
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        calls.begin(&line, &runner, &answers);
    }
    drop((calls, runner, answers));
    // What is still under way is nobody's any more.
    writing.abort();
    Ok(())
}

/// The requests under way, by their ids.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<HashMap<String, oneshot::Sender<()>>>>);

impl Calls {
    fn begin(&self, line: &str, runner: &Arc<Runner>, answers: &mpsc::UnboundedSender<Value>) {
        let mut members: Map<String, Value> = match serde_json::from_str(line) {
            Ok(members) => members,
            Err(error) => return send(answers, json!({ "id": null, "broken": error.to_string() })),
        };
        let id = members.remove("id").unwrap_or_default();
        let request = match serde_json::from_value(Value::Object(members)) {
            Ok(Request::Cancel { call, .. }) => {
                // One that has answered already is under way no more.
                let _ = self.remove(&call.to_string()).map(|cancel| cancel.send(()));
                return send(answers, json!({ "id": id, "ok": {} }));
            }
            Ok(request) => request,
            Err(error) => return send(answers, json!({ "id": id, "unknown": error.to_string() })),
        };
        let (cancel, cancelled) = oneshot::channel();
        let key = id.to_string();
        self.insert(key.clone(), cancel);
        let (calls, runner, answers) = (self.clone(), runner.clone(), answers.clone());
        tokio::spawn(async move {
            let doing = tokio::spawn(async move {
                tokio::select! {
                    outcome = runner.run(request) => outcome,
                    Ok(()) = cancelled => Err(Trouble::Cancelled),
                }
            });
            let mut answer = match doing.await {
                Ok(Ok(observed)) => json!({ "ok": observed }),
                Ok(Err(Trouble::Cancelled)) => json!({ "cancelled": true }),
                Ok(Err(Trouble::Unknown(text))) => json!({ "unknown": text }),
                Ok(Err(Trouble::Broken(text))) => json!({ "broken": text }),
                Ok(Err(Trouble::Misuse(text))) => json!({ "misuse": text }),
                Ok(Err(Trouble::Client(error))) if error.is_misuse() => json!({ "misuse": error.to_string() }),
                Ok(Err(Trouble::Client(error))) => json!({ "error": observed::error(&error) }),
                Err(panicked) => json!({ "broken": panicked.to_string() }),
            };
            calls.remove(&key);
            answer["id"] = id;
            send(&answers, answer);
        });
    }

    fn insert(&self, id: String, cancel: oneshot::Sender<()>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, cancel);
    }

    fn remove(&self, id: &str) -> Option<oneshot::Sender<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id)
    }
}

fn send(answers: &mpsc::UnboundedSender<Value>, answer: Value) {
    // Nobody reads any more when the program ends.
    let _ = answers.send(answer);
}
