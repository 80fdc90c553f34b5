//! The webhook inbox: a real HTTP server that the target delivers to.
//!
//! One [`Inbox`] a run listens; every tenant has a [`Mailbox`] in it, told apart by a path that nobody can guess. A delivery is
//! stamped with its time of arrival, its signature is verified ([`signature`]), its event is read by the configured
//! mapping ([`event`]), it is filed, and only then answered, so that whoever sees the answer can also see the delivery.
//!
//! **Read-back on arrival.** A scenario can ask that the member which an event is about is read through the target's API *before the
//! delivery is answered*: a target that sends from inside its transaction waits for our answer before it commits, and is
//! then caught showing the old state. The server is wiremock, whose responder is a plain function that it calls under a lock on
//! its own thread. So the responder hands the read-back to the scenario's runtime and **blocks its thread** until the
//! result is there, for at most [`READ_BACK`]. A delay of the answer would be cheaper, and unsound: there is no delay of which
//! one knows that the reading was over by then. Because that thread serves nobody else meanwhile, a mailbox with
//! read-back gets a server of its own wherever ports are free to choose; on a fixed port it shares, and the others' deliveries wait
//! that long.
//!
//! wiremock takes the body in before the responder runs, answers HTTP/1.1 and HTTP/2 on one port, and forgets every request at
//! once (its recording is off; the mailbox is the record). A delivery that breaks off in its body ends its connection, and
//! nothing else.

pub mod event;
mod inbox;
mod mailbox;
pub mod signature;

pub use event::Event;
pub use inbox::Inbox;
pub(super) use mailbox::Hook;
pub use mailbox::{Delivery, Mailbox, READ_BACK, ScriptedReply, WaitTimeout};
pub use signature::Signature;
