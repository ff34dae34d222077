//! The two mailers: against a mail server of our own that behaves and misbehaves, and into a folder.

#![cfg(test)]

mod folder;
mod message;
mod refusals;
mod support;
mod tls;
