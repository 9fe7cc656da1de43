//! What the README shows is run here: each of its blocks stands in this file as it stands there.

#![cfg(feature = "testing")]

use std::path::Path;
use std::sync::{Mutex, OnceLock};

use serde_json::{Value, json};
use vibespace::testing::Server;
use vibespace::{Code, DocumentSnapshot, Object, Result, TokenSource};

static PLACE: OnceLock<(String, TokenSource)> = OnceLock::new();
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

// Keeps the line, and ends the function, which may go on for ever.
macro_rules! println {
    ($($line:tt)*) => {
        if crate::keep(format!($($line)*)) {
            return Ok(());
        }
    };
}

fn keep(line: String) -> bool {
    LINES.lock().expect("nobody panics while it is held").push(line);
    true
}

fn place() -> &'static (String, TokenSource) {
    PLACE.get().expect("it is set before anything is run")
}

fn address() -> &'static str {
    &place().0
}

fn token() -> TokenSource {
    place().1.clone()
}

mod first_lines {
    use super::{address, token};

    use futures_util::TryStreamExt;
    use serde::{Deserialize, Serialize};
    use vibespace::{Client, Edit};

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Movie {
        title: String,
        year: u16,
    }

    #[tokio::main]
    async fn main() -> Result<(), Box<dyn std::error::Error>> {
        let vibe = Client::new(address(), token())?;
        let movies = vibe.me().collection::<Movie>("movies");
        let created = movies.create(&Movie { title: "Alien".into(), year: 1979 }).await?;
        movies.document(&created.id).update(Edit::new().set("/Rating", 8.5)).await?;
        let mut snapshots = movies.snapshots();
        while let Some(now) = snapshots.try_next().await? {
            println!("{} {} movies", if now.live { "live" } else { "offline" }, now.documents.len());
        }
        Ok(())
    }

    pub fn run() {
        main().expect("it ends with a line");
    }
}

mod three_ways {
    use serde_json::{Value, json};
    use vibespace::{DocumentRef, Edit, Result};

    pub async fn change(alien: DocumentRef<Value>) -> Result<()> {
        alien.update(&json!({ "Rating": 8.5 })).await?; // the members that are named; all others stay
        alien.update(Edit::new().set("/cast/Ripley", "Weaver").remove("/Rating")).await?; // by paths, however deep
        alien.replace(&json!({ "Title": "Alien", "Year": 1979 })).await?; // exactly this
        Ok(())
    }
}

mod only_if {
    use serde_json::{Value, json};
    use vibespace::{DocumentRef, Reason, Result};

    pub async fn raise(alien: DocumentRef<Value>) -> Result<()> {
        while let Some(seen) = alien.get().await? {
            let rating = seen.value()?["Rating"].as_f64().unwrap_or_default() + 1.0;
            match alien.update(&json!({ "Rating": rating })).if_match(seen.etag()).await {
                Err(error) if error.is(&Reason::ETAG_MISMATCH) => {} // Somebody was faster: read it and decide anew.
                written => return written.map(drop),
            }
        }
        Ok(())
    }
}

mod several_writes {
    use serde_json::{Value, json};
    use vibespace::{Client, Result};

    pub async fn exchange(vibe: Client) -> Result<()> {
        let movies = vibe.me().collection::<Value>("movies");
        let heat = movies.create(&json!({ "Title": "Heat", "Year": 1995 }));
        let results = vibe.me().batch().push(heat).push(movies.document("alien").delete()).commit().await?;
        println!("{} writes", results.len());
        Ok(())
    }
}

mod following {
    use futures_util::TryStreamExt;
    use vibespace::{Collection, DocumentSnapshot, Object, Result};

    pub trait Store {
        fn resume_token(&self) -> Option<String>;
        fn begin_generation(&mut self);
        fn put(&mut self, id: &str, document: Option<&DocumentSnapshot<Object>>);
        fn drop_older_generations(&mut self);
        fn commit(&mut self, resume_token: &str);
    }

    pub async fn mirror(movies: Collection<Object>, store: &mut impl Store) -> Result<()> {
        let mut pages = movies.subscribe().resume_token(store.resume_token());
        while let Some(page) = pages.try_next().await? {
            if page.reset {
                store.begin_generation();
            }
            for change in &page.changes {
                store.put(&change.id, change.document.as_ref()); // none where the document went away
            }
            if page.live {
                store.drop_older_generations();
            }
            store.commit(&page.resume_token);
        }
        Ok(())
    }
}

#[allow(clippy::unused_async)]
mod tokens {
    use super::address;

    use std::time::Duration;
    use vibespace::{AccessToken, Client, Result, TokenSource};

    async fn sign_in() -> std::io::Result<String> {
        Ok("the token that the sign-in gives".into())
    }

    pub fn connect() -> Result<Client> {
        // `None` from the source means signed out.
        let source = TokenSource::from_fn(|| async {
            let token = AccessToken::new(sign_in().await?);
            Ok(Some(token.expires_in(Duration::from_secs(900))))
        });
        Client::builder(address(), source)
            .application("notes/2.1")
            .timeout(Duration::from_secs(10)) // for the whole call, all attempts together
            .build()
    }
}

/// Tells what is asked of it.
struct Told(tokio::sync::mpsc::UnboundedSender<String>);

impl following::Store for Told {
    fn resume_token(&self) -> Option<String> {
        None
    }

    fn begin_generation(&mut self) {
        self.tell("reset".into());
    }

    fn put(&mut self, id: &str, document: Option<&DocumentSnapshot<Object>>) {
        self.tell(document.map_or_else(|| format!("no {id}"), |document| document.json().into()));
    }

    fn drop_older_generations(&mut self) {
        self.tell("live".into());
    }

    fn commit(&mut self, _: &str) {
        self.tell("commit".into());
    }
}

impl Told {
    fn tell(&self, what: String) {
        self.0.send(what).expect("the test listens until the mirror is dropped");
    }
}

#[tokio::test]
async fn the_blocks_do_what_they_say() -> Result<()> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../artifacts/bin/Vibe.Cli/debug/vibe");
    let server = Server::start_program(std::env::var_os("VIBE_COMMAND").map_or(built, Into::into)).await?;
    let alice = server.person("alice").await?;
    assert!(PLACE.set((server.address().into(), alice.token_source())).is_ok());
    tokio::task::spawn_blocking(first_lines::run).await.expect("the first lines run");

    let vibe = alice.client()?;
    let alien = vibe.me().collection::<Value>("movies").document("alien");
    alien.create(&json!({ "Seen": true })).await?;
    three_ways::change(alien.clone()).await?;
    only_if::raise(alien.clone()).await?;
    let json = alien.get().await?.map(|alien| alien.json().to_owned());
    assert_eq!(json.as_deref(), Some(r#"{"Rating":1,"Title":"Alien","Year":1979}"#));
    several_writes::exchange(vibe.clone()).await?;
    assert!(alien.get().await?.is_none());
    assert_eq!(*LINES.lock().expect("nobody holds it"), ["live 1 movies", "2 writes"]);

    let others = vibe.me().collection::<Object>("others");
    vibe.me().collection::<Value>("others").create(&json!({ "Title": "Heat" })).await?;
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let mirror = tokio::spawn(async move { following::mirror(others, &mut Told(told)).await });
    for expected in ["reset", r#"{"Title":"Heat"}"#, "live", "commit"] {
        assert_eq!(heard.recv().await.as_deref(), Some(expected));
    }
    mirror.abort();

    let refused = tokens::connect()?.me().collection::<Value>("movies").document("alien").get().await;
    assert!(refused.is_err_and(|error| error.code() == Code::Unauthenticated));
    Ok(())
}

#[test]
fn every_block_stands_in_this_file() {
    let here = plain(include_str!("readme.rs"));
    let readme = include_str!("../README.md")
        .replace("\"http://127.0.0.1:5280\"", "address()")
        .replace("std::env::var(\"VIBE_TOKEN\")?", "token()");
    let blocks: Vec<&str> =
        readme.split("```rust,no_run\n").skip(1).filter_map(|from| from.split("```").next()).collect();
    assert_eq!(blocks.len(), 6);
    for block in blocks {
        assert!(here.contains(&plain(block)), "{block}");
    }
}

/// Line breaks and visibility are this file's; words and their order are what is compared.
fn plain(code: &str) -> String {
    code.replace("pub ", "").split_whitespace().collect::<String>().replace(",}", "}")
}
