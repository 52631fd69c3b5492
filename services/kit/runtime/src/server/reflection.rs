//! Server reflection, v1 and v1alpha (older clients know only that one), over given descriptors.

use tonic::service::Routes;
use tonic_reflection::server::{Builder, Error};

/// Adds reflection over the encoded descriptor `set` to `routes`. It lists `services`, or everything
/// in the set if none are named.
pub(crate) fn reflection(routes: Routes, set: &[u8], services: &[String]) -> Result<Routes, Error> {
    let builder = || {
        let mut builder = Builder::configure()
            .register_encoded_file_descriptor_set(set)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET);
        if !services.is_empty() {
            builder = builder.with_service_name("grpc.health.v1.Health");
        }
        for service in services {
            builder = builder.with_service_name(service);
        }
        builder
    };
    Ok(routes
        .add_service(builder().build_v1()?)
        .add_service(builder().build_v1alpha()?))
}
