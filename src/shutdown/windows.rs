//! Windows: Ctrl-C, Ctrl-Break, a console that closes, and the end of the system.
//!
//! After the last two Windows ends the program five seconds later, whatever it does: that is longer
//! than the parts have to end. A user who logs off is not asked to end a service, so that is not caught.

use std::io;

use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown,
};

use super::Wish;

/// The events of the console that end the program.
pub struct Signals {
    interrupt: CtrlC,
    stop: CtrlBreak,
    close: CtrlClose,
    shutdown: CtrlShutdown,
}

impl Signals {
    /// Begins to catch them.
    ///
    /// # Errors
    /// If the system does not let them be caught.
    pub fn catch() -> io::Result<Signals> {
        Ok(Signals {
            interrupt: ctrl_c()?,
            stop: ctrl_break()?,
            close: ctrl_close()?,
            shutdown: ctrl_shutdown()?,
        })
    }

    /// Waits for a wish.
    pub async fn recv(&mut self) -> Wish {
        self.end().await;
        Wish::End
    }

    /// Comes back at once: nothing asks for it.
    pub fn stand_still(&mut self) -> impl Future<Output = ()> {
        std::future::ready(())
    }

    /// Waits for the wish to end.
    pub async fn end(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.stop.recv() => {}
            _ = self.close.recv() => {}
            _ = self.shutdown.recv() => {}
        }
    }
}
