//! The provider as a product, over HTTP only: the management API, sessions, tenancy and webhook delivery.

#[path = "product/connections.rs"]
mod connections;
#[path = "product/consumer.rs"]
mod consumer;
#[path = "product/contract.rs"]
mod contract;
#[path = "product/crash.rs"]
mod crash;
#[path = "product/delivery.rs"]
mod delivery;
#[path = "product/logs.rs"]
mod logs;
#[path = "product/machine.rs"]
mod machine;
#[path = "product/migrations.rs"]
mod migrations;
#[path = "product/organizations.rs"]
mod organizations;
#[path = "product/process.rs"]
mod process;
#[path = "product/receiver.rs"]
mod receiver;
#[path = "product/scim.rs"]
mod scim;
#[path = "product/seed.rs"]
mod seed;
#[path = "product/server.rs"]
mod server;
#[path = "product/sessions.rs"]
mod sessions;
#[path = "product/ssf.rs"]
mod ssf;
#[path = "product/sso.rs"]
mod sso;
#[path = "product/tenancy.rs"]
mod tenancy;
#[path = "product/walk.rs"]
mod walk;
