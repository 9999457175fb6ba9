//! Tests that are about the service as a whole, each file about one hazard.

mod accounts;
mod audit;
mod crash;
mod destruction;
mod hidden;
mod matrix;
mod pages;
mod races;
mod tamper;
mod tokens;
mod watch;
