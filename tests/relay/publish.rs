//! Publishes signed posts through a Nostr relay, to try hashtug against a real one:
//! `cargo run --example nostr-publish -- ws://127.0.0.1:7000 FIRST COUNT`.
//!
//! `COUNT` posts by ten authors, numbered from `FIRST`, in turn for `#tabs` and `#spaces` in several
//! ways to write them. Every tenth is sent twice, every twentieth is sent with other words first,
//! which a relay has to refuse, and the one numbered 0 is deleted again. It prints what the relay
//! took of all that, as JSON.

use std::time::SystemTime;

use anyhow::{Context, bail};
use futures_util::{SinkExt, StreamExt};
use secp256k1::{Keypair, SecretKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

const TABS: [&str; 3] = ["tabs", "Tabs", "TABS"];
const SPACES: [&str; 2] = ["spaces", "SPACES"];

type Socket = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().context("which relay?")?;
    let first: usize = arguments.next().context("the number of the first post?")?.parse()?;
    let count: usize = arguments.next().context("how many posts?")?.parse()?;
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await?;
    let (mut accepted, mut refused) = (0, 0);
    for number in first..first + count {
        let author = author(number % 10)?;
        let hashtag = if number % 2 == 0 { TABS[number / 2 % 3] } else { SPACES[number / 2 % 2] };
        let post = event(&author, 1, &json!([["t", hashtag]]), &format!("post {number}"));
        if number % 20 == 0 {
            let mut altered = post.clone();
            altered["content"] = "not what was signed".into();
            if publish(&mut socket, &altered).await? {
                bail!("the relay took a forged event");
            }
            refused += 1;
        }
        for _ in 0..if number % 10 == 0 { 2 } else { 1 } {
            if !publish(&mut socket, &post).await? {
                bail!("the relay refused a post");
            }
        }
        accepted += 1;
        if number == 0 {
            let deletion = event(&author, 5, &json!([["e", post["id"]], ["k", "1"]]), "");
            if !publish(&mut socket, &deletion).await? {
                bail!("the relay refused a deletion");
            }
        }
    }
    let stdout = &mut std::io::stdout();
    std::io::Write::write_fmt(
        stdout,
        format_args!("{}\n", json!({"accepted": accepted, "refused": refused})),
    )?;
    Ok(())
}

/// Sends an event and waits for what the relay says to it.
async fn publish(socket: &mut Socket, event: &Value) -> anyhow::Result<bool> {
    socket.send(Message::text(json!(["EVENT", event]).to_string())).await?;
    loop {
        let message = socket.next().await.context("the relay hung up")??;
        let Message::Text(text) = message else { continue };
        let said: Value = serde_json::from_str(&text)?;
        if said[0] == "OK" && said[1] == event["id"] {
            return said[2].as_bool().context("neither yes nor no");
        }
    }
}

fn author(number: usize) -> anyhow::Result<Keypair> {
    let secret = SecretKey::from_secret_bytes([u8::try_from(number)? + 1; 32])?;
    Ok(Keypair::from_secret_key(&secret))
}

fn event(author: &Keypair, kind: u16, tags: &Value, content: &str) -> Value {
    let since_1970 = SystemTime::UNIX_EPOCH.elapsed().expect("the clock is later than 1970");
    let at = since_1970.as_secs();
    let pubkey = hex(&author.x_only_public_key().0.to_byte_array());
    let form = json!([0, pubkey, at, kind, tags, content]).to_string();
    let id: [u8; 32] = Sha256::digest(form.as_bytes()).into();
    let signature = secp256k1::schnorr::sign_no_aux_rand(&id, author);
    json!({"id": hex(&id), "pubkey": pubkey, "created_at": at, "kind": kind, "tags": tags,
        "content": content, "sig": hex(&signature.to_byte_array())})
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).expect("four bits are a digit");
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
