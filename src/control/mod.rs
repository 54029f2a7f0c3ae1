//! Where orders come from: whoever steers a running show.
//!
//! A control turns what a person does (a key) into an `order::Order`, gives it through the show's door
//! for orders, and may look at snapshots like any viewer. It never touches the show itself.

pub mod timer;
