//! The server from the outside: its settings, its commands, and the binary that serves.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod configuration;
#[cfg(test)]
mod healthcheck;
#[cfg(test)]
mod in_process;
#[cfg(test)]
mod installation;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod mail_settings;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod service_access;
#[cfg(test)]
mod serving;
#[cfg(test)]
mod spans;
