//! Calls to departments that only a file declares: messages as JSON.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::path::Path;

use bytes::Bytes;
use onething_proto::Contracts;
use onething_runtime::Raw;
use prost_reflect::{DynamicMessage, prost::Message};
use serde_json::Value;
use tonic::{Request, Status, transport::Channel};

use crate::running::step;

/// A department of a file, as a caller sees it.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    contracts: Contracts,
    service: String,
    channel: Channel,
}

impl Declared {
    /// The service of a file in a folder.
    pub(crate) fn new(folder: &Path, service: &str, channel: Channel) -> Self {
        Self {
            contracts: onething_declared::contracts(Some(folder)).unwrap(),
            service: service.to_owned(),
            channel,
        }
    }

    /// Calls a method as a step of a saga.
    pub(crate) async fn call(
        &self,
        saga: &str,
        method: &str,
        request: Value,
    ) -> Result<Value, Status> {
        self.send(step(saga, method, Bytes::new()), method, request)
            .await
    }

    /// Calls a method with this metadata.
    pub(crate) async fn send(
        &self,
        metadata: Request<Bytes>,
        method: &str,
        request: Value,
    ) -> Result<Value, Status> {
        let path = format!("{}/{method}", self.service);
        let method = self.contracts.method(&path).unwrap();
        let message = DynamicMessage::deserialize(method.input(), request).unwrap();
        let request = metadata.map(|_| Bytes::from(message.encode_to_vec()));
        let mut client = tonic::client::Grpc::new(self.channel.clone());
        client.ready().await.unwrap();
        let path = format!("/{path}").parse().unwrap();
        let answer = client.unary(request, path, Raw).await?.into_inner();
        let answer = DynamicMessage::decode(method.output(), answer).unwrap();
        let options = prost_reflect::SerializeOptions::new()
            .stringify_64_bit_integers(false)
            .use_proto_field_name(true);
        Ok(answer
            .serialize_with_options(serde_json::value::Serializer, &options)
            .unwrap())
    }
}
