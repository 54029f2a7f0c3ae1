//! A TCP proxy that misbehaves on demand: what a bad network does to a connection.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How bytes pass, in both directions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    /// As they come.
    None,
    /// Not at all, and nobody is told: the cable is out.
    Blackhole,
    /// So many at a time.
    Sliced(usize),
    /// So many a second.
    Bandwidth(usize),
}

#[derive(Clone, Copy, Debug)]
enum Order {
    /// Both sides see a reset.
    Reset,
    /// The upstream's end is passed on, and nothing more in that direction.
    HalfClose,
}

/// A running proxy; ends when it is dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    fault: watch::Sender<Fault>,
    orders: broadcast::Sender<Order>,
    accepted: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    pub(crate) async fn start(upstream: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (fault, fault_rx) = watch::channel(Fault::None);
        let (orders, _) = broadcast::channel(16);
        let accepted = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        let (count, orders_tx) = (Arc::clone(&accepted), orders.clone());
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let orders = orders_tx.subscribe();
                count.fetch_add(1, Ordering::SeqCst);
                let fault = fault_rx.clone();
                connections.spawn(async move {
                    if let Ok(far) = TcpStream::connect(upstream).await {
                        pass(near, far, fault, orders).await;
                    }
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Proxy { address, fault, orders, accepted, _tasks: tasks }
    }

    /// From now on, for connections that are open too.
    pub(crate) fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    /// Resets what is open.
    pub(crate) fn cut(&self) {
        let _nobody_is_connected = self.orders.send(Order::Reset);
    }

    /// Ends the upstream's direction of what is open.
    pub(crate) fn half_close(&self) {
        let _nobody_is_connected = self.orders.send(Order::HalfClose);
    }

    /// How many connections were accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

async fn pass(
    near: TcpStream,
    far: TcpStream,
    fault: watch::Receiver<Fault>,
    mut orders: broadcast::Receiver<Order>,
) {
    // The delays are those that are asked for, and none of the system's.
    near.set_nodelay(true).unwrap();
    far.set_nodelay(true).unwrap();
    // Closed at once and without a farewell, whatever is still on its way.
    near.set_zero_linger().unwrap();
    far.set_zero_linger().unwrap();
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    let up = copy(near_read, far_write, fault.clone());
    let mut down = Some(Box::pin(copy(far_read, near_write, fault)));
    tokio::pin!(up);
    loop {
        let downstream = async {
            match &mut down {
                Some(down) => down.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = &mut up => return,
            () = downstream => return,
            order = orders.recv() => match order {
                // Dropping the half that writes ends that direction.
                Ok(Order::HalfClose) => down = None,
                _ => return,
            }
        }
    }
}

async fn copy(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut fault: watch::Receiver<Fault>,
) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let now = *fault.borrow_and_update();
        let most = match now {
            Fault::Blackhole => {
                if fault.changed().await.is_err() {
                    return;
                }
                continue;
            }
            Fault::None => buffer.len(),
            Fault::Sliced(bytes) => bytes,
            Fault::Bandwidth(bytes) => (bytes / 50).max(1),
        };
        let read = tokio::select! {
            read = from.read(&mut buffer[..most]) => read,
            changed = fault.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
        };
        let Ok(count @ 1..) = read else { return };
        // What was read before the cable came out is lost with it only if the connection is.
        while *fault.borrow_and_update() == Fault::Blackhole {
            if fault.changed().await.is_err() {
                return;
            }
        }
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
        if let Fault::Bandwidth(_) = now {
            // The pause is the fault itself.
            sleep(Duration::from_millis(20)).await;
        }
    }
}
