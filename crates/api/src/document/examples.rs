//! What stands in examples for what is different each time.

/// An account's id.
pub const ID: &str = "0193b2a4-7d3c-7a10-8b55-3f2a9c1e6d70";
/// A point in time.
pub const MOMENT: &str = "2026-01-31T12:00:00Z";
/// An access token.
pub const ACCESS: &str = "eyJhbGciOiJFUzI1NiJ9.eyJ0b2tlbl90eXBlIjoiYWNjZXNzIn0.c2lnbmF0dXJl";
/// A refresh token.
pub const REFRESH: &str = "eyJhbGciOiJFUzI1NiJ9.eyJ0b2tlbl90eXBlIjoicmVmcmVzaCJ9.c2lnbmF0dXJl";
/// The secret of a one-time token, or of a link in a mail.
pub const SECRET: &str = "m4bX0p3cJq9ZrT1vK7sWfYh2LdQeNuGaRiOyBtCxMkE";
