//! Placeholder until this binary lands.
fn main() {}
