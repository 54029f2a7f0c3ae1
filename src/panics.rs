//! What is left of a panic: its words, and the rest of the program.
//!
//! A panic is a bug, and costs the task that it is in. Here it is caught and put into words; whether the
//! task begins anew is the caller's to decide (`parts`, `server`, the thread of a device).

use std::any::Any;
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a panic carries.
pub(crate) type Panic = Box<dyn Any + Send>;

/// How often each part has panicked, by its name.
pub(crate) type Counts = BTreeMap<String, u64>;

/// Bytes of a reason that are told: some panics quote the text that they stumbled over.
const LONGEST: usize = 200;

/// What a panic says. For the log alone: it may quote a post, whose text no page shows.
pub(crate) fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(|text| &**text));
    let text = text.unwrap_or("no reason given");
    text[..text.floor_char_boundary(LONGEST)].to_owned()
}

/// What becomes of a future, or the panic that ended it.
pub(crate) async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Panic> {
    let mut future = Box::pin(future);
    let result = poll_fn(|context| {
        // Nobody looks at what a panic has left half done: it is dropped.
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        polled.map_or_else(|panic| Err(panic).into(), |poll| poll.map(Ok))
    });
    let result = result.await;
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(future)));
    result.and_then(|value| dropped.map(|()| value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_the_future_alone_and_says_why() {
        assert_eq!(caught(async { 7 }).await.unwrap(), 7);
        let panic = caught(async { panic!("tripped over {}", 7) }).await.unwrap_err();
        assert_eq!(reason(&*panic), "tripped over 7");
        let panic = caught(async { std::panic::panic_any(7) }).await.unwrap_err();
        assert_eq!(reason(&*panic), "no reason given");
        let long: String = "é".repeat(LONGEST);
        assert_eq!(reason(&long).len(), LONGEST);
    }

    #[tokio::test]
    async fn a_panic_while_a_future_is_dropped_is_caught_too() {
        struct Clumsy;
        impl Drop for Clumsy {
            fn drop(&mut self) {
                panic!("dropped");
            }
        }
        let clumsy = Clumsy;
        let ready = std::future::ready(());
        // Held by the future itself, not by its body, which has ended by then.
        let future = poll_once(ready, clumsy);
        assert_eq!(reason(&*caught(future).await.unwrap_err()), "dropped");
    }

    /// A future that holds something until it is dropped.
    fn poll_once<T>(inner: std::future::Ready<()>, held: T) -> impl Future<Output = ()> {
        let mut inner = inner;
        poll_fn(move |context| {
            let _held = &held;
            std::pin::Pin::new(&mut inner).poll(context)
        })
    }
}
