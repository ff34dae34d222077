//! From credentials to tokens: verify, ask the policy, issue.
//!
//! The order is written once, here. What is verified, who is permitted and what is issued are parts: an account's login
//! ([`AccountLogin`]) and the demonstration ([`Demonstration`]) are the same orchestrator with different ones.

mod account_login;
#[cfg(test)]
mod account_login_tests;
mod demonstration;
mod service;

pub use account_login::{AccountLogin, AccountVerifier, ActiveAccounts, LoginGrant, LoginRequest, SessionIssuer};
pub use demonstration::{
    Demonstration, DemonstrationRequest, DemonstrationToken, NoLeadingA, TimestampIssuer, UppercaseVerifier,
};
pub use service::{
    CredentialVerifier, Flow, IssuancePolicy, Orchestrator, OrchestratorService, Refusal, RequestTokenError,
    TokenIssuer,
};

#[cfg(feature = "mock")]
pub use service::{MockCredentialVerifier, MockIssuancePolicy, MockOrchestratorService, MockTokenIssuer};
