//! The client against a real server.

#![cfg(feature = "testing")]

use std::path::Path;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};
use vibespace::testing::{Allow, Server};
use vibespace::{Client, Code, Operation, Reason, Result};

async fn server() -> Result<Server> {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../artifacts/bin/Vibe.Cli/debug/vibe");
    Server::start_program(std::env::var_os("VIBE_COMMAND").map_or(built, Into::into)).await
}

fn ids(view: &vibespace::CollectionSnapshot<Value>) -> Vec<String> {
    view.documents.ids().map(str::to_owned).collect()
}

#[tokio::test]
async fn what_was_written_is_read_and_changed_only_as_it_was_seen() -> Result<()> {
    let server = server().await?;
    let vibe = server.person("alice").await?.client()?;
    let alien = vibe.me().collection::<Value>("movies").document("alien");
    assert!(alien.get().await?.is_none());
    let created = alien.create(&json!({ "Title": "Alien", "Rating": 0.1 })).await?;
    alien.update(&json!({ "Year": 1979 })).if_match(created.etag.unwrap_or_default()).await?;
    let refused = alien.update(&json!({ "Year": 1980 })).if_match("stale").await;
    assert!(refused.is_err_and(|error| error.is(&Reason::ETAG_MISMATCH) && error.request_id().is_some()));
    let seen = alien.get().await?;
    let json = seen.as_ref().map(|seen| seen.json().to_owned());
    assert_eq!(json.as_deref(), Some(r#"{"Rating":0.1,"Title":"Alien","Year":1979}"#));
    Ok(())
}

#[tokio::test]
async fn followers_share_a_stream_and_lose_nothing_when_others_join_and_leave() -> Result<()> {
    let server = server().await?;
    let vibe = server.person("alice").await?.client()?;
    let (movies, notes) = (vibe.me().collection::<Value>("movies"), vibe.me().collection::<Value>("notes"));
    let mut views = movies.snapshots();
    assert!(views.try_next().await?.is_some_and(|view| view.live && view.documents.is_empty()));
    let mut pages = movies.subscribe();
    assert!(pages.try_next().await?.is_some_and(|page| page.reset && page.live));
    for number in 0..20 {
        let id = format!("m{number:02}");
        movies.document(&id).create(&json!({ "n": number })).await?;
        // Each one that joins has the stream opened anew.
        let mut joining = notes.snapshots();
        assert!(joining.try_next().await?.is_some());
        let page = pages.try_next().await?;
        assert_eq!(page.map(|page| page.changes.iter().map(|c| c.id.clone()).collect()), Some(vec![id]));
    }
    let mut seen = Vec::new();
    while seen.len() < 20 {
        seen = views.try_next().await?.as_ref().map(ids).unwrap_or_default();
    }
    Ok(())
}

#[tokio::test]
async fn the_views_of_one_client_show_what_it_wrote_before() -> Result<()> {
    let server = server().await?;
    let vibe = server.person("alice").await?.client()?;
    let movies = vibe.me().collection::<Value>("movies");
    let mut first = movies.snapshots();
    first.try_next().await?;
    for number in 1..=10 {
        movies.create(&json!({ "n": number })).await?;
        let view = movies.snapshots().try_next().await?;
        assert_eq!(view.map(|view| (view.documents.len(), view.changes.len())), Some((number, number)));
    }
    Ok(())
}

#[tokio::test]
async fn a_reader_that_stalls_holds_up_nobody_and_misses_nothing() -> Result<()> {
    let server = server().await?;
    let vibe = server.person("alice").await?.client()?;
    let movies = vibe.me().collection::<Value>("movies");
    let mut slow = movies.subscribe();
    slow.try_next().await?;
    let mut quick = movies.subscribe();
    quick.try_next().await?;
    let mut heard = 0;
    for number in 0..30 {
        movies.document(format!("m{number:02}")).create(&json!({ "n": number })).await?;
        while heard <= number {
            heard += quick.try_next().await?.map_or(0, |page| page.changes.len());
        }
    }
    let mut missed: Vec<String> = Vec::new();
    while missed.len() < 30 {
        let page = slow.try_next().await?;
        missed.extend(page.into_iter().flat_map(|page| page.changes).map(|change| change.id));
    }
    assert_eq!(missed, (0..30).map(|number| format!("m{number:02}")).collect::<Vec<_>>());
    movies.document("after").create(&json!({})).await?;
    let mut last = None;
    while last.is_none() {
        last = slow.try_next().await?.and_then(|page| page.changes.into_iter().next()).map(|change| change.id);
    }
    assert_eq!(last.as_deref(), Some("after"));
    Ok(())
}

#[tokio::test]
async fn one_that_may_not_follow_ends_alone() -> Result<()> {
    let server = server().await?;
    let alice = server.person("alice").await?;
    let every = [Operation::Read, Operation::Create];
    let app = alice.app("films", [Allow::new("movies", every, ["*"])]).await?;
    let vibe = app.client()?;
    let movies = vibe.me().collection::<Value>("movies");
    let mut pages = movies.subscribe();
    pages.try_next().await?;
    let denied = vibe.me().collection::<Value>("diary").snapshots().next().await;
    assert!(denied.is_some_and(|end| end.is_err_and(|error| error.is(&Reason::NOT_GRANTED))));
    let odd = vibe.me().collection::<Value>("no@name").snapshots().next().await;
    assert!(odd.is_some_and(|end| end.is_err_and(|error| error.is(&Reason::NAME_INVALID))));
    let no_token = movies.subscribe().resume_token("###".to_owned()).try_next().await?;
    assert!(no_token.is_some_and(|page| page.reset));
    movies.document("alien").create(&json!({})).await?;
    let page = pages.try_next().await?;
    assert_eq!(page.map(|page| page.changes.len()), Some(1));
    app.revoke().await?;
    let end = pages.next().await;
    assert!(end.is_some_and(|end| end.is_err_and(|error| error.is(&Reason::GRANT_REVOKED))));
    assert!(pages.next().await.is_none());
    Ok(())
}

#[tokio::test]
async fn a_closed_client_ends_what_follows_and_refuses_what_comes() -> Result<()> {
    let server = server().await?;
    let vibe = server.person("alice").await?.client()?;
    let movies = vibe.me().collection::<Value>("movies");
    let mut views = movies.snapshots();
    views.try_next().await?;
    let (ended, ()) = tokio::join!(views.next(), vibe.close());
    assert!(ended.is_some_and(|end| end.is_err_and(|error| error.is_misuse())));
    assert!(movies.document("alien").get().await.is_err_and(|error| error.is_misuse()));
    vibe.close().await;
    Ok(())
}

#[tokio::test]
async fn without_a_server_a_call_fails_in_time_and_a_view_waits() -> Result<()> {
    // The port is free again when the listener is gone.
    let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let address = address.map_or_else(|_| String::new(), |address| format!("http://{address}"));
    let vibe = Client::builder(address, "token").timeout(Duration::from_millis(300)).build()?;
    let alien = vibe.me().collection::<Value>("movies").document("alien");
    let began = std::time::Instant::now();
    let failed = alien.get().await;
    assert!(failed.is_err_and(|error| {
        matches!(error.code(), Code::Unavailable | Code::DeadlineExceeded) && error.is_retryable()
    }));
    assert!(began.elapsed() < Duration::from_secs(2));
    let mut views = vibe.me().collection::<Value>("movies").snapshots();
    assert!(tokio::time::timeout(Duration::from_millis(100), views.next()).await.is_err());
    Ok(())
}
