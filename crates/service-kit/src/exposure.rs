//! What a listener needs before other machines may reach it.

use crate::StartError;
use std::net::SocketAddr;

/// What there is around a listener.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Protection {
    pub(crate) has_tls: bool,
    pub(crate) has_principals: bool,
    /// `--insecure-dev`: other machines may come in all the same.
    pub(crate) is_waived: bool,
}

impl Protection {
    /// Credentials and items must not cross a network in the clear, and a port without principals is for everyone. So
    /// what is not loopback has TLS and principals, or was waived: then this says what is missing. The admin port holds
    /// neither credentials nor items.
    pub(crate) fn check(self, listen: SocketAddr) -> Result<Option<&'static str>, StartError> {
        let missing = match (self.has_tls, self.has_principals) {
            _ if listen.ip().is_loopback() => return Ok(None),
            (true, true) => return Ok(None),
            (true, false) => "it has no principals",
            (false, true) => "it has no TLS",
            (false, false) => "it has neither TLS nor principals",
        };
        if self.is_waived { Ok(Some(missing)) } else { Err(StartError::Exposed { listen, missing }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_machines_need_tls_and_principals_unless_that_is_waived() {
        let loopback = ["127.0.0.1:1", "127.8.9.1:1", "[::1]:1"];
        let open = ["0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[::ffff:127.0.0.1]:1"];
        for (has_tls, has_principals) in [(false, false), (false, true), (true, false), (true, true)] {
            let with = |is_waived| Protection { has_tls, has_principals, is_waived };
            for address in loopback {
                assert!(matches!(with(false).check(address.parse().unwrap()), Ok(None)), "{address}");
            }
            for address in open {
                let address = address.parse().unwrap();
                assert_eq!(with(false).check(address).is_ok(), has_tls && has_principals, "{address}");
                let missing = with(true).check(address).unwrap();
                assert_eq!(missing.is_none(), has_tls && has_principals, "{address}");
            }
        }
    }
}
