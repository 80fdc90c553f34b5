//! Bulk requests (RFC 7644 section 3.7): read ([`parse`]), put into an order in which references can be resolved and run
//! step by step ([`Run`]), and answered.
//!
//! Nothing here touches a resource: the provider takes a step, does it as if it were a request of its own, and reports
//! back. A reference `bulkId:x` becomes the id of what operation `x` created; a later create that an earlier operation
//! refers to is done first. Where creates refer to each other in a circle (section 3.7.1), one is created without the
//! reference and completed by a PATCH once the other exists.

mod parse;
mod references;
mod run;

pub use parse::{Entry, Limits, Method, Operation, Request, parse};
pub use run::{Done, Run, Step};
