//! Where the service runs: the region in its ARNs, and the service that its managed and owned keys are for.

use identity::{Region, ServiceName};

/// A region and the name of its table service.
#[derive(Clone, Debug)]
pub(crate) struct Realm {
    region: Region,
    dynamodb: ServiceName,
}

impl Realm {
    pub(crate) fn new(region: Region) -> Self {
        let dynamodb = ServiceName::dynamodb(&region);
        Self { region, dynamodb }
    }

    pub(crate) const fn region(&self) -> &Region {
        &self.region
    }

    /// `dynamodb.<region>.amazonaws.com`.
    pub(crate) const fn dynamodb(&self) -> &ServiceName {
        &self.dynamodb
    }
}
