//! The service on a real port with a synthetic population, its clients, and a way around it into
//! its database.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use onething_calendar::local_date;
use onething_db::{
    Sql, args,
    testing::{TestDb, databases},
};
use onething_enterprise_registry::{EnterpriseRegistry, MIGRATIONS};
use onething_participant::{Refusal, Suspension, metadata};
use onething_population::Population;
use onething_proto::{
    enterprise_registry::{
        AcceptRelocationRequest, ApproveReleaseRequest, CheckEnterpriseRequest,
        CheckEnterpriseResponse, Enterprise, GetEnterpriseRequest, LockRecordRequest,
        RegisterRelocationRequest, RegisterRelocationResponse, TransferArchiveRequest,
        TransferArchiveResponse,
        enterprise_registry_service_client::EnterpriseRegistryServiceClient,
    },
    participant::{
        StepKey, UndoOutcome, UndoRequest, UndoResponse,
        participant_service_client::ParticipantServiceClient,
    },
};
use onething_runtime::{MemoryDiscovery, NoSettings, Running, boot, configure};
use tonic::{Request, Response, Status, transport::Channel};

/// Enough for the clean sample and the exceptional enterprises after it.
pub(crate) const PERSONS: u32 = 40;
pub(crate) const SEED: u64 = 1;

/// A county of Ordos, where the sample moves to.
pub(crate) const TARGET: &str = "150602";
pub(crate) const ADDRESS: &str = "内蒙古自治区鄂尔多斯市东胜区团结路1号";

/// The service and its clients.
pub(crate) struct Registry {
    pub(crate) test: Arc<TestDb>,
    _running: Running,
    registry: EnterpriseRegistryServiceClient<Channel>,
    pub(crate) participant: ParticipantServiceClient<Channel>,
    pub(crate) channel: Channel,
    /// The codes of the population's enterprises; the first is clean.
    pub(crate) codes: Vec<String>,
}

/// The numbers of a move.
#[derive(Debug, Clone)]
pub(crate) struct Numbers {
    pub(crate) lock: String,
    pub(crate) acceptance: String,
    pub(crate) release: String,
    pub(crate) archive: String,
}

pub(crate) fn today() -> Date {
    local_date(Timestamp::now())
}

/// The reason for which a call was refused.
pub(crate) fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let status = answer.unwrap_err();
    Refusal::from_status(&status)
        .unwrap_or_else(|| panic!("not a refusal: {status:?}"))
        .reason
}

/// The field that a call was refused for as malformed.
pub(crate) fn invalid_field<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let refusal = Refusal::from_status(&answer.unwrap_err()).unwrap();
    assert_eq!(refusal.reason, "INVALID_INPUT");
    refusal.field
}

pub(crate) fn acceptance(code: &str) -> AcceptRelocationRequest {
    AcceptRelocationRequest {
        credit_code: code.to_owned(),
        target_registrar: TARGET.to_owned(),
        target_address: ADDRESS.to_owned(),
        premises_right: "leased".to_owned(),
        resolution_date: today().to_string(),
    }
}

impl Registry {
    pub(crate) async fn on_each_database() -> Vec<Self> {
        let mut registries = Vec::new();
        for test in databases(&[onething_participant::MIGRATIONS, MIGRATIONS]).await {
            registries.push(Self::serve(Arc::new(test), &[]).await);
        }
        registries
    }

    /// Another instance of the service on a database, with matters suspended.
    pub(crate) async fn serve(test: Arc<TestDb>, suspended: &[Suspension]) -> Self {
        let settings = [
            ("ONETHING__SERVER__LISTEN", "127.0.0.1:0".to_owned()),
            ("ONETHING__DATABASE__URL", test.url.clone()),
            ("ONETHING__POPULATION__PERSONS", PERSONS.to_string()),
            ("ONETHING__POPULATION__SEED", SEED.to_string()),
            ("ONETHING__REVIEWS__OPEN", "true".to_owned()),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        let (mut common, _) = configure::<EnterpriseRegistry>(None, settings).unwrap();
        common.suspensions = suspended
            .iter()
            .map(|suspension| onething_runtime::config::Suspension {
                method: suspension.method.clone(),
                step: suspension.step.clone(),
                note: suspension.note.clone(),
            })
            .collect();
        let discovery = Arc::new(MemoryDiscovery::new());
        let running = boot::<EnterpriseRegistry>(common, NoSettings::default(), discovery)
            .await
            .unwrap();
        let channel = Channel::from_shared(format!("http://{}", running.addr()))
            .unwrap()
            .connect()
            .await
            .unwrap();
        let population = Population::generate(PERSONS.into(), SEED, today());
        let codes = population.enterprises.iter().map(|e| e.credit_code.clone());
        Self {
            test,
            _running: running,
            registry: EnterpriseRegistryServiceClient::new(channel.clone()),
            participant: ParticipantServiceClient::new(channel.clone()),
            channel,
            codes: codes.collect(),
        }
    }

    /// The code of the enterprise against which nothing stands.
    pub(crate) fn clean(&self) -> String {
        self.codes[0].clone()
    }

    /// Changes the register behind the service's back.
    pub(crate) async fn change(&self, sql: &'static str, code: &str) {
        let mut tx = self.test.db.begin().await.unwrap();
        let changed = tx.execute(Sql::both(sql), args![code]).await.unwrap();
        assert_ne!(changed, 0, "{sql}");
        tx.commit().await.unwrap();
    }

    /// The first column of what the register holds about an enterprise.
    pub(crate) async fn column(&self, sql: &'static str, code: &str) -> Vec<String> {
        let rows: Vec<(String,)> = self
            .test
            .db
            .fetch_all(Sql::both(sql), args![code])
            .await
            .unwrap();
        rows.into_iter().map(|(text,)| text).collect()
    }

    pub(crate) async fn changes(&self, code: &str) -> Vec<String> {
        let sql = "SELECT change FROM enterprise_history WHERE credit_code = $1 ORDER BY position";
        self.column(sql, code).await
    }

    pub(crate) async fn check(&self, code: &str) -> Result<CheckEnterpriseResponse, Status> {
        let request = CheckEnterpriseRequest {
            credit_code: code.to_owned(),
        };
        let answer = self.registry.clone().check_enterprise(request).await;
        answer.map(Response::into_inner)
    }

    pub(crate) async fn get(&self, code: &str) -> Result<Enterprise, Status> {
        let request = GetEnterpriseRequest {
            credit_code: code.to_owned(),
        };
        let answer = self.registry.clone().get_enterprise(request).await?;
        Ok(answer.into_inner().enterprise.unwrap())
    }

    pub(crate) async fn lock(
        &self,
        saga: &str,
        code: &str,
        target: &str,
    ) -> Result<String, Status> {
        let request = LockRecordRequest {
            credit_code: code.to_owned(),
            target_registrar: target.to_owned(),
        };
        let request = keyed(saga, "lock", request);
        let answer = self.registry.clone().lock_record(request).await?;
        Ok(answer.into_inner().lock_number)
    }

    pub(crate) async fn accept(
        &self,
        saga: &str,
        request: AcceptRelocationRequest,
    ) -> Result<String, Status> {
        let request = keyed(saga, "accept", request);
        let answer = self.registry.clone().accept_relocation(request).await?;
        Ok(answer.into_inner().acceptance_number)
    }

    pub(crate) async fn release(
        &self,
        saga: &str,
        code: &str,
        lock_number: &str,
        acceptance_number: &str,
    ) -> Result<String, Status> {
        let request = ApproveReleaseRequest {
            credit_code: code.to_owned(),
            lock_number: lock_number.to_owned(),
            acceptance_number: acceptance_number.to_owned(),
        };
        let request = keyed(saga, "release", request);
        let answer = self.registry.clone().approve_release(request).await?;
        Ok(answer.into_inner().release_number)
    }

    pub(crate) async fn transfer(
        &self,
        saga: &str,
        code: &str,
        release_number: &str,
    ) -> Result<TransferArchiveResponse, Status> {
        let request = TransferArchiveRequest {
            credit_code: code.to_owned(),
            release_number: release_number.to_owned(),
        };
        let request = keyed(saga, "archive", request);
        let answer = self.registry.clone().transfer_archive(request).await;
        answer.map(Response::into_inner)
    }

    pub(crate) async fn register(
        &self,
        saga: &str,
        code: &str,
        acceptance_number: &str,
        archive_number: &str,
    ) -> Result<RegisterRelocationResponse, Status> {
        let request = RegisterRelocationRequest {
            credit_code: code.to_owned(),
            acceptance_number: acceptance_number.to_owned(),
            archive_number: archive_number.to_owned(),
        };
        let request = keyed(saga, "register", request);
        let answer = self.registry.clone().register_relocation(request).await;
        answer.map(Response::into_inner)
    }

    /// Everything of a move before its registration.
    pub(crate) async fn prepare(&self, saga: &str, request: AcceptRelocationRequest) -> Numbers {
        let code = request.credit_code.clone();
        let target = request.target_registrar.clone();
        let lock = self.lock(saga, &code, &target).await.unwrap();
        let acceptance = self.accept(saga, request).await.unwrap();
        let release = self.release(saga, &code, &lock, &acceptance).await;
        let release = release.unwrap();
        let archive = self.transfer(saga, &code, &release).await.unwrap();
        Numbers {
            lock,
            acceptance,
            release,
            archive: archive.archive_number,
        }
    }

    /// A whole move.
    pub(crate) async fn relocate(
        &self,
        saga: &str,
        request: AcceptRelocationRequest,
    ) -> (Numbers, RegisterRelocationResponse) {
        let code = request.credit_code.clone();
        let numbers = self.prepare(saga, request).await;
        let registered = self
            .register(saga, &code, &numbers.acceptance, &numbers.archive)
            .await;
        (numbers, registered.unwrap())
    }

    pub(crate) async fn undo(&self, saga: &str, step: &str) -> UndoResponse {
        let request = UndoRequest {
            key: Some(StepKey {
                coordinator: "gateway".to_owned(),
                saga: saga.to_owned(),
                step: step.to_owned(),
                item: String::new(),
                round: 1,
            }),
            epoch: 1,
        };
        let answer = self.participant.clone().undo(request).await;
        answer.unwrap().into_inner()
    }

    /// Undoes a step that can be undone.
    pub(crate) async fn annul(&self, saga: &str, step: &str) {
        let answer = self.undo(saga, step).await;
        assert_eq!(answer.outcome(), UndoOutcome::Undone, "{step}");
    }
}

pub(crate) fn keyed<T>(saga: &str, step: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let pairs = [
        (metadata::COORDINATOR, "gateway"),
        (metadata::SAGA, saga),
        (metadata::STEP, step),
        (metadata::ROUND, "1"),
        (metadata::EPOCH, "1"),
    ];
    for (name, value) in pairs {
        request.metadata_mut().insert(name, value.parse().unwrap());
    }
    request
}
