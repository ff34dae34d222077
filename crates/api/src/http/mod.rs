//! What every contract shares: how a request comes in, and how an answer goes out.
//!
//! A request meets [`edge`] (request id, headers, log), then the [`endpoint`] that `router` finds for its path (method,
//! deadline, panic), which [extracts](extract) the handler's arguments: a proof of who calls first, as its [route](routes)
//! says, then the [`body`]. Whatever is refused on this way is a [`rejection`], and [`errors`] words it as the owner of the
//! path would.

pub mod answer;
pub mod body;
pub mod caller;
pub mod client;
pub mod cors;
pub mod django_words;
pub mod edge;
pub mod endpoint;
pub mod errors;
pub mod extract;
pub mod fields;
pub(crate) mod form;
mod forwarded;
pub mod headers;
pub mod hosts;
pub mod json;
mod lasting;
mod limit_fields;
mod pace;
pub mod page;
pub(crate) mod pages;
pub mod proxies;
pub mod rejection;
mod request_id;
pub mod request_spans;
mod router;
pub mod routes;
pub mod service_caller;
pub mod settings;
pub mod status;
pub mod trace_context;
pub mod traffic;
