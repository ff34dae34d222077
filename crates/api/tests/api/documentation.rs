//! `docs/contracts.md` has a heading for every endpoint. That what it says below them is true is tested end to end.

use std::collections::BTreeSet;

use crate::support::services;

#[test]
fn every_endpoint_has_a_heading_in_the_documentation_and_no_other_has_one() {
    let page = include_str!("../../../../docs/contracts.md");
    let headings = page.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    let documented: BTreeSet<String> = headings.map(str::to_owned).collect();
    let registered = tessera_api::endpoints(&services()).into_iter().map(|(method, path)| format!("{method} {path}"));
    assert_eq!(documented, registered.collect());
}
