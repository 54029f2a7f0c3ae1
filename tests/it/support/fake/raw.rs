//! Servers that send whatever they are given, byte by byte: over HTTP, and over web sockets.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use url::Url;

/// What a server of bytes has to say.
#[derive(Default)]
struct Said {
    /// The lines of the head below the first, each with its end.
    headers: String,
    pieces: Vec<Vec<u8>>,
    /// The pieces are all there is, and the answer ends with them.
    is_whole: bool,
    /// How often all of this was set anew: answers to what was before end.
    generation: usize,
}

impl Said {
    fn begin_anew(&mut self, headers: &str, pieces: Vec<Vec<u8>>, is_whole: bool) {
        let generation = self.generation + 1;
        *self = Said { headers: headers.to_owned(), pieces, is_whole, generation };
    }
}

/// A server of bytes over HTTP; ends when it is dropped.
pub(crate) struct Bytes {
    pub(crate) address: SocketAddr,
    said: Arc<Mutex<Said>>,
    news: watch::Sender<usize>,
    _tasks: JoinSet<()>,
}

impl Bytes {
    /// Answers each request with what is said until then, and goes on with what is said after that.
    pub(crate) async fn start(headers: &str) -> Bytes {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let said = Arc::new(Mutex::new(Said { headers: headers.to_owned(), ..Said::default() }));
        let (news, news_rx) = watch::channel(0);
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&said);
        tasks.spawn(async move {
            let mut peers = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                peers.spawn(serve(stream, Arc::clone(&shared), news_rx.clone()));
                while peers.try_join_next().is_some() {}
            }
        });
        Bytes { address, said, news, _tasks: tasks }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> Url {
        format!("http://{}/posts", self.address).parse().unwrap()
    }

    /// Says more.
    pub(crate) fn say(&self, bytes: impl AsRef<[u8]>) {
        self.said.lock().unwrap().pieces.push(bytes.as_ref().to_vec());
        self.news.send_modify(|version| *version += 1);
    }

    /// Answers with this from now on, and with nothing after it.
    pub(crate) fn set_document(&self, headers: &str, body: impl AsRef<[u8]>) {
        let pieces = vec![body.as_ref().to_vec()];
        self.said.lock().unwrap().begin_anew(headers, pieces, true);
        self.news.send_modify(|version| *version += 1);
    }

    /// Forgets what was said; answers that have begun end, and those to come go on without an end.
    pub(crate) fn begin_anew(&self, headers: &str) {
        self.said.lock().unwrap().begin_anew(headers, Vec::new(), false);
        self.news.send_modify(|version| *version += 1);
    }
}

async fn serve(
    mut stream: TcpStream,
    said: Arc<Mutex<Said>>,
    mut news: watch::Receiver<usize>,
) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let (mut answer, generation) = {
        let said = said.lock().unwrap();
        let head = format!("HTTP/1.1 200 OK\r\n{}Connection: close\r\n\r\n", said.headers);
        (head.into_bytes(), said.generation)
    };
    let mut sent = 0;
    loop {
        stream.write_all(&answer).await.ok()?;
        answer.clear();
        let is_whole = {
            let said = said.lock().unwrap();
            if said.generation != generation {
                return None;
            }
            answer.extend(said.pieces[sent..].concat());
            sent = said.pieces.len();
            said.is_whole
        };
        if is_whole {
            stream.write_all(&answer).await.ok()?;
            return stream.shutdown().await.ok();
        }
        if answer.is_empty() {
            let mut byte = [0];
            tokio::select! {
                changed = news.changed() => changed.ok()?,
                // The peer has gone.
                _ = stream.read(&mut byte) => return None,
            }
        }
    }
}

#[derive(Default)]
struct Talk {
    /// What each peer is told first.
    greeting: Vec<Message>,
    messages: Vec<Message>,
    /// Handshakes from other origins are refused.
    origin: Option<&'static str>,
}

/// A server of messages over web sockets; ends when it is dropped.
pub(crate) struct Sockets {
    pub(crate) address: SocketAddr,
    talk: Arc<Mutex<Talk>>,
    news: watch::Sender<usize>,
    _tasks: JoinSet<()>,
}

impl Sockets {
    /// Sends each peer what is said from its handshake on, whatever it asks for.
    pub(crate) async fn start() -> Sockets {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let talk: Arc<Mutex<Talk>> = Arc::default();
        let (news, news_rx) = watch::channel(0);
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&talk);
        tasks.spawn(async move {
            let mut peers = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                peers.spawn(talk_to(stream, Arc::clone(&shared), news_rx.clone()));
                while peers.try_join_next().is_some() {}
            }
        });
        Sockets { address, talk, news, _tasks: tasks }
    }

    /// Where it is.
    pub(crate) fn url(&self, path: &str) -> Url {
        format!("ws://{}/{path}", self.address).parse().unwrap()
    }

    /// Sends a message.
    pub(crate) fn say(&self, message: impl Into<Message>) {
        let mut talk = self.talk.lock().unwrap();
        talk.messages.push(message.into());
        self.news.send_replace(talk.messages.len());
    }

    /// Sends this first to each peer that comes.
    pub(crate) fn greet(&self, message: impl Into<Message>) {
        self.talk.lock().unwrap().greeting.push(message.into());
    }

    /// Lets in only those who come from there.
    pub(crate) fn expect_origin(&self, origin: &'static str) {
        self.talk.lock().unwrap().origin = Some(origin);
    }
}

#[expect(clippy::result_large_err, reason = "the library wants the answer itself")]
async fn talk_to(stream: TcpStream, talk: Arc<Mutex<Talk>>, mut news: watch::Receiver<usize>) {
    let mut next = 0;
    let accept = |request: &Request, response: Response| {
        let talk = talk.lock().unwrap();
        next = talk.messages.len();
        let origin = request.headers().get("origin").map(|origin| origin.to_str().unwrap());
        if talk.origin.is_some() && origin != talk.origin {
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = 403.try_into().unwrap();
            return Err(refusal);
        }
        Ok(response)
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, accept).await else { return };
    let greeting = talk.lock().unwrap().greeting.clone();
    for message in greeting {
        if socket.send(message).await.is_err() {
            return;
        }
    }
    loop {
        let fresh: Vec<Message> = talk.lock().unwrap().messages[next..].to_vec();
        next += fresh.len();
        for message in fresh {
            if socket.send(message).await.is_err() {
                return;
            }
        }
        tokio::select! {
            changed = news.changed() => if changed.is_err() { return },
            // Reading is what answers pings.
            received = socket.next() => if !matches!(received, Some(Ok(_))) { return },
        }
    }
}
