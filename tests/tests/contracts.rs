//! Every row of the contracts, against the real server, as golden answers.

#![cfg(test)]

#[path = "contracts/one_time_tokens.rs"]
mod one_time_tokens;
#[path = "contracts/request_token.rs"]
mod request_token;
#[path = "contracts/user_tokens.rs"]
mod user_tokens;
#[path = "contracts/user_tokens_callers.rs"]
mod user_tokens_callers;
#[path = "contracts/user_tokens_promises.rs"]
mod user_tokens_promises;
#[path = "contracts/users.rs"]
mod users;
