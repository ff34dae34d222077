//! Every row of the contracts, against the real server, as golden answers.

#![cfg(test)]

#[path = "contracts/one_time_tokens.rs"]
mod one_time_tokens;
#[path = "contracts/request_token.rs"]
mod request_token;
#[path = "contracts/users.rs"]
mod users;
