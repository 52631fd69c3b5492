//! Server reflection: what a department offers, as descriptors with their options. Speaks v1 and,
//! where a department knows only that, v1alpha.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use anyhow::{Context as _, anyhow, bail};
use bytes::{BufMut, Bytes, BytesMut};
use onething_proto::Contracts;
use prost::Message;
use prost_types::FileDescriptorProto;
use tokio_stream::{StreamExt, wrappers::ReceiverStream};
use tonic::{Code, Status, transport::Channel};

/// Services that say nothing of a department's own.
const OF_EVERYONE: [&str; 2] = ["grpc.reflection.", "grpc.health."];

/// One question.
#[derive(Debug, Clone)]
enum Question {
    Services,
    Symbol(String),
    File(String),
}

/// Its answer.
#[derive(Debug)]
enum Told {
    Services(Vec<String>),
    Files(Vec<Vec<u8>>),
    Error(String),
    Nothing,
}

/// What a department offers, and the services that it serves.
#[derive(Debug)]
pub(super) struct Offered {
    /// The descriptors.
    pub(super) contracts: Contracts,
    /// The full names of the services served.
    pub(super) services: Vec<String>,
}

/// Reads a department's services and everything that their descriptors need.
///
/// # Errors
/// When the department does not serve reflection, or what it serves is not whole.
pub(super) async fn contracts(channel: &Channel, timeout: Duration) -> anyhow::Result<Offered> {
    let mut asked = Asker::V1;
    let services = match asked.ask(channel, &[Question::Services], timeout).await {
        Err(status) if status.code() == Code::Unimplemented => {
            asked = Asker::V1alpha;
            let answer = asked.ask(channel, &[Question::Services], timeout).await;
            answer.map_err(|status| match status.code() {
                Code::Unimplemented => anyhow!(
                    "the department does not serve server reflection. Add it: every gRPC library has it (in Python, grpcio-reflection), and it is how this check finds the services and their `action` options"
                ),
                _ => said(&status),
            })?
        }
        other => other.map_err(|status| said(&status))?,
    };
    let services = match services.into_iter().next() {
        Some(Told::Services(services)) => services,
        Some(Told::Error(problem)) => bail!("the list of services was answered with: {problem}"),
        _ => bail!("the list of services was not answered"),
    };
    let files = files(asked, channel, &services, timeout).await?;
    let mut set = BytesMut::new();
    for file in files.values() {
        // A FileDescriptorSet by hand: decoding the files would drop the options.
        set.put_u8(0x0a);
        prost::encoding::encode_varint(file.len() as u64, &mut set);
        set.put_slice(file);
    }
    let contracts = Contracts::decode(&set).context("the descriptors do not fit together")?;
    Ok(Offered {
        contracts,
        services,
    })
}

async fn files(
    asked: Asker,
    channel: &Channel,
    services: &[String],
    timeout: Duration,
) -> anyhow::Result<BTreeMap<String, Bytes>> {
    let own = |name: &&String| !OF_EVERYONE.iter().any(|other| name.starts_with(other));
    let mut questions: Vec<_> = services
        .iter()
        .filter(own)
        .cloned()
        .map(Question::Symbol)
        .collect();
    let mut files = BTreeMap::new();
    let mut wanted = BTreeSet::new();
    while !questions.is_empty() {
        let answers = asked.ask(channel, &questions, timeout).await;
        let answers = answers.map_err(|status| said(&status))?;
        for (question, answer) in questions.iter().zip(answers) {
            match answer {
                Told::Files(found) => {
                    for bytes in found {
                        let file = FileDescriptorProto::decode(bytes.as_slice())
                            .context("a file descriptor is malformed")?;
                        wanted.extend(file.dependency.iter().cloned());
                        files.insert(file.name().to_owned(), Bytes::from(bytes));
                    }
                }
                Told::Error(problem) => bail!("{question:?} was answered with: {problem}"),
                _ => bail!("{question:?} was not answered with files"),
            }
        }
        let missing = wanted.iter().filter(|name| !files.contains_key(*name));
        let next: Vec<_> = missing.cloned().map(Question::File).collect();
        let again = |question: &Question| match question {
            Question::File(name) => questions
                .iter()
                .any(|asked| matches!(asked, Question::File(before) if before == name)),
            _ => false,
        };
        if let Some(Question::File(name)) = next.iter().find(|question| again(question)) {
            bail!("the file {name} was asked for, and another was given");
        }
        questions = next;
    }
    Ok(files)
}

fn said(status: &Status) -> anyhow::Error {
    anyhow!("{}", super::answer::told(status))
}

/// The version of the protocol in use.
#[derive(Debug, Clone, Copy)]
enum Asker {
    V1,
    V1alpha,
}

/// Both versions have the same messages under different names.
macro_rules! ask {
    ($version:ident, $channel:expr, $questions:expr) => {{
        use tonic_reflection::pb::$version::{
            ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
            server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
        };
        let (sender, receiver) = tokio::sync::mpsc::channel($questions.len().max(1));
        for question in $questions {
            let asked = match question.clone() {
                Question::Services => MessageRequest::ListServices(String::new()),
                Question::Symbol(name) => MessageRequest::FileContainingSymbol(name),
                Question::File(name) => MessageRequest::FileByFilename(name),
            };
            let request = ServerReflectionRequest {
                host: String::new(),
                message_request: Some(asked),
            };
            // There is room for all of them.
            let _ = sender.try_send(request);
        }
        drop(sender);
        let mut client = ServerReflectionClient::new($channel.clone());
        let stream = client.server_reflection_info(ReceiverStream::new(receiver));
        let mut stream = stream.await?.into_inner();
        let mut answers = Vec::new();
        while let Some(answer) = stream.next().await {
            answers.push(match answer?.message_response {
                Some(MessageResponse::ListServicesResponse(list)) => Told::Services(
                    list.service
                        .into_iter()
                        .map(|service| service.name)
                        .collect(),
                ),
                Some(MessageResponse::FileDescriptorResponse(files)) => {
                    Told::Files(files.file_descriptor_proto)
                }
                Some(MessageResponse::ErrorResponse(error)) => Told::Error(error.error_message),
                _ => Told::Nothing,
            });
        }
        Ok(answers)
    }};
}

impl Asker {
    async fn ask(
        self,
        channel: &Channel,
        questions: &[Question],
        timeout: Duration,
    ) -> Result<Vec<Told>, Status> {
        let asked = async {
            match self {
                Self::V1 => ask!(v1, channel, questions),
                Self::V1alpha => ask!(v1alpha, channel, questions),
            }
        };
        match tokio::time::timeout(timeout, asked).await {
            Ok(answers) => answers,
            Err(_) => Err(Status::deadline_exceeded("reflection took too long")),
        }
    }
}
