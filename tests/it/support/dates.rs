//! A TCP proxy that dates what a server answers: rightly, or wrongly a few times.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use hashtug::clock::Clock;
use hashtug::timestamp::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The date that is wrong, and how many answers will have it.
type Wrong = Arc<Mutex<Option<(Timestamp, u32)>>>;

/// A running proxy; ends when it is dropped.
pub(crate) struct Dates {
    pub(crate) address: SocketAddr,
    wrong: Wrong,
    _tasks: JoinSet<()>,
}

impl Dates {
    pub(crate) async fn start(upstream: SocketAddr) -> Dates {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let wrong: Wrong = Arc::default();
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&wrong);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let wrong = Arc::clone(&shared);
                connections.spawn(async move {
                    if let Ok(far) = TcpStream::connect(upstream).await {
                        pass(near, far, &wrong).await;
                    }
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Dates { address, wrong, _tasks: tasks }
    }

    /// The next answers are dated so.
    pub(crate) fn mistake(&self, date: Timestamp, times: u32) {
        *self.wrong.lock().unwrap() = Some((date, times));
    }

    /// All answers are dated rightly from now on.
    pub(crate) fn mend(&self) {
        *self.wrong.lock().unwrap() = None;
    }

    /// Whether the next answer is dated rightly.
    pub(crate) fn is_right(&self) -> bool {
        self.wrong.lock().unwrap().is_none()
    }
}

async fn pass(near: TcpStream, far: TcpStream, wrong: &Wrong) {
    near.set_nodelay(true).unwrap();
    far.set_nodelay(true).unwrap();
    let (mut near_read, mut near_write) = near.into_split();
    let (mut far_read, mut far_write) = far.into_split();
    let down = async move {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = far_read.read(&mut buffer).await {
            let bytes = dated(&buffer[..count], wrong);
            if near_write.write_all(&bytes).await.is_err() {
                return;
            }
        }
    };
    // What one side ends is over.
    tokio::select! {
        _ = copy(&mut near_read, &mut far_write) => {}
        () = down => {}
    }
}

/// The bytes with another date, if they are the beginning of an answer.
fn dated(bytes: &[u8], wrong: &Wrong) -> Vec<u8> {
    if !bytes.starts_with(b"HTTP/1.1 ") {
        return bytes.to_vec();
    }
    let date = {
        let mut wrong = wrong.lock().unwrap();
        let date = wrong.map(|(date, _)| date);
        *wrong = wrong.map(|(date, times)| (date, times - 1)).filter(|(_, times)| *times > 0);
        date.unwrap_or_else(|| Clock::from_wall().now())
    };
    let ms = u64::try_from(date.millis()).unwrap();
    let date = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(ms);
    let end = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let is_date = |line: &&str| line.to_ascii_lowercase().starts_with("date:");
    let mut lines: Vec<&str> = head.split("\r\n").filter(|line| !is_date(line)).collect();
    let date = format!("date: {}", httpdate::fmt_http_date(date));
    lines.insert(1, &date);
    [lines.join("\r\n").as_bytes(), &bytes[end..]].concat()
}
