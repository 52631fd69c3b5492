//! The contracts: generated messages, clients and servers, and the descriptor set with its
//! annotations. Nothing else lives here.

mod contracts;

pub use contracts::{Contracts, method_path};

/// The encoded `FileDescriptorSet` of every contract, imports and custom options included.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/onething.fds"));

#[expect(missing_docs, reason = "generated from commented contracts")]
mod generated {
    #![allow(clippy::all, unreachable_pub, rustdoc::all)]
    include!(concat!(env!("OUT_DIR"), "/contracts.rs"));
}

/// The custom options: action, share, element, department.
pub use generated::onething::annotations::v1 as annotations;
/// Banks, behind the connector.
pub use generated::onething::bank::v1 as bank;
/// Civil affairs.
pub use generated::onething::civil_affairs::v1 as civil_affairs;
/// Commerce, behind the connector.
pub use generated::onething::commerce::v1 as commerce;
/// The connector's own service.
pub use generated::onething::connector::v1 as connector;
/// Courts, behind the connector.
pub use generated::onething::court::v1 as court;
/// Education.
pub use generated::onething::education::v1 as education;
/// Enterprise registry.
pub use generated::onething::enterprise_registry::v1 as enterprise_registry;
/// Finance, behind the connector.
pub use generated::onething::finance::v1 as finance;
/// Cases and bundles.
pub use generated::onething::gateway::v1 as gateway;
/// Health, behind the connector.
pub use generated::onething::health::v1 as health;
/// Housing fund, behind the connector.
pub use generated::onething::housing_fund::v1 as housing_fund;
/// Identity.
pub use generated::onething::identity::v1 as identity;
/// Industry and information technology, behind the connector.
pub use generated::onething::industry::v1 as industry;
/// Insurance, behind the connector.
pub use generated::onething::insurance::v1 as insurance;
/// Trademarks, behind the connector.
pub use generated::onething::intellectual_property::v1 as intellectual_property;
/// Merchants, behind the connector.
pub use generated::onething::merchant::v1 as merchant;
/// Natural resources, behind the connector.
pub use generated::onething::natural_resources::v1 as natural_resources;
/// What every department offers a saga.
pub use generated::onething::participant::v1 as participant;
/// Post, behind the connector.
pub use generated::onething::post::v1 as post;
/// Product codes and energy labels, behind the connector.
pub use generated::onething::product::v1 as product;
/// Public security.
pub use generated::onething::public_security::v1 as public_security;
/// Credit China, behind the connector.
pub use generated::onething::reform_commission::v1 as reform_commission;
/// Social security.
pub use generated::onething::social_security::v1 as social_security;
/// Tax, behind the connector.
pub use generated::onething::tax::v1 as tax;
