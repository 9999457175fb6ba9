//! What one server takes on at most. Everything has a limit; each has its reason.

use std::time::Duration;

/// The limits of a [`Server`](crate::Server). A service takes the default and changes what it must.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests in work at the same time; one more is answered UNAVAILABLE at once, with when to try again, so that
    /// an overload stays visible and memory stays bounded.
    pub concurrent_requests: usize,
    /// The same for requests that need no credentials, counted apart so that neither starves the other.
    pub concurrent_public_requests: usize,
    /// The same for streams that need no credentials, so that nobody can keep a health check out by watching.
    pub concurrent_public_streams: usize,
    /// Requests over AWS JSON that are not all there yet, which they have to be for their signature to be verified. For one
    /// more the one that has waited longest is given up, so that whoever sends slowly keeps out nobody.
    pub concurrent_unproven_requests: usize,
    /// Bytes of large ones of these, and of those that are passed on, at the same time, counted apart from those of known
    /// callers: all but the first 64 KiB of each. What arrives in pieces is put together, which takes as much again for a moment.
    pub unproven_bytes: usize,
    /// Requests that are passed on to the other service, until it answers.
    pub concurrent_passed_requests: usize,
    /// Connections at the same time. Each costs some 30 KB, with TLS some 40 KB (`tests/protection.rs`).
    pub connections: usize,
    /// How long a new connection may take to begin: TLS, and the first bytes of HTTP.
    pub handshake: Duration,
    /// How long a request may take to be answered, whatever time its caller gives it. Streams may take for ever.
    pub request: Duration,
    /// How long an answer may take to be taken by its caller.
    pub answer: Duration,
    /// Bytes of large requests in memory at the same time; one that finds no room is answered as above. Room for eight of
    /// the largest.
    pub body_bytes: usize,
    /// Bytes of large answers in memory at the same time, until their callers have taken them; one that finds no room is
    /// replaced as above. Room for four of the largest, and for a hundred pages.
    pub answer_bytes: usize,
    /// Streams on one HTTP/2 connection.
    pub streams_per_connection: u32,
    /// Bytes of all headers of a request: credentials, ids and tracing need a fraction of it.
    pub header_bytes: u32,
    /// How long an idle connection goes without a sign of life before it is probed.
    pub keepalive: Duration,
    /// How long the probe may go unanswered.
    pub keepalive_timeout: Duration,
    /// How long requests that are in work may take to finish after the stop signal.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrent_requests: 4_096,
            concurrent_public_requests: 256,
            concurrent_public_streams: 256,
            concurrent_unproven_requests: 1_024,
            unproven_bytes: 64 * 1024 * 1024,
            concurrent_passed_requests: 512,
            connections: 4_096,
            handshake: Duration::from_secs(10),
            request: Duration::from_secs(30),
            answer: Duration::from_secs(30),
            body_bytes: 136 * 1024 * 1024,
            answer_bytes: 128 * 1024 * 1024,
            streams_per_connection: 1_024,
            header_bytes: 16 * 1024,
            keepalive: Duration::from_secs(60),
            keepalive_timeout: Duration::from_secs(20),
            drain: Duration::from_secs(10),
        }
    }
}
