//! The settings, as far as they can be judged by themselves.

use super::finding::Finding;
use crate::config::{AppEnv, Config, Mistakes};

const SUBJECT: &str = "configuration";

/// What is to be said about settings that can be used.
pub fn check(config: &Config) -> Vec<Finding> {
    let mut findings: Vec<_> = config.warnings.iter().map(|warning| Finding::warning(SUBJECT, warning)).collect();
    if config.runtime.app_env == AppEnv::Development {
        let text = "APP_ENV is development: what is weak is accepted";
        findings.push(Finding::note(SUBJECT, text).advise("set APP_ENV=production where others can reach the service"));
    }
    if let Some(addr) = config.telemetry.metrics_addr.filter(|addr| !addr.ip().is_loopback()) {
        let text = format!("METRICS_ADDR is {addr}: whoever reaches it reads how busy the service is");
        findings.push(Finding::note(SUBJECT, text).advise("let only the machine that collects metrics reach it"));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(SUBJECT, "all settings can be used, and none is weak"));
    }
    findings
}

/// Nothing else can be looked at without them.
pub fn mistaken(mistakes: &Mistakes) -> Vec<Finding> {
    let advice = "docs/configuration.md has every setting; the service does not start like this";
    let problem = |mistake: &dyn ToString| Finding::problem(SUBJECT, mistake.to_string()).advise(advice);
    mistakes.0.iter().map(|mistake| problem(mistake)).collect()
}
