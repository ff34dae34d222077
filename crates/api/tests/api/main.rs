//! The HTTP layer from outside: the whole application of one worker, its services mocked.

#![cfg(test)]

mod accounts_owners;
mod accounts_sessions;
mod admin;
mod bodies;
mod callers;
mod deadlines;
mod described;
mod docs_page;
mod document;
mod documentation;
mod edges;
mod limits;
mod one_time_tokens;
mod paths;
mod perimeter;
mod request_token;
mod support;
mod system;
mod traffic;
mod user_tokens;
mod user_tokens_callers;
mod users_accounts;
mod users_list;
mod users_sessions;
mod wire;
