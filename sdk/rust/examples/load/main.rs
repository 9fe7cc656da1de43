//! Makes the load that it is told to, a request a line, by the client or by the generated code alone: `load ours|bare`.
//!
//! What either side does is the same, as is the loop around it; benchmarks/README.md says what is asked and answered.

mod bare;
mod ours;

use std::collections::HashMap;
use std::future::Future;
use std::hint::black_box;
use std::io::BufRead;
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::{Stream, TryStreamExt};
use serde::Deserialize;
use serde_json::{Map, Value, json};

type Object = Map<String, Value>;
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const COLLECTION: &str = "load";

/// What makes the calls.
trait Side: Clone + Send + Sync + Sized + 'static {
    /// A document of the feed as it comes.
    type Document;

    fn open(address: &str, token: &str) -> Outcome<Self>;

    /// Reads a document and decodes it.
    fn get(&self, document: &str) -> impl Future<Output = Outcome<Object>> + Send;

    /// Creates a document under a fresh id, which it gives.
    fn create(&self, value: &Object) -> impl Future<Output = Outcome<String>> + Send;

    /// Follows the collection, without end.
    fn follow(&self) -> impl Stream<Item = Outcome<Page<Self::Document>>>;

    fn decode(document: &Self::Document) -> Outcome<Object>;
}

/// What a page of the feed says: which documents are there, or not any more, and whether these are now all.
struct Page<D> {
    changes: Vec<(String, Option<D>)>,
    is_all: bool,
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Request {
    Open { address: String, token: String },
    Get { document: String, in_flight: usize, seconds: f64 },
    Create { value: Object, in_flight: usize, seconds: f64 },
    Follow { more: usize, keep: bool },
}

#[derive(Clone)]
enum Call {
    Get(String),
    Create(Object),
}

#[tokio::main]
async fn main() -> Outcome<()> {
    match std::env::args().next_back().as_deref() {
        Some("ours") => run::<ours::Client>().await,
        Some("bare") => run::<bare::Stubs>().await,
        _ => Err("Expected ours or bare.".into()),
    }
}

async fn run<S: Side>() -> Outcome<()> {
    say(&json!({ "loaded": true }));
    let mut side: Option<S> = None;
    for line in std::io::stdin().lock().lines() {
        match (serde_json::from_str(&line?)?, &side) {
            (Request::Open { address, token }, _) => {
                side = Some(S::open(&address, &token)?);
                say(&json!({}));
            }
            (Request::Get { document, in_flight, seconds }, Some(side)) => {
                repeat(side, &Call::Get(document), in_flight, Duration::from_secs_f64(seconds)).await?;
            }
            (Request::Create { value, in_flight, seconds }, Some(side)) => {
                repeat(side, &Call::Create(value), in_flight, Duration::from_secs_f64(seconds)).await?;
            }
            (Request::Follow { more, keep: true }, Some(side)) => follow(side, more, Ok).await?,
            (Request::Follow { more, keep: false }, Some(side)) => {
                follow(side, more, |document| S::decode(&document)).await?;
            }
            (_, None) => return Err("Nothing was opened.".into()),
        }
    }
    Ok(())
}

/// Calls so many times at once, each again when it has its answer, for so long.
async fn repeat<S: Side>(side: &S, call: &Call, in_flight: usize, length: Duration) -> Outcome<()> {
    let began = Instant::now();
    let callers: Vec<_> = (0..in_flight)
        .map(|_| {
            let (side, call) = (side.clone(), call.clone());
            tokio::spawn(async move {
                let mut count = 0;
                while began.elapsed() < length {
                    match &call {
                        Call::Get(document) => _ = black_box(side.get(document).await?),
                        Call::Create(value) => _ = black_box(side.create(value).await?),
                    }
                    count += 1;
                }
                Outcome::Ok(count)
            })
        })
        .collect();
    let mut done = 0;
    for caller in callers {
        done += caller.await??;
    }
    say_done(done, began);
    Ok(())
}

/// Follows until the reader has all, says so, and where more is to come goes on until it has come.
async fn follow<S: Side, H>(side: &S, more: usize, take: impl Fn(S::Document) -> Outcome<H>) -> Outcome<()> {
    let mut held = HashMap::new();
    let (mut began, mut expected) = (Instant::now(), None);
    let mut pages = pin!(side.follow());
    while let Some(page) = pages.try_next().await? {
        for (id, document) in page.changes {
            match document {
                Some(document) => _ = held.insert(id, take(document)?),
                None => _ = held.remove(&id),
            }
        }
        if page.is_all && expected.is_none() {
            say_done(held.len(), began);
            (began, expected) = (Instant::now(), Some(held.len() + more));
        }
        if expected.is_some_and(|expected| held.len() >= expected) {
            break;
        }
    }
    if more > 0 {
        say_done(more, began);
    }
    // It is looked at from outside.
    std::mem::forget(held);
    Ok(())
}

fn say_done(done: usize, began: Instant) {
    say(&json!({ "done": done, "seconds": began.elapsed().as_secs_f64() }));
}

fn say(answer: &Value) {
    println!("{answer}");
}
