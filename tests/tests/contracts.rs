//! Every row of the contracts, against the real server, as golden answers.

#![cfg(test)]

#[path = "contracts/request_token.rs"]
mod request_token;
#[path = "contracts/users.rs"]
mod users;
