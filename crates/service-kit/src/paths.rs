//! The gRPC paths that exist, from the descriptor sets: what is public, and what may become a metric label.
//!
//! A path that is on no descriptor is counted as `unknown`: callers must not be able to make up label values.

use crate::RequestId;
use prost::{DecodeError, Message};
use prost_types::FileDescriptorSet;
use std::{collections::HashMap, sync::Arc};

/// The paths that need no credentials. Whole paths, so that nothing can hide below one.
const PUBLIC: [&str; 4] = [
    "/grpc.health.v1.Health/Check",
    "/grpc.health.v1.Health/Watch",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// `rpc.system` of a trace (<https://opentelemetry.io/docs/specs/semconv/rpc/>).
pub(crate) const GRPC_SYSTEM: &str = "grpc";
const JSON_SYSTEM: &str = "aws-api";

/// A method as metrics and logs name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Method {
    /// Which kind of door it is behind.
    pub(crate) system: &'static str,
    pub(crate) service: Arc<str>,
    pub(crate) name: Arc<str>,
    pub(crate) is_public: bool,
    /// Whether it may take as long as its caller likes: a watch, or a conversation.
    pub(crate) is_stream: bool,
}

impl Method {
    /// An operation behind a door for AWS's JSON.
    pub(crate) fn of_json(service: &Arc<str>, name: &str) -> Self {
        Self {
            system: JSON_SYSTEM,
            service: service.clone(),
            name: name.into(),
            is_public: false,
            is_stream: false,
        }
    }

    /// The span of a request for it in the log.
    pub(crate) fn span(&self, id: &RequestId) -> tracing::Span {
        tracing::info_span!("rpc", service = %self.service, method = %self.name, request_id = %id)
    }
}

/// Every method of the given descriptor sets.
pub(crate) struct Paths {
    known: HashMap<String, Method>,
    unknown: Method,
}

impl Paths {
    pub(crate) fn from_descriptors(sets: &[&[u8]]) -> Result<Self, DecodeError> {
        let mut known = HashMap::new();
        for set in sets {
            for file in FileDescriptorSet::decode(*set)?.file {
                for service in &file.service {
                    let service_name: Arc<str> = format!("{}.{}", file.package(), service.name()).into();
                    for method in &service.method {
                        let path = format!("/{service_name}/{}", method.name());
                        let is_public = PUBLIC.contains(&path.as_str());
                        let name = method.name().into();
                        let is_stream = method.server_streaming() || method.client_streaming();
                        let service = service_name.clone();
                        known.insert(
                            path,
                            Method { system: GRPC_SYSTEM, service, name, is_public, is_stream },
                        );
                    }
                }
            }
        }
        let name: Arc<str> = "unknown".into();
        let unknown =
            Method { system: GRPC_SYSTEM, service: name.clone(), name, is_public: false, is_stream: false };
        Ok(Self { known, unknown })
    }

    pub(crate) fn method(&self, path: &str) -> &Method {
        self.known.get(path).unwrap_or(&self.unknown)
    }
}
